// Parts: all that V1 consists of, for those that work on the whole of it.
//
//   V1 ---- head (public; pins every inline path to the slow one)
//        |- Source, errors, reporter
//        |- HeapTypes                 what objects look like, and counts
//        |- objects --> newest --> ... --> oldest         all of them, listed
//        |- FreeList                  the dead ones
//        |- Pages                     where both lie
//        |- RootList x 2              pushed, global
//        |- MarkBlocks
//        |- WeakTable, FinalizerTable (the first system had neither; unused, they cost nothing)
//        |- Pauses, Timeline, Counts
//        |- DeathLog, Daemon, Swap    options, off by default
#pragma once

#include "chunk/error.h"
#include "chunk/report.h"
#include "chunk/single_use.h"
#include "chunk/source.h"
#include "heap/finalizer_table.h"
#include "heap/heap_types.h"
#include "heap/pauses.h"
#include "heap/weak_table.h"
#include "os/mutex.h"
#include "v1/daemon.h"
#include "v1/death_log.h"
#include "v1/free_list.h"
#include "v1/mark_blocks.h"
#include "v1/pages.h"
#include "v1/root_list.h"
#include "v1/swap.h"

#include "morph/v1.h"

namespace morph {

struct V1Config {
    MorphV1Settings settings;  // zero: defaults
    bool debug;                // misuse is reported
    bool report_leaks;
    bool retains_all;  // COMPILER mode: every object that was not freed is kept by a collection
    MorphMemoryLimits memory;
    MorphReportHandler report;
    void* report_user;
};

namespace v1 {

inline constexpr size_t kThreshold = size_t{8} << 20;
// Where so much or more is live, the threshold's step is at least this.
inline constexpr size_t kLargeStep = size_t{64} << 20;
inline constexpr uint32_t kSwapAfterMs = 10000;

// Object that a call of the library holds while it may collect; lives on the C stack.
struct Held {
    Object* object;
    Held* next;
};

struct Counts {
    uint64_t bytes_live_peak = 0;
    uint64_t collections_forced = 0;
    uint64_t mark_overflows = 0;
    uint64_t finalizers_run = 0;
    uint64_t failures = 0;
};

struct Parts {
    Parts(const V1Config& config, size_t home_bytes);

    MorphHeap head = {};
    MorphHeap head_apart = {};  // as HeapParts::head_apart
    SingleUse use;
    Source source;
    ErrorState errors;
    const Reporter reporter;
    const MorphV1Settings settings;  // defaults in place of zeros; no paths
    const bool debug;
    const bool instrumented;  // ASan or Valgrind watch
    const bool retains_all;
    // Nobody else wants it, since a heap is one thread's. The first system took its lock at each
    // allocation and for each collection, so V1 does.
    os::Mutex mutex;
    HeapTypes types;
    // Before Pages: pages that are swapped out are unmapped first, then their file is closed.
    Swap swap;
    DeathLog death_log;
    Daemon daemon;
    Pages pages;
    FreeList free_list;
    RootList roots;
    RootList global_roots;
    MarkBlocks mark_blocks;
    WeakTable weak;
    FinalizerTable finalizers;
    Pauses pauses;
    Timeline timeline;
    Counts counts;
    Held* held = nullptr;
    Object* objects = nullptr;  // newest first
    uint64_t listed = 0;        // of them
    size_t live_bytes = 0;      // sum of payload sizes: what the threshold is compared with
    size_t slot_bytes = 0;      // of live objects, with their headers
    size_t step = 0;            // by which the threshold exceeds what is live after a collection
    size_t threshold = 0;       // live bytes above which the next allocation collects first
    uint64_t last_allocation_ms = 0;
    uint64_t born_ns = 0;

    [[nodiscard]] const TypeLayout& layout_of(const Object* object) const {
        return types.layout(object->type_id());
    }
    // The live object that this is; nullptr: none. Any address may be asked.
    [[nodiscard]] Object* find_live(const void* payload) const {
        Object* object = pages.find(payload);
        return object != nullptr && !object->is_free() ? object : nullptr;
    }
    void next_threshold() {
        bool large = live_bytes >= kLargeStep && step < kLargeStep;
        threshold = live_bytes + (large ? kLargeStep : step);
    }
    void note_peak() {
        if (live_bytes > counts.bytes_live_peak) counts.bytes_live_peak = live_bytes;
    }
    // A live object becomes dead: it leaves the sums, and goes to the free lists.
    void bury(Object* object);
};

}  // namespace v1
}  // namespace morph
