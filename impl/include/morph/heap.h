/* Generational heap: the collected memory of a running program.
 *
 *   MorphHeap *heap = morph_heap_create(NULL);
 *   static const size_t links[] = {offsetof(Node, left), offsetof(Node, right)};
 *   uint32_t node = morph_heap_register_type(heap, &(MorphMemTypeInfo){
 *       .name = "node", .layout = MORPH_LAYOUT_OFFSETS, .offsets = links, .offset_count = 2});
 *   Node *tree = NULL;
 *   morph_heap_push_root(heap, (void **)&tree);
 *   tree = morph_heap_alloc(heap, sizeof(Node), node);
 *   morph_heap_write(heap, tree, (void **)&tree->left, other);
 *   morph_heap_pop_roots(heap, 1);
 *   morph_heap_destroy(heap);
 *
 * New objects lie in the nursery. A minor collection moves the ones that are reachable to a
 * survivor space, and those that have survived promotion_age collections to the old space, where
 * they stay at their address. A major collection finds what is reachable in both, and frees the
 * rest. (docs/heap.md has the pictures, docs/embedding.md the rules for a runtime's author.)
 *
 * A reference is NULL or the address of an object of this heap, exactly as an allocation gave it or
 * as the collector left it in a slot. What a collection can see, and updates when objects move:
 * roots, and the references that an object's type tells. So between two calls that may collect (any
 * allocation, any collect call, running finalizers) keep objects in roots. Every store of a
 * reference into an object goes through morph_heap_write or one of the bulk forms, the first one
 * into a fresh object as well.
 *
 * Memory is zeroed: a fresh object holds only NULL references and zero bytes.
 *
 * Errors: NULL or a code, and morph_heap_last_error; the heap is then as it was before the call,
 * but for objects found dead. Nothing a collection does can fail for lack of memory.
 * Thread rules: one heap, one thread at a time; heaps share nothing.
 */
#ifndef MORPH_HEAP_H
#define MORPH_HEAP_H

#include "morph/common.h"
#include "morph/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------- types */

/* Where the references of an object are. */
typedef enum MorphLayout {
    MORPH_LAYOUT_DATA = 0, /* nowhere */
    MORPH_LAYOUT_OFFSETS,  /* at offsets[0 .. offset_count) */
    MORPH_LAYOUT_POINTERS, /* everywhere: an array of size / 8 references */
    MORPH_LAYOUT_STRUCTS,  /* an array of size / element_size structs, references at the offsets */
    MORPH_LAYOUT_CUSTOM,   /* visit tells */
    MORPH_LAYOUT_WEAK      /* a weak reference, see morph_heap_weak_get */
} MorphLayout;

/* Where objects of a type go, or (as a flag) one object. COMPILER mode only. */
typedef enum MorphMemPlacement {
    MORPH_PLACE_BY_SIZE = 0,
    MORPH_PLACE_POOL, /* above MORPH_POOL_MAX_SIZE: MORPH_ERROR_TOO_LARGE */
    MORPH_PLACE_ARENA
} MorphMemPlacement;

/* Called by a custom visitor for each slot that holds a reference. */
typedef struct MorphSlotVisitor MorphSlotVisitor;
struct MorphSlotVisitor {
    void (*visit)(MorphSlotVisitor* visitor, void** slot);
};

/* Names every slot of object that holds a reference, by visitor->visit(visitor, slot). Slots lie
 * inside the object. It may be called at any moment of a collection: it reads object's own bytes
 * only, follows no reference, calls nothing of the heap. Each call for the same contents names the
 * same slots. The object may be all zero (fresh). */
typedef void (*MorphCustomVisit)(void* user, void* object, size_t size, MorphSlotVisitor* visitor);

/* Zero-initialise, then set what you need. */
typedef struct MorphMemTypeInfo {
    const char* name; /* copied; at most 63 bytes are kept; NULL or "": "type N" */
    MorphMemPlacement placement;
    MorphLayout layout;    /* collected heaps; the rest of the fields belongs to it */
    const size_t* offsets; /* OFFSETS, STRUCTS: multiples of 8, ascending; copied */
    size_t offset_count;
    size_t element_size; /* STRUCTS: bytes of a struct, a multiple of 8 */
    MorphCustomVisit visit;
    void* visit_user;
} MorphMemTypeInfo;

/* The type that every heap and context has: objects of no particular type, without references. */
#define MORPH_TYPE_NONE ((uint32_t)0)
/* What registering a type returns on failure. */
#define MORPH_TYPE_INVALID UINT32_MAX

/* ----------------------------------------------------------------------------- configuration */

#define MORPH_NURSERY_BYTES_MIN ((size_t)4096)
#define MORPH_NURSERY_BYTES_MAX ((size_t)1 << 30)
#define MORPH_PROMOTION_AGE_MAX ((uint32_t)15)

/* Zero-initialise, then set what you need; zero selects the default. */
typedef struct MorphHeapSettings {
    size_t nursery_bytes;     /* default 2 MiB; 4 KiB .. 1 GiB, rounded up to 4 KiB */
    size_t nursery_bytes_max; /* up to which the nursery grows when much survives; default:
                                 nursery_bytes where that is given, else 16 MiB */
    uint32_t promotion_age;   /* survived collections after which an object is promoted; default 3,
                                 1 .. 15 */
    size_t major_threshold;   /* bytes in the old space that start the first major collection;
                                 default 32 MiB, at most MORPH_MAX_REQUEST */
    uint32_t growth_percent;  /* a further major collection starts when the old space has grown by
                                 so much over what the last one left, and holds at least
                                 major_threshold; default 50, 1 .. 1000 */
    size_t large_bytes;       /* objects above this have a mapping of their own; default and largest
                                 value: half a chunk (1 MiB), least 4 KiB */
    uint32_t pause_target_ms; /* the nursery shrinks while minor collections take longer; 0: none */
    bool full_collections;    /* each collection is a major one (no generations) */
} MorphHeapSettings;

typedef struct MorphHeapConfig {
    MorphHeapSettings settings;
    bool enable_debug;        /* guards, barrier ledger, stale pointers fault, see docs/heap.md */
    bool report_leaks;        /* destroy collects, then reports what roots still reach, by type */
    MorphMemoryLimits memory; /* bytes_max: 0, or at least morph_heap_bytes_min() */
    MorphReportHandler report;
    void* report_user;
} MorphHeapConfig;

/* ------------------------------------------------------------------ what the fast paths know */

/* The word before each object. Bits: see impl/heap/header.h. Little of it is public: */
#define MORPH_HEADER_BARRIER ((uint64_t)1 << 1) /* stores of young values take the slow path */
#define MORPH_HEADER_FLAGS_SHIFT 8              /* 8 bits: the user's */
#define MORPH_HEADER_SIZE_SHIFT 16              /* 24 bits; all ones: ask morph_heap_object_size */
#define MORPH_HEADER_SIZE_MASK ((uint64_t)0xffffff)
#define MORPH_HEADER_TYPE_SHIFT 40 /* 15 bits */
#define MORPH_HEADER_TYPE_MASK ((uint64_t)0x7fff)

/* What allocating inline needs of a type. Do not write. */
typedef struct MorphHeapType {
    uint64_t header;    /* of an object of this type and size 0 */
    uint64_t size_min;  /* sizes size_min .. size_min + size_span are served inline; ... */
    uint64_t size_span; /* ... none are where size_min is 2^63: no nursery has room for that */
    uint64_t allocations;
    uint64_t bytes_allocated;
    uint64_t reserved[3];
} MorphHeapType;

/* The head of a heap. Do not write. */
typedef struct MorphHeap {
    unsigned char* top;   /* nursery: the next object's header; 8-aligned */
    unsigned char* limit; /* nursery: zeroed up to here. limit == top pins the slow path */
    MorphHeapType* types;
    uint64_t type_count;
    void*** roots_base; /* shadow stack ... */
    void*** roots_top;  /* ... where the next root goes */
    void*** roots_limit;
    uintptr_t young_begin; /* values that a store into an old object must be noted for: addresses */
    size_t young_bytes;    /* young_begin .. + young_bytes; debug mode: all */
    bool is_v1;            /* the baseline (morph/v1.h) serves the calls */
} MorphHeap;

static inline uint64_t morph_object_header(const void* object) {
    return ((const uint64_t*)object)[-1];
}
static inline uint32_t morph_object_type(const void* object) {
    return (uint32_t)(morph_object_header(object) >> MORPH_HEADER_TYPE_SHIFT &
                      MORPH_HEADER_TYPE_MASK);
}
/* A byte for each object that belongs to the user; 0 in a fresh one; moves with the object. */
static inline uint8_t morph_object_flags(const void* object) {
    return (uint8_t)(morph_object_header(object) >> MORPH_HEADER_FLAGS_SHIFT);
}
static inline void morph_object_set_flags(void* object, uint8_t flags) {
    uint64_t* header = (uint64_t*)object - 1;
    *header = (*header & ~((uint64_t)0xff << MORPH_HEADER_FLAGS_SHIFT)) |
              (uint64_t)flags << MORPH_HEADER_FLAGS_SHIFT;
}

/* ------------------------------------------------------------------------- birth and objects */

/* A new, empty heap. config may be NULL. NULL on failure, with the reason in
 * morph_creation_error(). Maps the young generation: about 2.6 nurseries. */
MORPH_API MorphHeap* morph_heap_create(const MorphHeapConfig* config);

/* morph_heap_create with a nursery of young bytes and a first major collection at old bytes; zero
 * selects the default. */
MORPH_API MorphHeap* morph_heap_new(size_t young, size_t old);

/* Returns every byte to the system; finalizers do not run. NULL is fine. */
MORPH_API void morph_heap_destroy(MorphHeap* heap);

/* Least bytes_max of a heap with these settings (NULL: defaults): its young generation, two
 * chunks and 256 KiB. */
MORPH_API size_t morph_heap_bytes_min(const MorphHeapSettings* settings);

/* Its id, or MORPH_TYPE_INVALID. Ids count up from 1. MORPH_ERROR_INVALID_ARGUMENT: a layout
 * without what it needs. O(offset_count), amortised. */
MORPH_API uint32_t morph_heap_register_type(MorphHeap* heap, const MorphMemTypeInfo* info);

/* What morph_heap_alloc calls when it is not served inline. */
MORPH_API void* morph_heap_alloc_slow(MorphHeap* heap, size_t size, uint32_t type);

/* size bytes of a registered type, all zero, aligned to 8. May collect, and then run finalizers.
 * Size 0 gives a unique address. NULL on failure: MORPH_ERROR_UNKNOWN_TYPE; TOO_LARGE;
 * INVALID_ARGUMENT when size is too small for the references of the type; OUT_OF_MEMORY after a
 * full collection. O(size) amortised, and the collections. */
static inline void* morph_heap_alloc(MorphHeap* heap, size_t size, uint32_t type) {
    if (MORPH_LIKELY(type < heap->type_count)) {
        MorphHeapType* record = &heap->types[type];
        size_t bytes = (size + 15) & ~(size_t)7; /* with its header; 16 at least, see size_min */
        if (MORPH_LIKELY(size - record->size_min <= record->size_span) &&
            MORPH_LIKELY(bytes <= (size_t)(heap->limit - heap->top))) {
            uint64_t* header = (uint64_t*)(void*)heap->top;
            heap->top += bytes;
            record->allocations += 1;
            record->bytes_allocated += size;
            *header = record->header + ((uint64_t)size << MORPH_HEADER_SIZE_SHIFT);
            return header + 1;
        }
    }
    return morph_heap_alloc_slow(heap, size, type);
}

/* As morph_heap_alloc, aligned to alignment, a power of two up to MORPH_MAX_ALIGNMENT. Above 8 the
 * object is born in the old space and never moves. */
MORPH_API void* morph_heap_alloc_aligned(MorphHeap* heap, size_t size, size_t alignment,
                                         uint32_t type);

/* A copy of object (of its type, with its flags) with another size: the first min(old, new) bytes
 * are kept, but for what is a reference at one of the two sizes only (in an array's element that
 * only one of them holds whole): that becomes zero, as does the rest. A weak reference keeps its
 * target; a finalizer stays with the old object. The old object stays as it is until nothing refers
 * to it. May collect; object need not be in a root for this call. NULL on failure. */
MORPH_API void* morph_heap_resize(MorphHeap* heap, void* object, size_t new_size);

/* Size of a live object, as requested. O(1). */
MORPH_API size_t morph_heap_object_size(const MorphHeap* heap, const void* object);

/* Frees every object and forgets every root, weak reference and finalizer (none runs); keeps types
 * and some memory. */
MORPH_API void morph_heap_reset(MorphHeap* heap);

/* ------------------------------------------------------------------------------ write barrier */

/* The slow path: notes that object is about to change. slot is the one to be written. Never
 * fails. */
MORPH_API void morph_heap_barrier(MorphHeap* heap, void* object, void** slot, void* value);

/* *slot = value, a reference inside object. O(1). */
static inline void morph_heap_write(MorphHeap* heap, void* object, void** slot, void* value) {
    if (__builtin_expect((morph_object_header(object) & MORPH_HEADER_BARRIER) != 0, 0) &&
        (uintptr_t)value - heap->young_begin < heap->young_bytes) {
        morph_heap_barrier(heap, object, slot, value);
    }
    *slot = value;
}

/* count references from `from` to the slots at `to`, inside object, as memmove. `from` may lie in
 * the same object. */
MORPH_API void morph_heap_copy(MorphHeap* heap, void* object, void** to, void* const* from,
                               size_t count);

/* The same value into count slots at `to` inside object. */
MORPH_API void morph_heap_fill(MorphHeap* heap, void* object, void** to, size_t count, void* value);

/* -------------------------------------------------------------------------------------- roots */

/* Shadow stack: *slot is a root until it is popped. The variable must outlive that; it may be
 * NULL, and change without barrier. MORPH_ERROR_OUT_OF_MEMORY when the stack cannot grow. O(1). */
MORPH_API MorphCode morph_heap_push_root_slow(MorphHeap* heap, void** slot);
static inline MorphCode morph_heap_push_root(MorphHeap* heap, void** slot) {
    if (MORPH_LIKELY(heap->roots_top != heap->roots_limit) && MORPH_LIKELY(slot != NULL)) {
        *heap->roots_top++ = slot;
        return MORPH_OK;
    }
    return morph_heap_push_root_slow(heap, slot);
}

/* Pops the last count roots. MORPH_ERROR_SCOPE, and nothing is popped, when there are fewer. */
MORPH_API MorphCode morph_heap_pop_roots_slow(MorphHeap* heap, size_t count);
static inline MorphCode morph_heap_pop_roots(MorphHeap* heap, size_t count) {
    if (MORPH_LIKELY(count <= (size_t)(heap->roots_top - heap->roots_base))) {
        heap->roots_top -= count;
        return MORPH_OK;
    }
    return morph_heap_pop_roots_slow(heap, count);
}

/* Pops the last root, which must be slot: else MORPH_ERROR_SCOPE, nothing is popped, and debug
 * mode reports MORPH_REPORT_ROOT_ORDER. */
MORPH_API MorphCode morph_heap_pop_root(MorphHeap* heap, void** slot);

/* How many roots the shadow stack holds: for longjmp and exceptions, with morph_heap_pop_roots. */
MORPH_API size_t morph_heap_root_depth(const MorphHeap* heap);

/* Global roots, removed in any order. Adding one twice counts twice. NOT_AN_OBJECT when slot was
 * never added. O(1). */
MORPH_API MorphCode morph_heap_add_global_root(MorphHeap* heap, void** slot);
MORPH_API MorphCode morph_heap_remove_global_root(MorphHeap* heap, void** slot);

/* ------------------------------------------------------------- weak references and finalizers */

/* An object of a type with MORPH_LAYOUT_WEAK is a weak reference: 16 bytes that belong to the
 * library, then the user's data, without references. It is allocated like any other (of at least
 * 16 bytes), refers to nothing at first, and dies like any other. Its target is cleared by the
 * collection that finds the target unreachable, before the target's finalizer runs. */
static inline void* morph_heap_weak_get(const void* weak) {
    return *(void* const*)weak;
}
/* target NULL clears. O(1). */
MORPH_API void morph_heap_weak_set(MorphHeap* heap, void* weak, void* target);

/* Called once, after the collection that found object unreachable, on the thread and inside the
 * call that collected. object and all it refers to are whole; it may be stored anywhere (it then
 * lives on, without finalizer), and everything of the heap may be called. object is not a root. */
typedef void (*MorphFinalizer)(MorphHeap* heap, void* object, void* user);

/* One finalizer for each object; setting another replaces it, NULL removes it. Finalizers of
 * objects that die together run in the order in which they were set.
 * MORPH_ERROR_OUT_OF_MEMORY. O(1). */
MORPH_API MorphCode morph_heap_set_finalizer(MorphHeap* heap, void* object,
                                             MorphFinalizer finalizer, void* user);

/* --------------------------------------------------------------------------------- collecting */

/* Both run finalizers before they return. MORPH_ERROR_UNSUPPORTED from inside a custom visitor. A
 * major collection always finishes. In debug mode MORPH_ERROR_OUT_OF_MEMORY, and nothing changed,
 * when the system does not give back access to pages that debug mode had closed: a limit of the
 * process's data (RLIMIT_DATA) that others have used up meanwhile. */
MORPH_API MorphCode morph_heap_collect_minor(MorphHeap* heap);
MORPH_API MorphCode morph_heap_collect_major(MorphHeap* heap);

/* For tests: forces collections, of which the first comes right before the first-th allocation from
 * now (1: the next one), and one before each every-th after it (0: no more). first 0: none. */
typedef struct MorphForcedCollections {
    uint64_t first;
    uint64_t every;
    bool major;
} MorphForcedCollections;
MORPH_API MorphCode morph_heap_force_collections(MorphHeap* heap,
                                                 const MorphForcedCollections* plan);

/* Changes settings of a running heap. What concerns the young generation takes effect with the next
 * collection, as far as memory allows. MORPH_ERROR_INVALID_CONFIGURATION changes nothing. */
MORPH_API MorphCode morph_heap_configure(MorphHeap* heap, const MorphHeapSettings* settings);

/* ------------------------------------------------------------------------------------ figures */

typedef struct MorphPauses {
    uint64_t count;
    uint64_t total_ns;
    uint64_t max_ns;
    uint64_t p50_ns, p90_ns, p99_ns; /* upper bounds, at most 12.5 % too high; never above max_ns */
} MorphPauses;

typedef struct MorphHeapStats {
    MorphMemCounts counts; /* frees: found dead by a collection; live: not yet found dead */
    MorphMemCounts young; /* of that: allocations ever born there, frees: died there; live: there */
    uint64_t bytes_live_peak; /* of counts.bytes_live, before collections and when asked */
    MorphPauses minor, major; /* finalizers not included */
    uint64_t objects_promoted, bytes_promoted;
    uint64_t objects_promoted_early; /* of that, below promotion_age: survivor space was full */
    uint64_t objects_survived;       /* stayed young through a collection */
    uint64_t objects_pretenured;     /* born in the old space: large, aligned */
    uint64_t collections_forced;     /* by morph_heap_force_collections */
    uint64_t logged;                 /* objects that the barrier put into the remembered set */
    uint64_t remembered;             /* objects in the remembered set now */
    uint64_t remembered_overflows;   /* times it could not grow, and the old space was searched */
    uint64_t mark_overflows;     /* times the mark stack could not grow, and marking rescanned */
    uint64_t promotions_refused; /* objects that had to stay young for lack of memory */
    uint64_t weak_references, weak_cleared;
    uint64_t finalizers, finalizers_run; /* set now; run ever */
    uint64_t roots, global_roots;
    uint64_t failures; /* calls that returned NULL or an error */
    size_t nursery_bytes, survivor_bytes, survivor_bytes_used;
    size_t major_threshold; /* bytes in the old space that start the next major collection */
    size_t old_bytes;       /* slots, runs and mappings of old objects not yet found dead */
    size_t old_blocks, old_runs, large_objects;
    size_t bytes_mapped, bytes_mapped_peak;
    size_t young_bytes_mapped, old_bytes_mapped, large_bytes_mapped, metadata_bytes_mapped;
    uint32_t types;
} MorphHeapStats;
MORPH_API MorphHeapStats morph_heap_stats(const MorphHeap* heap);

/* One type: name, and counts as in MorphHeapStats. MORPH_ERROR_UNKNOWN_TYPE. */
typedef struct MorphHeapTypeStats {
    char name[64];
    MorphLayout layout;
    MorphMemCounts counts;
} MorphHeapTypeStats;
MORPH_API MorphCode morph_heap_type_stats(const MorphHeap* heap, uint32_t type,
                                          MorphHeapTypeStats* stats);

/* The last collections, newest last: copies up to count samples, gives how many. At most
 * MORPH_TIMELINE_SAMPLES are kept. */
#define MORPH_TIMELINE_SAMPLES 256
typedef struct MorphTimelineSample {
    uint64_t at_ns; /* since the heap was created */
    uint64_t pause_ns;
    uint64_t bytes_live_before, bytes_live_after;
    size_t bytes_mapped; /* after */
    bool major;
} MorphTimelineSample;
MORPH_API size_t morph_heap_timeline(const MorphHeap* heap, MorphTimelineSample* samples,
                                     size_t count);

/* -------------------------------------------------------------------- inspection, verification */

/* What the heap knows of an address: any address may be asked. Young: O(nursery); else O(1). */
MORPH_API MorphAddressInfo morph_heap_query(const MorphHeap* heap, const void* address);

/* Visits every object not yet found dead, until visit returns false. It may not allocate or
 * collect. O(heap). */
MORPH_API void morph_heap_walk(const MorphHeap* heap, MorphObjectVisitor visit, void* user);

/* Walks everything and checks every invariant: MORPH_OK or MORPH_ERROR_CORRUPTION; the error's text
 * names the id of the first broken one, the object, its type and its parent where there is one.
 * O(heap). */
MORPH_API MorphCode morph_heap_verify(MorphHeap* heap);

MORPH_API MorphError morph_heap_last_error(const MorphHeap* heap);

#ifdef __cplusplus
}
#endif

#endif
