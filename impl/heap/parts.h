// HeapParts: all that a heap consists of, for those that work on the whole of it (collector,
// marker, verifier, figures).
//
//   Heap ---- head (public: cursor, types, shadow stack)
//          |- Source, errors, reporter
//          |- HeapTypes            what objects look like, and counts
//          |- Young                eden, survivors, reserve
//          |- OldSpace             blocks, runs, large
//          |- RememberedSet        old objects that may refer to young ones
//          |- Roots                shadow stack, global roots, objects held by the library itself
//          |- WeakTable, FinalizerTable
//          |- MarkStack
//          |- Policy, Pauses, Timeline, Counts
#pragma once

#include "chunk/error.h"
#include "chunk/report.h"
#include "chunk/single_use.h"
#include "chunk/source.h"
#include "heap/finalizer_table.h"
#include "heap/heap_types.h"
#include "heap/mark_stack.h"
#include "heap/old_space.h"
#include "heap/pauses.h"
#include "heap/policy.h"
#include "heap/remembered_set.h"
#include "heap/roots.h"
#include "heap/weak_table.h"
#include "heap/young.h"

namespace morph {

// Object that a call of the library holds while it may collect; lives on the C stack.
struct Held {
    void* object;
    Held* next;
};

// What is counted for the heap as a whole; by type see HeapTypes.
struct HeapCounts {
    uint64_t bytes_live_peak = 0;
    uint64_t objects_promoted = 0;
    uint64_t bytes_promoted = 0;
    uint64_t objects_promoted_early = 0;
    uint64_t objects_survived = 0;
    uint64_t collections_forced = 0;
    uint64_t mark_overflows = 0;
    uint64_t promotions_refused = 0;
    uint64_t finalizers_run = 0;
    uint64_t failures = 0;
    uint64_t young_deaths = 0;  // found by collections
    uint64_t young_bytes_dead = 0;
    uint64_t pretenured = 0;  // born in the old space
    uint64_t bytes_pretenured = 0;
};

struct HeapParts {
    HeapParts(const MorphHeapConfig& config, void* owner, size_t home_bytes, bool debug_mode);

    MorphHeap head = {};
    // Types and roots as the inline paths see them. In debug mode those see none, so that they read
    // nothing that changes (chunk/single_use.h), and the true ones are here.
    MorphHeap head_apart = {};
    SingleUse use;
    Source source;
    ErrorState errors;
    const Reporter reporter;
    const size_t bytes_max;   // of the source; 0: none
    const bool debug;         // guards, ledger, closed sources
    const bool instrumented;  // ASan or Valgrind watch
    const size_t trailer;     // bytes behind each object
    HeapTypes types;
    Young young;
    OldSpace old;
    RememberedSet remembered;
    Roots roots;
    WeakTable weak;
    FinalizerTable finalizers;
    MarkStack mark_stack;
    Policy policy;
    Pauses minor_pauses;
    Pauses major_pauses;
    Timeline timeline;
    HeapCounts counts;
    Held* held = nullptr;
    uint64_t born_ns = 0;
    bool want_major = false;      // the last minor collection was refused memory for promotion
    bool marks_disagree = false;  // debug mode: a second marking reached other objects (HEAP-MARKS)
    unsigned char* eden_limit = nullptr;  // where the nursery ends, at most the region's end

    // Young objects with headers, the heap's cursor being eden's top.
    [[nodiscard]] size_t young_used() const {
        return static_cast<size_t>(head.top - young.eden.begin) + young.from().used();
    }
    // After eden changed its place, size or contents: the cursor goes to its top.
    void use_eden();
    // Whether the bound leaves room for a young generation of that nursery in place of this one, a
    // smaller one beside it to go back to, and some chunks.
    [[nodiscard]] bool bound_allows(size_t nursery_bytes) const;
    // Whether the old space has grown enough since the last one for a major collection to pay.
    [[nodiscard]] bool major_worthwhile() const { return policy.major_due(old.bytes_used(), 0); }
    // Whether a major collection is due once the old space holds `more` bytes more.
    [[nodiscard]] bool major_due(size_t more) const;
    // Lets morph_heap_alloc serve inline what it may: nothing while somebody watches or forces.
    void set_inline_max();

    // Size as requested of any object of the heap.
    [[nodiscard]] size_t size_of(const void* object) const {
        size_t size = size_field(*header_of(object));
        return __builtin_expect(size == kHugeSize, 0) ? old.size_of(object) : size;
    }
    [[nodiscard]] size_t bytes_of(const void* object) const {
        return object_bytes(size_of(object), trailer);
    }
    [[nodiscard]] const TypeLayout& layout_of(const void* object) const {
        return types.layout(type_of(*header_of(object)));
    }
};

}  // namespace morph
