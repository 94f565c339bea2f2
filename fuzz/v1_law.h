// V1Law: the policy of the first memory system in numbers, without its memory (docs/v1.md).
//
// V1 is deterministic: what is asked of it and what dies tell to the byte which pages it holds, and
// when it collects. The sessions tell the law what happened and compare what V1 says of itself.
//
//   objects   id -> page, size                 pages    bytes, used, live objects
//   free list, walked from its head             +------+------+-- - -+------+
//     | size | page | <- last in                | page | page |      | large|  each object above
//     | size | page |                           +------+------+-- - -+------+  4,096 - 88 alone
//     | size | page | <- first in                        ^ current: the one that is bumped
//
// LAW-LIVE  live() == sum of the sizes of objects == what decides on the next collection
// LAW-PAGE  a page that is not current, and has no live object, is gone after a collection
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace suite {

class V1Law {
 public:
    static constexpr uint64_t kHeaderBytes = 88;
    static constexpr uint64_t kPageBytes = 4096;
    static constexpr uint64_t kDefaultThreshold = 8 << 20;

    // From one header to the next.
    static constexpr uint64_t slot_bytes(uint64_t size) {
        return (kHeaderBytes + size + 7) / 8 * 8;
    }

    // threshold 0: the default.
    explicit V1Law(uint64_t threshold);

    // The next allocation that is valid collects before all else.
    [[nodiscard]] bool collects() const { return live_ > threshold_; }
    // address: where it was put; the law knows by it how far it is aligned, no more.
    void allocate(uint64_t id, uint64_t size, uint64_t alignment, const void* address);
    void free(uint64_t id);
    // dead: found by the collection, newest first (the order of V1's object list).
    void collect(std::span<const uint64_t> dead = {});
    // Nothing is live.
    void reset();
    // major_threshold of morph_heap_configure; 0: that of the creation.
    void configure(uint64_t threshold);

    [[nodiscard]] uint64_t live() const { return live_; }
    [[nodiscard]] uint64_t threshold() const { return threshold_; }
    [[nodiscard]] uint64_t collections() const { return collections_; }
    [[nodiscard]] uint64_t page_bytes() const { return page_bytes_; }    // shared by objects
    [[nodiscard]] uint64_t large_bytes() const { return large_bytes_; }  // of one object each
    // More than V1's tables can need: page records, roots and what the interface adds.
    [[nodiscard]] uint64_t metadata_bound(uint64_t roots, uint64_t types) const;

 private:
    struct Page {
        uint64_t bytes = 0;
        uint64_t used = 0;
        uint64_t live = 0;  // objects
        bool large = false;
    };
    struct Object {
        uint64_t size;
        size_t page;
        uint64_t alignment;  // the largest power of two that divides its address
    };
    static constexpr size_t kNone = SIZE_MAX;

    size_t map(uint64_t bytes, bool large);
    void unmap(size_t page);
    void put_free(const Object& object);
    [[nodiscard]] size_t take_free(uint64_t size, uint64_t alignment);  // its page; kNone: a miss

    const uint64_t first_threshold_;
    uint64_t step_;
    uint64_t threshold_;
    uint64_t live_ = 0;
    uint64_t collections_ = 0;
    uint64_t page_bytes_ = 0;
    uint64_t large_bytes_ = 0;
    uint64_t pages_held_ = 0;
    uint64_t pages_peak_ = 0;
    uint64_t objects_peak_ = 0;
    size_t current_ = kNone;
    std::vector<Page> pages_;  // bytes 0: unmapped
    std::unordered_map<uint64_t, Object> objects_;
    std::vector<Object> free_;  // the head is the last
};

}  // namespace suite
