// Pages: where V1's objects lie.
//
//   Page (72 bytes, from a slab)          memory (mapped by itself)
//   | start | used | flags | ... |------> | object | object | ...  used | never used |
//
//   a page          4,096 bytes. Objects are put one behind the other into the current one; when
//                   one does not fit, a new page becomes current and the rest is given up
//   own mapping     one object above 4,096 bytes with its header, or aligned to more than 8: padded
//                   in front so that the payload is aligned
//
// A payload's page is found by the address of the 4 KiB that its header begins in: the page's, or,
// for alignments above 4,096, one inside the mapping. Then the page's objects are walked.
//
// The first system had nothing to find a page by; it needed none, since it believed every root.
//
// V1-PAGE   the list has all pages, and the index knows each by its key; objects fill a page up to
//           `used` without a gap, at most its size; the current page is one of 4,096 bytes
// V1-BYTES  what pages and own mappings have is what is counted, and was asked of the source
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/source.h"
#include "heap/address_index.h"
#include "v1/header.h"
#include "v1/slab.h"

namespace morph::v1 {

// Of Page::flags.
inline constexpr uint64_t kOwnMapping = 1;
inline constexpr uint64_t kTouched = 2;         // written to since it was last swapped out
inline constexpr unsigned kAlignmentShift = 8;  // from this bit on: log2 of the alignment

struct Page {
    unsigned char* start;
    uint64_t used;  // offset of the first byte that was never used
    uint64_t flags;
    uint64_t last_access;  // ms, of the last allocation in it
    Page* next;
    uint64_t swap_id;     // 0: in memory
    uint64_t live_bytes;  // of marked objects with their headers, as the last collection left it
    uint64_t size;        // mapped
    Object* free;         // its free objects, last one first

    [[nodiscard]] bool is_own() const { return (flags & kOwnMapping) != 0; }
    [[nodiscard]] Object* first() const {
        uintptr_t alignment = uintptr_t{1} << (flags >> kAlignmentShift);
        uintptr_t payload = reinterpret_cast<uintptr_t>(start) + kObjectBytes;
        payload = (payload + alignment - 1) & ~(alignment - 1);
        return reinterpret_cast<Object*>(payload - kObjectBytes);
    }
    [[nodiscard]] bool holds(const Object* object) const {
        return reinterpret_cast<uintptr_t>(object) - reinterpret_cast<uintptr_t>(start) < used;
    }
    [[nodiscard]] static Object* after(Object* object) {
        auto* begin = reinterpret_cast<unsigned char*>(object);
        return reinterpret_cast<Object*>(begin + slot_bytes(object->size));
    }
    // f(Object*) for each object, free ones included, until it returns false; then false.
    template <class F>
    bool each(F&& f) const {
        for (Object* object = first(); holds(object); object = after(object)) {
            if (!f(object)) return false;
        }
        return true;
    }
};
static_assert(sizeof(Page) == 72);

class Pages {
 public:
    Pages(Source& source, bool instrumented)
        : source_(source), records_(source), index_(source), instrumented_(instrumented) {}
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    ~Pages();

    // Fresh, zeroed memory for an object, whose header knows page and size. nullptr: refused by
    // the source, nothing has changed.
    [[nodiscard]] Object* take(size_t size, size_t alignment);

    // The object, live or free, whose payload that is; nullptr: none. Any address may be asked.
    // O(objects of the page).
    [[nodiscard]] Object* find(const void* payload) const;
    // The same for an address anywhere in an object with its header; *found: whose page it is, if
    // it is ours. O(objects of the page), or O(pages) if there are own mappings of several pages.
    [[nodiscard]] Object* find_around(const void* address, const Page** found) const;

    void clear_live_bytes();
    // Unmaps every page, but the current one, of which nothing is live; forget(Page*) before.
    template <class F>
    void release_empty(F&& forget) {
        for (Page** link = &first_; *link != nullptr;) {
            Page* page = *link;
            if (page->live_bytes != 0 || page == current_) {
                link = &page->next;
                continue;
            }
            forget(page);
            *link = page->next;
            release(page);
        }
    }
    void release_all();

    [[nodiscard]] Page* first() const { return first_; }
    [[nodiscard]] const Page* current() const { return current_; }
    [[nodiscard]] size_t count() const { return count_; }          // pages of 4,096 bytes
    [[nodiscard]] size_t own_count() const { return own_count_; }  // own mappings
    [[nodiscard]] size_t own_bytes() const { return own_bytes_; }

    // nullptr, or the id of the first broken invariant, and the page's start. O(pages).
    [[nodiscard]] const char* check(const void** where) const;

 private:
    friend struct Peek;

    [[nodiscard]] static const void* key_of(const Object* object) {
        uintptr_t begin = reinterpret_cast<uintptr_t>(object);
        return reinterpret_cast<const void*>(begin & ~(kPageBytes - 1));
    }
    [[nodiscard]] Page* page_at(const void* key) const;
    [[nodiscard]] Page* add_page(size_t size, uint64_t flags);
    [[nodiscard]] Object* place(Page* page, size_t size);
    void release(Page* page);

    Source& source_;
    Slab<Page> records_;
    AddressIndex index_;  // key -> address of the record
    const bool instrumented_;
    Page* first_ = nullptr;  // newest first
    Page* current_ = nullptr;
    size_t count_ = 0;
    size_t own_count_ = 0;
    size_t own_bytes_ = 0;
};

}  // namespace morph::v1
