#include "v1/pages.h"

#include "chunk/check.h"
#include "chunk/memory_marks.h"

namespace morph::v1 {
namespace {

constexpr uint64_t flags_for(size_t alignment) {
    return uint64_t{static_cast<unsigned>(__builtin_ctzll(alignment))} << kAlignmentShift;
}

bool covers(const Page* page, const void* address) {
    return reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(page->start) <
           page->size;
}

}  // namespace

Pages::~Pages() {
    release_all();
}

// Record, index and memory: all three, or nothing has changed.
Page* Pages::add_page(size_t size, uint64_t flags) {
    MetadataBlock fresh_records(source_);
    MetadataBlock fresh_index(source_);
    MetadataBlock memory(source_);
    if (!records_.prepare(fresh_records)) return nullptr;
    if (!index_.prepare(index_.size() + 1, fresh_index)) {
        fresh_records.cancel();
        return nullptr;
    }
    if (!memory.map(size)) {
        fresh_index.cancel();
        fresh_records.cancel();
        return nullptr;
    }
    records_.adopt(fresh_records);
    index_.adopt(fresh_index);
    Page* page = records_.take();
    page->start = static_cast<unsigned char*>(memory.address());
    page->size = memory.bytes();
    page->flags = flags;
    memory.disown();
    index_.insert(key_of(page->first()), reinterpret_cast<size_t>(page));
    page->next = first_;
    first_ = page;
    if (page->is_own()) {
        own_count_ += 1;
        own_bytes_ += page->size;
    } else {
        count_ += 1;
    }
    if (instrumented_) mark_no_access(page->start, page->size);
    return page;
}

void Pages::release(Page* page) {
    if (page == current_) current_ = nullptr;
    index_.erase(key_of(page->first()));
    if (page->is_own()) {
        own_count_ -= 1;
        own_bytes_ -= page->size;
    } else {
        count_ -= 1;
    }
    source_.return_metadata(page->start, page->size);
    records_.give(page);
}

void Pages::release_all() {
    while (first_ != nullptr) {
        Page* page = first_;
        first_ = page->next;
        release(page);
    }
}

// The next object of a page that has room for it.
Object* Pages::place(Page* page, size_t size) {
    size_t bytes = slot_bytes(size);
    auto* object =
        page->used == 0 ? page->first() : reinterpret_cast<Object*>(page->start + page->used);
    uint64_t offset =
        reinterpret_cast<uintptr_t>(object) - reinterpret_cast<uintptr_t>(page->start);
    MORPH_CHECK(offset <= page->size && bytes <= page->size - offset);
    if (instrumented_) mark_defined(object, kObjectBytes + size);
    page->used = offset + bytes;
    object->page = page;
    object->size = size;
    return object;
}

Object* Pages::take(size_t size, size_t alignment) {
    size_t bytes = slot_bytes(size);
    if (alignment > MORPH_DEFAULT_ALIGNMENT || bytes > kPageBytes) {
        // In front of the payload: the header, and what makes it aligned, at most alignment bytes
        // together (or 88, rounded up to alignment, in a mapping that begins at such an address).
        size_t front = (kObjectBytes + alignment - 1) & ~(alignment - 1);
        size_t size_mapped = front + (bytes - kObjectBytes);
        size_mapped = (size_mapped + kPageBytes - 1) & ~(kPageBytes - 1);
        Page* page = add_page(size_mapped, kOwnMapping | flags_for(alignment));
        return page == nullptr ? nullptr : place(page, size);
    }
    if (current_ == nullptr || bytes > kPageBytes - current_->used) {
        Page* page = add_page(kPageBytes, flags_for(MORPH_DEFAULT_ALIGNMENT));
        if (page == nullptr) return nullptr;
        current_ = page;
    }
    return place(current_, size);
}

// ------------------------------------------------------------------------------------- finding

Page* Pages::page_at(const void* key) const {
    const size_t* found = index_.find(key);
    return found == nullptr ? nullptr : reinterpret_cast<Page*>(*found);
}

Object* Pages::find(const void* payload) const {
    uintptr_t begin = reinterpret_cast<uintptr_t>(payload) - kObjectBytes;
    auto* wanted = reinterpret_cast<Object*>(begin);
    const Page* page = page_at(key_of(wanted));
    if (page == nullptr) return nullptr;
    Object* object = page->first();
    while (object < wanted && page->holds(object)) object = Page::after(object);
    return object == wanted && page->holds(object) ? object : nullptr;
}

Object* Pages::find_around(const void* address, const Page** found) const {
    Object* exact = find(address);
    if (exact != nullptr) {
        *found = exact->page;
        return exact;
    }
    auto number = reinterpret_cast<uintptr_t>(address);
    const Page* page = page_at(reinterpret_cast<const void*>(number & ~(kPageBytes - 1)));
    if (page == nullptr && own_count_ != 0) {
        page = first_;
        while (page != nullptr && !covers(page, address)) page = page->next;
    }
    *found = page;
    if (page == nullptr) return nullptr;
    Object* around = nullptr;
    page->each([&](Object* object) {
        if (number - reinterpret_cast<uintptr_t>(object) >= slot_bytes(object->size)) return true;
        around = object;
        return false;
    });
    return around;
}

void Pages::clear_live_bytes() {
    for (Page* page = first_; page != nullptr; page = page->next) {
        page->live_bytes = 0;
        page->flags |= kTouched;
    }
}

// ------------------------------------------------------------------------------------ checking

const char* Pages::check(const void** where) const {
    if (const char* broken = records_.check()) return broken;
    if (const char* broken = index_.check()) return broken;
    size_t count = 0;
    size_t own_count = 0;
    size_t own_bytes = 0;
    bool has_current = current_ == nullptr;
    for (const Page* page = first_; page != nullptr; page = page->next) {
        *where = page->start;
        if (count + own_count == records_.used()) return "V1-PAGE";  // a cycle, or a stranger
        if (page_at(key_of(page->first())) != page) return "V1-PAGE";
        if (page->used > page->size || page->size % kPageBytes != 0) return "V1-PAGE";
        has_current = has_current || (page == current_ && !page->is_own());
        if (page->is_own()) {
            own_count += 1;
            own_bytes += page->size;
        } else {
            count += 1;
            if (page->size != kPageBytes) return "V1-PAGE";
        }
    }
    *where = nullptr;
    if (!has_current || index_.size() != count + own_count) return "V1-PAGE";
    if (records_.used() != count + own_count) return "V1-PAGE";
    if (count != count_ || own_count != own_count_ || own_bytes != own_bytes_) return "V1-BYTES";
    return own_bytes + count * kPageBytes <= source_.bytes_of_metadata() ? nullptr : "V1-BYTES";
}

}  // namespace morph::v1
