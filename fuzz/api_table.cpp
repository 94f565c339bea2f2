// One build of the public C interface as a table (see fuzz/api.h).
//
// Compiled once per variant, with its renamed symbols, as the Makefile says by two macros:
//   -DMORPH_API_TABLE=library_api    the function of fuzz/api.h that this object defines
//   -DMORPH_API_NAME='"library"'     the name it tells
#include "fuzz/api.h"

#if !defined(MORPH_API_TABLE) || !defined(MORPH_API_NAME)
#error "define MORPH_API_TABLE (library_api, tiny_api, reference_api) and MORPH_API_NAME"
#endif

namespace suite {

const Api& MORPH_API_TABLE() {
    static constexpr Api kTable = {
        .name = MORPH_API_NAME,
        .chunk_bytes = &morph_chunk_bytes,
        .creation_error = &morph_creation_error,
        .arena_create = &morph_arena_create,
        .arena_destroy = &morph_arena_destroy,
        .arena_alloc = &morph_arena_alloc,
        .arena_alloc_aligned = &morph_arena_alloc_aligned,
        .arena_alloc_zeroed = &morph_arena_alloc_zeroed,
        .arena_reset = &morph_arena_reset,
        .arena_mark = &morph_arena_mark,
        .arena_release = &morph_arena_release,
        .arena_stats = &morph_arena_stats,
        .arena_contains = &morph_arena_contains,
        .arena_verify = &morph_arena_verify,
        .arena_last_error = &morph_arena_last_error,
        .pool_create = &morph_pool_create,
        .pool_destroy = &morph_pool_destroy,
        .pool_alloc = &morph_pool_alloc,
        .pool_alloc_typed = &morph_pool_alloc_typed,
        .pool_free = &morph_pool_free,
        .pool_realloc = &morph_pool_realloc,
        .pool_reset = &morph_pool_reset,
        .pool_query = &morph_pool_query,
        .pool_walk = &morph_pool_walk,
        .pool_stats = &morph_pool_stats,
        .pool_verify = &morph_pool_verify,
        .pool_last_error = &morph_pool_last_error,
        .mem_init = &morph_mem_init,
        .mem_destroy = &morph_mem_destroy,
        .mem_alloc = &morph_mem_alloc,
        .mem_alloc_zeroed = &morph_mem_alloc_zeroed,
        .mem_alloc_with = &morph_mem_alloc_with,
        .mem_free = &morph_mem_free,
        .mem_realloc = &morph_mem_realloc,
        .mem_reset = &morph_mem_reset,
        .mem_query = &morph_mem_query,
        .mem_register_type = &morph_mem_register_type,
        .mem_gc_collect = &morph_mem_gc_collect,
        .mem_get_stats = &morph_mem_get_stats,
        .mem_get_type_stats = &morph_mem_get_type_stats,
        .mem_format_stats = &morph_mem_format_stats,
        .mem_verify = &morph_mem_verify,
        .mem_walk = &morph_mem_walk,
        .mem_last_error = &morph_mem_last_error,
    };
    return kTable;
}

}  // namespace suite
