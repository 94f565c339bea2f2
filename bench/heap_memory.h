// Our heap for the benchmarks: an owner, and the Memory policy of the collector workloads.
#pragma once

#include <memory>

#include "bench/isolated.h"
#include "stress/collector/morph_memory.h"

#include "morph/heap.h"

namespace bench {

struct HeapCloser {
    void operator()(MorphHeap* heap) const { morph_heap_destroy(heap); }
};
using HeapOwner = std::unique_ptr<MorphHeap, HeapCloser>;

// bytes_max 0: no bound.
inline HeapOwner make_heap(const MorphHeapSettings& settings = {}, size_t bytes_max = 0) {
    MorphHeapConfig config = {};
    config.settings = settings;
    config.memory.bytes_max = bytes_max;
    HeapOwner heap(morph_heap_create(&config));
    if (heap == nullptr) fail("morph_heap_create", morph_creation_error().text);
    return heap;
}

// What the stress programs use, but for verification: that is no part of the measured work.
class HeapMemory : public collector::MorphMemory {
 public:
    using MorphMemory::MorphMemory;
    const char* verify() { return nullptr; }
};

}  // namespace bench
