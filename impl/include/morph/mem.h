/* Morph Memory: the memory system of a language runtime, one context per compiler or program.
 *
 *   MorphMemContext *memory = morph_mem_init(&MORPH_CONFIG_COMPILER);
 *   uint32_t token = morph_mem_register_type(memory, &(MorphMemTypeInfo){.name = "token"});
 *   void *object = morph_mem_alloc(memory, 32, token);
 *   morph_mem_destroy(memory);
 *
 * COMPILER mode: objects up to MORPH_POOL_MAX_SIZE (1,024 bytes) come from pools and can be freed
 * one by one; larger ones come from an arena and live until morph_mem_reset or destroy. A flag on
 * the call, or the placement of the type, overrides that. No object has a header.
 *
 * RUNTIME mode: objects live in a generational heap (morph/heap.h) and are freed by its collector,
 * which moves young ones: types tell where references are, roots keep objects, stores of references
 * go through morph_mem_write. What this header does not have is called on morph_mem_heap(context).
 * Placements are checked there, and have no effect.
 *
 * The modes VM and SERVER are refused by morph_mem_init (MORPH_ERROR_UNSUPPORTED) until their
 * collectors are part of the library, and the morph_mem_gc_* calls are refused in COMPILER mode,
 * which has no collector.
 *
 * Errors: NULL or a code, and morph_mem_last_error; the context is then as it was before the call.
 * Thread rules: one context, one thread at a time; contexts share nothing.
 */
#ifndef MORPH_MEM_H
#define MORPH_MEM_H

#include <stdio.h>

#include "morph/common.h"
#include "morph/heap.h"
#include "morph/pool.h"
#include "morph/v1.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The head of a context. Do not write. */
typedef struct MorphMemContext {
    MorphHeap* heap;      /* where its objects are; NULL: in pools and an arena */
    bool heap_is_private; /* COMPILER mode on V1: the heap is the context's own affair */
} MorphMemContext;

typedef enum MorphMemMode {
    MORPH_MODE_COMPILER = 0,
    MORPH_MODE_RUNTIME,
    MORPH_MODE_VM,
    MORPH_MODE_SERVER
} MorphMemMode;

/* Start from a preset (MORPH_CONFIG_COMPILER ...) or morph_mem_detect_config(), and change what you
 * need. An impossible value makes morph_mem_init fail with MORPH_ERROR_INVALID_CONFIGURATION and a
 * text that names field and value. */
typedef struct MorphMemConfig {
    MorphMemMode mode;
    size_t heap_size_hint;       /* expected bytes in use: tables are sized for it; 0: unknown; no
                                    effect in RUNTIME mode */
    size_t gc_threshold;         /* bytes; must be 0 in COMPILER mode */
    uint32_t gc_pause_target_ms; /* must be 0 in COMPILER mode */
    bool enable_generational;    /* must be false in COMPILER mode */
    bool enable_compaction;      /* must be false in COMPILER and RUNTIME mode */
    bool enable_metrics;         /* counts by type, totals, peaks */
    bool enable_debug;           /* guards, fill patterns, checks of each free; MORPH_MEM_DEBUG=1 */
    bool report_leaks;           /* objects that destroy finds live: one report per type */
    bool enable_v1;              /* the V1 baseline serves (morph/v1.h); MORPH_MEM_V2=0|1 */
    MorphV1Settings v1;
    size_t arena_block_size;   /* power of two, 4 KiB .. 1 GiB; 0: the chunk size, and the only
                                  value in RUNTIME mode */
    MorphHeapSettings heap;    /* RUNTIME; all zero in COMPILER mode. A gc_threshold or pause
                                  target above 0 overrides the one here; enable_generational
                                  false means full_collections */
    MorphMemoryLimits memory;  /* bytes_max: 0, or at least two chunks and 128 KiB; RUNTIME:
                                  morph_heap_bytes_min(&heap) and 64 KiB; V1: 192 KiB */
    MorphReportHandler report; /* of debug mode and leaks; NULL: print to stderr and abort */
    void* report_user;
} MorphMemConfig;

/* Presets: hint 256 MiB / 512 MiB / 2 GiB / 1 GiB; threshold none / 64 / 128 / 128 MiB; pause
 * target none / 10 / 5 / 5 ms. SERVER bounds the heap at its hint. Metrics on, debug off. */
extern MORPH_API const MorphMemConfig MORPH_CONFIG_COMPILER;
extern MORPH_API const MorphMemConfig MORPH_CONFIG_RUNTIME;
extern MORPH_API const MorphMemConfig MORPH_CONFIG_VM;
extern MORPH_API const MorphMemConfig MORPH_CONFIG_SERVER;

/* A new context. config NULL: MORPH_CONFIG_COMPILER. The environment is read here, once:
 *   MORPH_MEM_DEBUG=0|1     overrides enable_debug
 *   MORPH_MEM_STATS=PATH    statistics are written there at destroy: CSV if PATH ends in .csv,
 *                           text if in .txt, else JSON
 *   MORPH_MEM_V2=0|1        overrides enable_v1: 0 runs the program on the V1 baseline
 *   MORPH_MEM_V1_...        its settings, see morph/v1.h
 * Any other value is an error that names variable and value. NULL on failure, with the reason in
 * morph_creation_error() (morph_mem_last_error(NULL) gives the same). Maps its metadata only. */
MORPH_API MorphMemContext* morph_mem_init(const MorphMemConfig* config);

/* morph_mem_init with morph_mem_detect_config(). */
MORPH_API MorphMemContext* morph_mem_init_auto(void);

/* Writes the statistics that MORPH_MEM_STATS asked for, then returns every byte to the system.
 * NULL is fine. A file that cannot be written is reported by MORPH_ERROR_IO from this call. */
MORPH_API MorphCode morph_mem_destroy(MorphMemContext* context);

/* size bytes of a registered type, aligned to 8, contents undefined (RUNTIME mode: zero, and as
 * morph_heap_alloc in all else). Size 0 gives a unique address that must not be read or written.
 * NULL on failure. O(1). */
MORPH_API void* morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type_id);

/* As morph_mem_alloc, all bytes zero. O(size). */
MORPH_API void* morph_mem_alloc_zeroed(MorphMemContext* context, size_t size, uint32_t type_id);

/* As morph_mem_alloc with everything said: alignment a power of two up to MORPH_MAX_ALIGNMENT;
 * placement overrides that of the type. Pools serve an alignment A > 8 by rounding size up to a
 * multiple of A (1,024 still being the limit); size and statistics stay as requested. RUNTIME mode:
 * as morph_heap_alloc_aligned. */
MORPH_API void* morph_mem_alloc_with(MorphMemContext* context, size_t size, size_t alignment,
                                     uint32_t type_id, MorphMemPlacement placement);

/* Frees a pool's object at once. An arena's object stays until reset (MORPH_OK). NULL is fine.
 * MORPH_ERROR_NOT_AN_OBJECT as in morph_pool_free. RUNTIME mode: MORPH_ERROR_UNSUPPORTED but for
 * NULL, its collector frees. O(1). */
MORPH_API MorphCode morph_mem_free(MorphMemContext* context, void* object);

/* Changes the size of an object; type, placement rules and the first min(old_size, new_size) bytes
 * stay. A pool's object whose size class stays the same stays in place and counts as resized: no
 * allocation, no free. Any other counts as an allocation of the new object, and a free of the old
 * one if that was a pool's. old_size must be the object's size (checked in debug mode for
 * pools). type_id must be the object's type. NULL on failure: the object is as it was. object
 * NULL: as morph_mem_alloc. new_size 0: as size 0 in morph_mem_alloc. RUNTIME mode: as
 * morph_heap_resize, of an object of the heap; a type_id or an old_size that is not its own is
 * MORPH_ERROR_INVALID_ARGUMENT or WRONG_SIZE (which debug mode reports). O(min(old, new)). */
MORPH_API void* morph_mem_realloc(MorphMemContext* context, void* object, size_t old_size,
                                  size_t new_size, uint32_t type_id);

/* Frees every object; keeps types and memory for reuse, returns the arena's large objects.
 * O(chunks + types). */
MORPH_API void morph_mem_reset(MorphMemContext* context);

/* What the context knows of an address: any address may be asked, mapped or not. O(1). */
MORPH_API MorphAddressInfo morph_mem_query(const MorphMemContext* context, const void* address);

/* Registers a type; names need not be unique. Its id, or MORPH_TYPE_INVALID. Ids count up from 1.
 * O(1) amortised. */
MORPH_API uint32_t morph_mem_register_type(MorphMemContext* context, const MorphMemTypeInfo* info);

/* The heap of a context in RUNTIME mode, which belongs to the context; NULL in COMPILER mode. */
static inline MorphHeap* morph_mem_heap(MorphMemContext* context) {
    return context->heap_is_private ? NULL : context->heap;
}

/* RUNTIME mode: *slot = value, a reference inside object (morph_heap_write). */
static inline void morph_mem_write(MorphMemContext* context, void* object, void** slot,
                                   void* value) {
    morph_heap_write(context->heap, object, slot, value);
}

/* Collector calls: MORPH_ERROR_UNSUPPORTED in COMPILER mode, which has no collector. For the rest
 * as morph_heap_collect_major, _collect_minor, _push_root and _pop_roots. */
MORPH_API MorphCode morph_mem_gc_collect(MorphMemContext* context);
MORPH_API MorphCode morph_mem_gc_collect_minor(MorphMemContext* context);
MORPH_API MorphCode morph_mem_gc_push_root(MorphMemContext* context, void** slot);
MORPH_API MorphCode morph_mem_gc_pop_roots(MorphMemContext* context, size_t count);

typedef struct MorphMemStats {
    MorphMemMode mode;
    bool v1;      /* the baseline serves */
    bool metrics; /* false: counts and peaks are all zero, memory figures are exact */
    MorphMemCounts total;
    uint64_t bytes_live_peak;
    uint64_t resizes; /* reallocations that stayed in place */
    uint64_t resets;
    uint64_t failures;    /* calls that returned NULL or an error */
    uint32_t types;       /* registered, MORPH_TYPE_NONE included */
    MorphMemCounts pool;  /* of total, what the pools hold ... */
    MorphMemCounts arena; /* ... and the arena */
    size_t bytes_mapped;  /* all memory held from the system */
    size_t bytes_mapped_peak;
    size_t pool_bytes_mapped, arena_bytes_mapped, metadata_bytes_mapped; /* sum: bytes_mapped */
    size_t arena_bytes_used, arena_bytes_reserved;
    MorphHeapStats heap; /* RUNTIME mode, and V1: total is its counts, failures includes its
                            failures, the sum of its four figures and the context's own record (in
                            metadata_bytes_mapped above) is bytes_mapped. Else, and without metrics
                            what is counted, all zero */
} MorphMemStats;

typedef struct MorphMemTypeStats {
    char name[64];
    MorphMemPlacement placement; /* RUNTIME mode: MORPH_PLACE_BY_SIZE */
    MorphLayout layout;          /* COMPILER mode: MORPH_LAYOUT_DATA */
    MorphMemCounts counts;
} MorphMemTypeStats;

/* Exact figures. O(types). */
MORPH_API MorphCode morph_mem_get_stats(const MorphMemContext* context, MorphMemStats* stats);
MORPH_API MorphCode morph_mem_get_type_stats(const MorphMemContext* context, uint32_t type_id,
                                             MorphMemTypeStats* stats);

typedef enum MorphMemFormat {
    MORPH_FORMAT_TEXT = 0,
    MORPH_FORMAT_JSON,
    MORPH_FORMAT_CSV
} MorphMemFormat;

/* Statistics as text. Writes at most capacity bytes with the terminator; returns the length the
 * whole needs without it, as snprintf does. Types without any allocation are left out. */
MORPH_API size_t morph_mem_format_stats(const MorphMemContext* context, MorphMemFormat format,
                                        char* buffer, size_t capacity);

/* The text form to a stream (NULL: standard output). */
MORPH_API MorphCode morph_mem_print_stats(const MorphMemContext* context, FILE* stream);

/* To a file; format by extension as in MORPH_MEM_STATS. An existing file is replaced whole or not
 * at all. */
MORPH_API MorphCode morph_mem_dump_stats(MorphMemContext* context, const char* path);

/* Walks everything and checks every invariant: MORPH_OK or MORPH_ERROR_CORRUPTION with the id of
 * the broken one in the error's text. O(slots). */
MORPH_API MorphCode morph_mem_verify(MorphMemContext* context);

/* Visits every live object of the pools (morph_pool_walk) or of the heap (morph_heap_walk). */
MORPH_API void morph_mem_walk(const MorphMemContext* context, MorphObjectVisitor visit, void* user);

/* The last failure of context; of the last failed init on this thread for NULL. */
MORPH_API MorphError morph_mem_last_error(const MorphMemContext* context);

/* RAM this process may use, in bytes: the least of physical memory, the limits of its cgroups (v1
 * and v2, every level) and RLIMIT_AS. 0 when the system does not tell. */
MORPH_API size_t morph_mem_get_available_ram(void);

/* A configuration for COMPILER mode from that figure: hint min(256 MiB, RAM / 4); above 512 MiB of
 * RAM the preset as it is. */
MORPH_API MorphMemConfig morph_mem_detect_config(void);

#ifdef __cplusplus
}
#endif

#endif
