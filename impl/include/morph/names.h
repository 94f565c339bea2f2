/* The unprefixed names of arena, pool and heap, for programs that have them in their code.
 *
 *   Arena* arena = arena_create(64 * 1024);        Pool* pool = pool_new();
 *   void* node = arena_alloc(arena, 48);           void* token = pool_alloc(pool, 32);
 *   arena_destroy(arena);                          pool_free(pool, token, 32);
 *
 *   GenHeap* heap = gen_heap_new(2 << 20, 32 << 20);
 *   gen_heap_push_root(heap, (void**)&tree);
 *   tree = gen_heap_alloc(heap, sizeof(Node), node);
 *   gen_heap_write(heap, tree, (void**)&tree->left, leaf);
 *   gen_heap_gc_minor(heap);
 *   gen_heap_free(heap);
 *
 * Each is an inline call of one function of the library (the same name with morph_ before it, where
 * nothing else is said) and promises what that promises. Include this header only where these names
 * are free.
 */
#ifndef MORPH_NAMES_H
#define MORPH_NAMES_H

#include "morph/arena.h"
#include "morph/heap.h"
#include "morph/pool.h"

typedef MorphArena Arena;
typedef MorphPool Pool;
typedef MorphHeap GenHeap;

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

/* Bytes of the nursery and of the old space that start the first major collection; 0: defaults. */
static inline GenHeap* gen_heap_new(size_t young, size_t old) {
    return morph_heap_new(young, old);
}

static inline uint32_t gen_heap_register_type(GenHeap* heap, const MorphMemTypeInfo* info) {
    return morph_heap_register_type(heap, info);
}

static inline void* gen_heap_alloc(GenHeap* heap, size_t size, uint32_t type) {
    return morph_heap_alloc(heap, size, type);
}

/* *slot = value, with the barrier. */
static inline void gen_heap_write(GenHeap* heap, void* object, void** slot, void* value) {
    morph_heap_write(heap, object, slot, value);
}

/* The barrier alone, right before a plain *slot = value: nothing may collect in between. */
static inline void gen_heap_write_barrier(GenHeap* heap, void* object, void** slot, void* value) {
    if (morph_object_header(object) & MORPH_HEADER_BARRIER) {
        morph_heap_barrier(heap, object, slot, value);
    }
}

static inline MorphCode gen_heap_push_root(GenHeap* heap, void** slot) {
    return morph_heap_push_root(heap, slot);
}

/* The last one pushed. */
static inline MorphCode gen_heap_pop_root(GenHeap* heap) {
    return morph_heap_pop_roots(heap, 1);
}

static inline MorphCode gen_heap_pop_roots(GenHeap* heap, size_t count) {
    return morph_heap_pop_roots(heap, count);
}

/* morph_heap_collect_minor, morph_heap_collect_major. */
static inline MorphCode gen_heap_gc_minor(GenHeap* heap) {
    return morph_heap_collect_minor(heap);
}

static inline MorphCode gen_heap_gc_major(GenHeap* heap) {
    return morph_heap_collect_major(heap);
}

/* The heap itself: morph_heap_destroy, under both of its names. */
static inline void gen_heap_free(GenHeap* heap) {
    morph_heap_destroy(heap);
}

static inline void gen_heap_destroy(GenHeap* heap) {
    morph_heap_destroy(heap);
}

#endif
