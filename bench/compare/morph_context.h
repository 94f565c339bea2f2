// What compare-library and compare-reference share: contexts behind morph/mem.h that know their own
// figures.
#pragma once

#include <optional>

#include "bench/compare/sample.h"

#include "morph/mem.h"

namespace compare {

inline MorphMemStats stats_of(MorphMemContext* context) {
    MorphMemStats stats = {};
    (void)morph_mem_get_stats(context, &stats);  // of a live context: cannot fail
    return stats;
}

// A context; nullptr: refused, sample tells why.
inline MorphMemContext* open_context(const MorphMemConfig& config, Sample* sample) {
    MorphMemContext* context = morph_mem_init(&config);
    if (context != nullptr) return context;
    const MorphError error = morph_creation_error();
    sample->end(error.code == MORPH_ERROR_OUT_OF_MEMORY ? Status::out_of_memory : Status::failed,
                error.text);
    return nullptr;
}

// Where there is a heap: V1 has one in COMPILER mode as well.
inline void tell_heap_collections(MorphMemContext* context, Sample* sample) {
    MorphHeap* heap = context->heap;
    if (heap == nullptr) return;
    const MorphHeapStats stats = morph_heap_stats(heap);
    sample->collections = stats.minor.count + stats.major.count;
    if (*sample->collections == 0) return;
    sample->longest_pause =
        stats.minor.max_ns > stats.major.max_ns ? stats.minor.max_ns : stats.major.max_ns;
    // Of more than MORPH_TIMELINE_SAMPLES collections these are the last.
    MorphTimelineSample samples[MORPH_TIMELINE_SAMPLES];
    const size_t count = morph_heap_timeline(heap, samples, MORPH_TIMELINE_SAMPLES);
    for (size_t i = 0; i < count; ++i) sample->add_pause(samples[i].pause_ns);
}

}  // namespace compare
