// Setup: what the context of a stress program is like, whatever memory system is below.
#pragma once

#include <cstddef>
#include <cstdint>

#include "morph/mem.h"

namespace stress {

struct Setup {
    MorphMemMode mode = MORPH_MODE_COMPILER;
    uint64_t bytes_max = 0;  // bound of the context, 0 for none
    bool debug = false;
    // RUNTIME mode.
    uint64_t force = 0;        // a collection before every force-th allocation; 0: none forced
    bool force_major = false;  // ... a major one
    size_t nursery = 0;        // bytes; 0: the default

    [[nodiscard]] bool runtime() const { return mode == MORPH_MODE_RUNTIME; }
};

// Without limits' hooks, which are the program's.
inline MorphMemConfig config_of(const Setup& setup) {
    MorphMemConfig config = setup.runtime() ? MORPH_CONFIG_RUNTIME : MORPH_CONFIG_COMPILER;
    if (setup.runtime()) {
        config.gc_pause_target_ms = 0;  // collections must not depend on the clock
        config.heap.nursery_bytes = setup.nursery;
    }
    config.enable_debug = setup.debug;
    config.memory.bytes_max = setup.bytes_max;
    if (setup.bytes_max != 0) config.heap_size_hint = 0;
    return config;
}

// The same for a heap of its own.
inline MorphHeapConfig heap_config_of(const Setup& setup) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = setup.nursery;
    config.enable_debug = setup.debug;
    config.memory.bytes_max = setup.bytes_max;
    return config;
}

// The schedule begins here: the first collection comes before the force-th allocation from now.
inline void force_collections(MorphHeap* heap, const Setup& setup) {
    if (heap == nullptr || setup.force == 0) return;
    MorphForcedCollections plan = {};
    plan.first = plan.every = setup.force;
    plan.major = setup.force_major;
    (void)morph_heap_force_collections(heap, &plan);  // tests see that it fires
}

}  // namespace stress
