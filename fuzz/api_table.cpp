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

namespace {

constexpr Api kTable = {
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
    .general_create = &morph_general_create,
    .general_destroy = &morph_general_destroy,
    .general_alloc = &morph_general_alloc,
    .general_alloc_zeroed = &morph_general_alloc_zeroed,
    .general_alloc_aligned = &morph_general_alloc_aligned,
    .general_realloc = &morph_general_realloc,
    .general_free = &morph_general_free,
    .general_size = &morph_general_size,
    .general_reset = &morph_general_reset,
    .general_query = &morph_general_query,
    .general_stats = &morph_general_stats,
    .general_verify = &morph_general_verify,
    .general_last_error = &morph_general_last_error,
    .heap_create = &morph_heap_create,
    .heap_new = &morph_heap_new,
    .heap_destroy = &morph_heap_destroy,
    .heap_bytes_min = &morph_heap_bytes_min,
    .heap_register_type = &morph_heap_register_type,
    .heap_alloc = &morph_heap_alloc,
    .heap_alloc_aligned = &morph_heap_alloc_aligned,
    .heap_resize = &morph_heap_resize,
    .heap_object_size = &morph_heap_object_size,
    .heap_reset = &morph_heap_reset,
    .heap_barrier = &morph_heap_barrier,
    .heap_write = &morph_heap_write,
    .heap_copy = &morph_heap_copy,
    .heap_fill = &morph_heap_fill,
    .heap_push_root = &morph_heap_push_root,
    .heap_pop_roots = &morph_heap_pop_roots,
    .heap_pop_root = &morph_heap_pop_root,
    .heap_root_depth = &morph_heap_root_depth,
    .heap_add_global_root = &morph_heap_add_global_root,
    .heap_remove_global_root = &morph_heap_remove_global_root,
    .heap_weak_get = &morph_heap_weak_get,
    .heap_weak_set = &morph_heap_weak_set,
    .heap_set_finalizer = &morph_heap_set_finalizer,
    .heap_collect_minor = &morph_heap_collect_minor,
    .heap_collect_major = &morph_heap_collect_major,
    .heap_force_collections = &morph_heap_force_collections,
    .heap_configure = &morph_heap_configure,
    .heap_stats = &morph_heap_stats,
    .heap_type_stats = &morph_heap_type_stats,
    .heap_timeline = &morph_heap_timeline,
    .heap_query = &morph_heap_query,
    .heap_walk = &morph_heap_walk,
    .heap_verify = &morph_heap_verify,
    .heap_last_error = &morph_heap_last_error,
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
    .mem_write = &morph_mem_write,
    .mem_gc_collect = &morph_mem_gc_collect,
    .mem_gc_collect_minor = &morph_mem_gc_collect_minor,
    .mem_gc_push_root = &morph_mem_gc_push_root,
    .mem_gc_pop_roots = &morph_mem_gc_pop_roots,
    .mem_get_stats = &morph_mem_get_stats,
    .mem_get_type_stats = &morph_mem_get_type_stats,
    .mem_format_stats = &morph_mem_format_stats,
    .mem_verify = &morph_mem_verify,
    .mem_walk = &morph_mem_walk,
    .mem_last_error = &morph_mem_last_error,
};

}  // namespace

const Api& MORPH_API_TABLE() {
    return kTable;
}

}  // namespace suite
