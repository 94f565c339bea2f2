// Collector: minor and major collections, from beginning to end, but for running finalizers.
//
//   minor   evacuate eden and survivor; dead: the young ones that were not copied
//   major   mark all from the roots -> clear weak references -> dead finalizable objects become
//           ready, and are marked with all they reach -> forget dead remembered objects -> free old
//           ones (blocks lazily) -> evacuate the young
//
// Nothing here can fail: what is young always has room to be moved to (YOUNG-USED in young.h), and
// Heap::collect has seen to access.
//
// COLLECT-COUNTS  after a minor collection a type's young objects are those that survived; after a
//                 major one its live objects are those that were marked
#pragma once

#include <cstdint>

#include "heap/parts.h"

namespace morph {

class Marker;

class Collector {
 public:
    Collector(HeapParts& parts, void* owner) : parts_(parts), owner_(owner) {}

    void minor();
    void major();

 private:
    void begin();
    void evacuate();
    [[nodiscard]] bool try_resize(Young* fresh, const Young::Sizes& wanted);
    void prepare_to_shrink(const Young::Sizes& wanted);
    void mark_whole_heap();
    void settle_tables(Marker& marker);
    void count_dead_young();
    void count_dead();
    void count_survivors();
    void finish(bool major, uint64_t began_ns, uint64_t bytes_before);
    [[nodiscard]] uint64_t bytes_live() const;

    HeapParts& parts_;
    void* owner_;
    size_t bytes_copied_ = 0;
};

}  // namespace morph
