/* Arena: objects that die together.
 *
 *   chunk (2 MiB or block size, aligned)            the next chunk ...
 *   +--------+--------------------+-------------+   +--------+-----------------
 *   | header | objects ->  cursor | -> limit    |   | header | kept for later
 *   +--------+--------------------+-------------+   +--------+-----------------
 *                                  grows by whole blocks until the chunk is full
 *
 * Allocation moves a cursor. Nothing is freed alone; morph_arena_reset frees everything and keeps
 * the memory, morph_arena_release frees everything since a mark.
 *
 * Blocks: the cursor's limit grows by blocks of the configured size (a power of two from 4 KiB to
 * 1 GiB). A request that spans several blocks takes them side by side. A chunk holds as many
 * blocks as fit; a block larger than a chunk is a chunk of its own size. A request that does not
 * fit in what is left of its chunk, and exceeds 1/16 of a chunk or is aligned to more than that,
 * gets a mapping of its own ("large object"), so that tails of chunks stay small; any other moves
 * on to the next chunk.
 *
 * Reset and release keep every chunk for reuse and return large objects to the system: a peak is
 * not paid for ever, and the same program run again reaches the same footprint.
 *
 * Thread rules: one thread at a time. Errors: NULL or a code, and morph_arena_last_error; the arena
 * is then as it was before the call.
 */
#ifndef MORPH_ARENA_H
#define MORPH_ARENA_H

#include "morph/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The head of an arena is public for the inline fast path; the rest is the library's. Do not
 * write it. In debug mode and under sanitizers limit equals cursor: every call goes out of line. */
typedef struct MorphArena {
    unsigned char* cursor; /* next free byte; a multiple of 8 */
    unsigned char* limit;  /* end of the block being filled */
} MorphArena;

/* Zero-initialise, then set what you need. */
typedef struct MorphArenaConfig {
    size_t block_size;        /* power of two, 4 KiB .. 1 GiB; 0: 2 MiB (the chunk size) */
    bool enable_debug;        /* guard bytes behind objects, freed and fresh memory filled */
    MorphMemoryLimits memory; /* bytes_max: at least block size, chunk size and 64 KiB together */
    MorphReportHandler report;
    void* report_user;
} MorphArenaConfig;

/* A point to come back to. Lives in the arena; owned by it. */
typedef struct MorphArenaMark MorphArenaMark;

typedef struct MorphArenaStats {
    size_t bytes_used;     /* of live objects, each rounded up to 8 bytes; no padding, no marks */
    size_t bytes_padding;  /* lost to alignments above 8, to marks, and (debug) to guards */
    size_t bytes_reserved; /* blocks in use (cursor chunk and before), and large objects */
    size_t bytes_mapped;   /* all memory held from the system, metadata and spare chunks included */
    size_t bytes_mapped_peak;
    size_t blocks;        /* blocks in use */
    size_t chunks;        /* chunks held, spare ones included */
    size_t large_objects; /* mappings of their own */
    size_t scopes;        /* live marks */
    double utilisation;   /* bytes_used / bytes_reserved; 1 when nothing is reserved */
} MorphArenaStats;

/* A new arena with its first chunk. config may be NULL for defaults. NULL on failure, with the
 * reason in morph_creation_error(). O(1), one or two mappings. */
MORPH_API MorphArena* morph_arena_create(const MorphArenaConfig* config);

/* Returns every byte to the system. NULL is fine. In debug mode guards are checked first. */
MORPH_API void morph_arena_destroy(MorphArena* arena);

/* Out-of-line part of morph_arena_alloc: any size. Not for direct use. */
MORPH_API void* morph_arena_alloc_slow(MorphArena* arena, size_t size);

/* size bytes, aligned to 8, contents undefined. Size 0 gives a unique non-NULL address that must
 * not be read or written (it uses 8 bytes). NULL on failure. O(1) but for a new chunk. */
static inline void* morph_arena_alloc(MorphArena* arena, size_t size) {
    unsigned char* cursor = arena->cursor;
    /* size - 1 wraps for size 0, which goes out of line. limit - cursor is a multiple of 8, so what
     * fits also fits rounded up, and nothing near SIZE_MAX passes. */
    if (MORPH_LIKELY(size - 1 < (size_t)(arena->limit - cursor))) {
        if (cursor == NULL) __builtin_unreachable(); /* spares the caller's test for NULL */
        arena->cursor = cursor + ((size + 7) & ~(size_t)7);
        return cursor;
    }
    return morph_arena_alloc_slow(arena, size);
}

/* As morph_arena_alloc, aligned to any power of two up to MORPH_MAX_ALIGNMENT. */
MORPH_API void* morph_arena_alloc_aligned(MorphArena* arena, size_t size, size_t alignment);

/* As morph_arena_alloc, all bytes zero. O(size). */
MORPH_API void* morph_arena_alloc_zeroed(MorphArena* arena, size_t size);

/* Frees every object and every scope; keeps the chunks. O(1 + large objects); in debug mode
 * O(bytes): each overwritten guard is reported, and if the handler returns the reset goes on. */
MORPH_API void morph_arena_reset(MorphArena* arena);

/* Opens a scope. Scopes nest. NULL on failure. O(1); uses 64 bytes of the arena, counted as
 * padding. */
MORPH_API MorphArenaMark* morph_arena_mark(MorphArena* arena);

/* Frees every object allocated since the mark and closes its scope and all scopes inside it.
 * MORPH_ERROR_SCOPE when the mark is not a live scope of this arena (released, reset or foreign).
 * In debug mode MORPH_ERROR_CORRUPTION when a guard of what would be freed is overwritten (each is
 * reported first) or the mark itself. O(scopes closed + large objects freed); in debug mode also
 * O(bytes freed). */
MORPH_API MorphCode morph_arena_release(MorphArena* arena, MorphArenaMark* mark);

/* Exact figures. O(1). */
MORPH_API MorphArenaStats morph_arena_stats(const MorphArena* arena);

/* Whether address lies in memory that a live object of this arena may occupy (below the cursor, or
 * in a large object). Any address may be asked, mapped or not. O(1). */
MORPH_API bool morph_arena_contains(const MorphArena* arena, const void* address);

/* Checks every invariant (ids in impl/arena/arena.h). MORPH_OK or MORPH_ERROR_CORRUPTION with the
 * id in the error's text. O(chunks + scopes); in debug mode also every guard. */
MORPH_API MorphCode morph_arena_verify(MorphArena* arena);

MORPH_API MorphError morph_arena_last_error(const MorphArena* arena);

#ifdef __cplusplus
}
#endif

#endif
