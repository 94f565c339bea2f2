// Slab: records of one size, from pages of metadata. (The first system had malloc; the library has
// not.) Pages stay until the slab goes.
//
//   | next page | record | record | ...        free records are linked by their first word
//
// V1-SLAB  records in use and free records are all there is room for
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/check.h"
#include "chunk/geometry.h"
#include "heap/metadata_block.h"

namespace morph::v1 {

template <class T>
class Slab {
 public:
    static constexpr size_t kPerPage = (kPageBytes - sizeof(void*)) / sizeof(T);
    static_assert(sizeof(T) >= sizeof(void*) && sizeof(T) % 8 == 0 && kPerPage >= 2);

    explicit Slab(Source& source) : source_(source) {}
    Slab(const Slab&) = delete;
    Slab& operator=(const Slab&) = delete;
    ~Slab() {
        while (pages_ != nullptr) {
            Link* next = pages_->next;
            source_.return_metadata(pages_, kPageBytes);
            pages_ = next;
        }
    }

    // So that the next take() has a record: maps into fresh what is needed (nothing when there is
    // one), ... false: refused, nothing has changed.
    [[nodiscard]] bool prepare(MetadataBlock& fresh) const {
        return free_ != nullptr || fresh.map(kPageBytes);
    }
    // ... and adopts it.
    void adopt(MetadataBlock& fresh) {
        if (fresh.address() == nullptr) return;
        auto* page = static_cast<Link*>(fresh.address());
        fresh.disown();
        page->next = pages_;
        pages_ = page;
        auto* records = reinterpret_cast<unsigned char*>(page + 1);
        // The first record is the first one to be taken.
        for (size_t index = kPerPage; index-- != 0;) put(records + index * sizeof(T));
        page_count_ += 1;
    }
    [[nodiscard]] bool reserve() {
        MetadataBlock fresh(source_);
        if (!prepare(fresh)) return false;
        adopt(fresh);
        return true;
    }

    // A record of zeros; there is one, see prepare().
    T* take() {
        MORPH_CHECK(free_ != nullptr);
        Link* record = free_;
        free_ = record->next;
        used_ += 1;
        __builtin_memset(static_cast<void*>(record), 0, sizeof(T));
        return reinterpret_cast<T*>(record);
    }
    void give(T* record) {
        MORPH_CHECK(used_ != 0);
        used_ -= 1;
        put(record);
    }

    [[nodiscard]] size_t used() const { return used_; }

    // nullptr, or the id of the broken invariant. O(records).
    [[nodiscard]] const char* check() const {
        size_t room = page_count_ * kPerPage;
        size_t count = used_;
        for (const Link* record = free_; record != nullptr; record = record->next) {
            if (++count > room) return "V1-SLAB";
        }
        return count == room ? nullptr : "V1-SLAB";
    }

 private:
    friend struct Peek;

    struct Link {
        Link* next;
    };

    void put(void* record) {
        auto* link = static_cast<Link*>(record);
        link->next = free_;
        free_ = link;
    }

    Source& source_;
    Link* pages_ = nullptr;
    Link* free_ = nullptr;
    size_t page_count_ = 0;
    size_t used_ = 0;
};

}  // namespace morph::v1
