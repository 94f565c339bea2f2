// Setup: what the context of a stress program is like, whatever memory system is below.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stress/pressure/refusals.h"

#include "morph/mem.h"

namespace stress {

struct Setup {
    MorphMemMode mode = MORPH_MODE_COMPILER;
    bool debug = false;
    bool v1 = false;           // contexts are served by the V1 baseline
    bool force_major = false;  // what force forces is a major collection
    bool again = false;        // after "out of memory" the limits are lifted: once more
    uint64_t bytes_max = 0;    // bound of the context, 0 for none
    // RUNTIME mode.
    uint64_t force = 0;  // a collection before every force-th allocation; 0: none forced
    size_t nursery = 0;  // bytes; 0: the default
    // Pressure (stress/pressure/attempts.h says what the programs make of it, and of again).
    double refuse = 0;             // share of the requests for memory that is refused, 0 to 1
    uint64_t refuse_seed = 1;      // of the choice of these
    uint64_t refuse_until = 0;     // attempts with the next seeds until so many were refused
    Refusals* refusals = nullptr;  // of this attempt; nullptr: the workload's own affair

    [[nodiscard]] bool runtime() const { return mode == MORPH_MODE_RUNTIME; }
};

// The hooks are those of the attempt; a workload that has its own passes on to setup.refusals.
inline MorphMemConfig config_of(const Setup& setup) {
    MorphMemConfig config = setup.runtime() ? MORPH_CONFIG_RUNTIME : MORPH_CONFIG_COMPILER;
    if (setup.runtime()) {
        config.gc_pause_target_ms = 0;  // collections must not depend on the clock
        config.heap.nursery_bytes = setup.nursery;
    }
    config.enable_debug = setup.debug;
    config.enable_v1 = setup.v1;
    config.memory.bytes_max = setup.bytes_max;
    if (setup.bytes_max != 0) config.heap_size_hint = 0;
    if (setup.refusals != nullptr) setup.refusals->watch(&config.memory);
    return config;
}

// The same for a heap of its own.
inline MorphHeapConfig heap_config_of(const Setup& setup) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = setup.nursery;
    config.enable_debug = setup.debug;
    config.memory.bytes_max = setup.bytes_max;
    if (setup.refusals != nullptr) setup.refusals->watch(&config.memory);
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
