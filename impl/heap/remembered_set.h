// RememberedSet: the old objects that may refer to young ones.
//
//   | Header* | Header* | ... | spare |
//
// An object is in it once: the header's kListed tells, which the caller sets before it adds and
// clears when it drops the object; the set itself touches no header. When the set cannot grow it
// overflows: the entry is lost, the object keeps kListed, and the next collection has to search the
// old space for listed objects:
//
//   if (overflowed()) { clear(); for each listed old object: keep(header); }
//
// REMEMBERED-LISTED  every entry's header is kOld and kListed
// REMEMBERED-ONCE    no header is there twice
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "heap/header.h"
#include "heap/metadata_array.h"

namespace morph {

class RememberedSet {
 public:
    explicit RememberedSet(Source& source) : entries_(source) {}

    // Maps the first page, so that a small set cannot overflow. false: refused.
    [[nodiscard]] bool open() { return entries_.reserve(1); }

    // The barrier's: counted in logged_total(). Never fails, see overflowed().
    void add(Header* header) {
        logged_total_ += 1;
        keep(header);
    }
    // The collector's: an object that it promoted, or found by searching.
    void keep(Header* header) {
        if (MORPH_LIKELY(entries_.size() != entries_.capacity())) {
            (void)entries_.push(header);  // has room
        } else {
            keep_slow(header);
        }
    }

    [[nodiscard]] bool overflowed() const { return overflowed_; }
    void clear_overflow() { overflowed_ = false; }

    [[nodiscard]] size_t size() const { return entries_.size(); }
    [[nodiscard]] std::span<Header* const> entries() const { return entries_.all(); }

    // Keeps the entries for which f(Header*) says true, in their order. f may add: what it adds is
    // kept, and not asked about.
    template <class F>
    void retain(F&& f) {
        size_t asked = entries_.size();
        size_t kept = 0;
        for (size_t index = 0; index < asked; ++index) {
            Header* header = entries_[index];
            if (index + kAhead < asked) __builtin_prefetch(entries_[index + kAhead], 1);
            if (f(header)) entries_[kept++] = header;
        }
        for (size_t index = asked; index < entries_.size(); ++index) {
            entries_[kept++] = entries_[index];
        }
        entries_.shrink_to(kept);
    }

    // Forgets all entries and the overflow; keeps the memory.
    void clear() {
        entries_.clear();
        overflowed_ = false;
    }
    // Gives memory back that the last while did not need: keeps room for twice the entries.
    void trim() { entries_.trim(entries_.size() < kTrimEntries ? kTrimEntries : 2 * size()); }

    [[nodiscard]] uint64_t logged_total() const { return logged_total_; }
    // Times it began to overflow.
    [[nodiscard]] uint64_t overflows() const { return overflows_; }

    // nullptr, or the id of the first broken invariant, and where. O(entries). Takes kListed from
    // each header for a moment, to find duplicates without memory.
    [[nodiscard]] const char* check(const void** where = nullptr) const;

 private:
    friend struct TablePeek;

    static constexpr size_t kAhead = 12;  // entries whose objects are fetched into the cache
    static constexpr size_t kTrimEntries = kPageBytes / sizeof(Header*);

    void keep_slow(Header* header);

    MetadataArray<Header*> entries_;
    bool overflowed_ = false;
    uint64_t logged_total_ = 0;
    uint64_t overflows_ = 0;
};

}  // namespace morph
