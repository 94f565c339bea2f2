/* General: an allocator with the shape of malloc that belongs to one interpreter, library or
 * request: every object can be freed and resized without saying how large it was, and all of them
 * at once.
 *
 *   MorphGeneral *memory = morph_general_create(NULL);
 *   void *text = morph_general_alloc(memory, 100);
 *   text = morph_general_realloc(memory, text, 5000);
 *   morph_general_free(memory, text);
 *   morph_general_destroy(memory);
 *
 *   size            where it is                       what it costs beside its bytes
 *   0 .. 1024       a slot of a pool (morph/pool.h)   a byte, and slack to the size class
 *   .. chunk / 4    a run of granules of 256 bytes    8 bytes for each, and slack to the last one
 *   above           a mapping of its own              64 bytes, and slack to the page
 *
 * Objects have no header: what is known of them lies apart, so neither a stray write nor an address
 * from anywhere can mislead a free. Runs that are freed are joined with their free neighbours, and
 * objects grow into a free run behind them. Mappings go back to the system when they are freed, and
 * empty chunks do but for one of each kind (after a reset all are kept, until they are used again
 * or something else needs memory).
 *
 * For programs that bring allocator hooks of their own (Lua, SQLite, Duktape). A program that knows
 * the sizes or the life of its objects does better with a context (morph/mem.h).
 *
 * Thread rules: one thread at a time. Errors: NULL or a code, and morph_general_last_error; the
 * allocator is then as it was before the call, but for idle chunks: before a request for memory
 * fails they are given back.
 */
#ifndef MORPH_GENERAL_H
#define MORPH_GENERAL_H

#include "morph/common.h"
#include "morph/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Alignment of every object when none is asked for, in bytes; objects below 16 bytes: 8. */
#define MORPH_GENERAL_ALIGNMENT ((size_t)16)

typedef struct MorphGeneral MorphGeneral;

/* Zero-initialise, then set what you need. */
typedef struct MorphGeneralConfig {
    bool enable_debug;         /* guards, fill patterns, checks of each free */
    bool report_leaks;         /* objects that destroy finds live: one report for all */
    MorphMemoryLimits memory;  /* bytes_max: 0, or at least two chunks and 128 KiB */
    MorphReportHandler report; /* NULL: print to stderr and abort */
    void* report_user;
} MorphGeneralConfig;

typedef struct MorphGeneralStats {
    MorphMemCounts total;     /* exact, as requested */
    uint64_t bytes_live_peak; /* a moving reallocation counts both places for a moment */
    uint64_t resizes;         /* reallocations that stayed in place */
    uint64_t resets;
    uint64_t failures;   /* calls that returned NULL or an error */
    uint64_t large_live; /* objects above MORPH_POOL_MAX_SIZE, of total.objects_live */
    size_t bytes_mapped; /* all memory held from the system */
    size_t bytes_mapped_peak;
} MorphGeneralStats;

/* A new, empty allocator. config may be NULL. NULL on failure, with the reason in
 * morph_creation_error(). Maps its metadata only. */
MORPH_API MorphGeneral* morph_general_create(const MorphGeneralConfig* config);

/* Returns every byte to the system, live objects or not. NULL is fine. */
MORPH_API void morph_general_destroy(MorphGeneral* general);

/* size bytes, contents undefined. Size 0 gives a unique address that must not be read or written.
 * NULL on failure. */
MORPH_API void* morph_general_alloc(MorphGeneral* general, size_t size);

/* As morph_general_alloc, all bytes zero. O(size), O(1) where the system's pages are still zero. */
MORPH_API void* morph_general_alloc_zeroed(MorphGeneral* general, size_t size);

/* As morph_general_alloc, aligned to a power of two up to MORPH_MAX_ALIGNMENT. */
MORPH_API void* morph_general_alloc_aligned(MorphGeneral* general, size_t size, size_t alignment);

/* Changes the size of an object; the first min(old, new) bytes stay. The result is aligned as one
 * of morph_general_alloc. object NULL: as there. new_size 0: as size 0 there. NULL on failure: the
 * object is as it was. Shrinking a live object never fails: where no smaller place is to be had, it
 * stays where it is. In place: a slot of the same class, a free run behind, room in the mapping
 * (one that grew has an eighth to spare). Otherwise O(min(old, new)). */
MORPH_API void* morph_general_realloc(MorphGeneral* general, void* object, size_t new_size);

/* Frees an object. NULL is fine. MORPH_ERROR_NOT_AN_OBJECT for an address that is not the beginning
 * of a live object of this allocator (any address, mapped or not). O(1). */
MORPH_API MorphCode morph_general_free(MorphGeneral* general, void* object);

/* The size of an object, as requested last; 0 for NULL and for what is not an object. O(1). */
MORPH_API size_t morph_general_size(const MorphGeneral* general, const void* object);

/* Frees every object; keeps chunks for reuse, gives mappings back. O(chunks + objects in runs); in
 * debug mode O(objects), and guards that were overwritten are reported. */
MORPH_API void morph_general_reset(MorphGeneral* general);

/* What the allocator knows of an address: any address may be asked. room: MORPH_ROOM_POOL, _RUNS or
 * _LARGE; slot_size: bytes from the object's begin that are its own, slack and guard included.
 * O(1), for an address inside a run O(granules / 64). */
MORPH_API MorphAddressInfo morph_general_query(const MorphGeneral* general, const void* address);

/* Exact figures. O(1). */
MORPH_API MorphGeneralStats morph_general_stats(const MorphGeneral* general);

/* Checks every invariant (ids in impl/general/). O(slots + granules). MORPH_OK or
 * MORPH_ERROR_CORRUPTION with the id in the error's text. */
MORPH_API MorphCode morph_general_verify(MorphGeneral* general);

/* general NULL: as morph_creation_error. */
MORPH_API MorphError morph_general_last_error(const MorphGeneral* general);

#ifdef __cplusplus
}
#endif

#endif
