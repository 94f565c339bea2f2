/* The unprefixed names of arena and pool, for programs that have them in their code.
 *
 *   Arena* arena = arena_create(64 * 1024);        Pool* pool = pool_new();
 *   void* node = arena_alloc(arena, 48);           void* token = pool_alloc(pool, 32);
 *   arena_destroy(arena);                          pool_free(pool, token, 32);
 *
 * Each is an inline call of the function of the same name with morph_ before it, and promises what
 * that promises. Include this header only where these names are free.
 */
#ifndef MORPH_NAMES_H
#define MORPH_NAMES_H

#include "morph/arena.h"
#include "morph/pool.h"

typedef MorphArena Arena;
typedef MorphPool Pool;

/* block_size 0: the default. NULL on failure, with the reason in morph_creation_error(). */
static inline Arena* arena_create(size_t block_size) {
#ifdef __cplusplus
    MorphArenaConfig config = MorphArenaConfig();
#else
    MorphArenaConfig config = {0};
#endif
    config.block_size = block_size;
    return morph_arena_create(&config);
}

static inline void* arena_alloc(Arena* arena, size_t size) {
    return morph_arena_alloc(arena, size);
}

static inline void* arena_alloc_aligned(Arena* arena, size_t size, size_t alignment) {
    return morph_arena_alloc_aligned(arena, size, alignment);
}

static inline void arena_reset(Arena* arena) {
    morph_arena_reset(arena);
}

static inline void arena_destroy(Arena* arena) {
    morph_arena_destroy(arena);
}

static inline Pool* pool_new(void) {
    return morph_pool_create(NULL);
}

static inline void* pool_alloc(Pool* pool, size_t size) {
    return morph_pool_alloc(pool, size);
}

static inline MorphCode pool_free(Pool* pool, void* object, size_t size) {
    return morph_pool_free(pool, object, size);
}

static inline void pool_destroy(Pool* pool) {
    morph_pool_destroy(pool);
}

#endif
