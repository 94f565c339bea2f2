// The public C interface as a table, so that one program can hold several builds of it.
//
// The Makefile compiles the library, the library with small constants ("tiny") and the reference
// with distinct symbol names (ci/rename-symbols), and api_table.cpp once with each. Inline fast
// paths of the headers are reached through the table as well.
#pragma once

#include "morph/arena.h"
#include "morph/general.h"
#include "morph/heap.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace suite {

struct Api {
    const char* name;  // "library", "tiny", "reference"

    decltype(&morph_chunk_bytes) chunk_bytes;
    decltype(&morph_creation_error) creation_error;

    decltype(&morph_arena_create) arena_create;
    decltype(&morph_arena_destroy) arena_destroy;
    decltype(&morph_arena_alloc) arena_alloc;
    decltype(&morph_arena_alloc_aligned) arena_alloc_aligned;
    decltype(&morph_arena_alloc_zeroed) arena_alloc_zeroed;
    decltype(&morph_arena_reset) arena_reset;
    decltype(&morph_arena_mark) arena_mark;
    decltype(&morph_arena_release) arena_release;
    decltype(&morph_arena_stats) arena_stats;
    decltype(&morph_arena_contains) arena_contains;
    decltype(&morph_arena_verify) arena_verify;
    decltype(&morph_arena_last_error) arena_last_error;

    decltype(&morph_pool_create) pool_create;
    decltype(&morph_pool_destroy) pool_destroy;
    decltype(&morph_pool_alloc) pool_alloc;
    decltype(&morph_pool_alloc_typed) pool_alloc_typed;
    decltype(&morph_pool_free) pool_free;
    decltype(&morph_pool_realloc) pool_realloc;
    decltype(&morph_pool_reset) pool_reset;
    decltype(&morph_pool_query) pool_query;
    decltype(&morph_pool_walk) pool_walk;
    decltype(&morph_pool_stats) pool_stats;
    decltype(&morph_pool_verify) pool_verify;
    decltype(&morph_pool_last_error) pool_last_error;

    decltype(&morph_general_create) general_create;
    decltype(&morph_general_destroy) general_destroy;
    decltype(&morph_general_alloc) general_alloc;
    decltype(&morph_general_alloc_zeroed) general_alloc_zeroed;
    decltype(&morph_general_alloc_aligned) general_alloc_aligned;
    decltype(&morph_general_realloc) general_realloc;
    decltype(&morph_general_free) general_free;
    decltype(&morph_general_size) general_size;
    decltype(&morph_general_reset) general_reset;
    decltype(&morph_general_query) general_query;
    decltype(&morph_general_stats) general_stats;
    decltype(&morph_general_verify) general_verify;
    decltype(&morph_general_last_error) general_last_error;

    decltype(&morph_heap_create) heap_create;
    decltype(&morph_heap_new) heap_new;
    decltype(&morph_heap_destroy) heap_destroy;
    decltype(&morph_heap_bytes_min) heap_bytes_min;
    decltype(&morph_heap_register_type) heap_register_type;
    decltype(&morph_heap_alloc) heap_alloc;
    decltype(&morph_heap_alloc_aligned) heap_alloc_aligned;
    decltype(&morph_heap_resize) heap_resize;
    decltype(&morph_heap_object_size) heap_object_size;
    decltype(&morph_heap_reset) heap_reset;
    decltype(&morph_heap_barrier) heap_barrier;
    decltype(&morph_heap_write) heap_write;
    decltype(&morph_heap_copy) heap_copy;
    decltype(&morph_heap_fill) heap_fill;
    decltype(&morph_heap_push_root) heap_push_root;
    decltype(&morph_heap_pop_roots) heap_pop_roots;
    decltype(&morph_heap_pop_root) heap_pop_root;
    decltype(&morph_heap_root_depth) heap_root_depth;
    decltype(&morph_heap_add_global_root) heap_add_global_root;
    decltype(&morph_heap_remove_global_root) heap_remove_global_root;
    decltype(&morph_heap_weak_get) heap_weak_get;
    decltype(&morph_heap_weak_set) heap_weak_set;
    decltype(&morph_heap_set_finalizer) heap_set_finalizer;
    decltype(&morph_heap_collect_minor) heap_collect_minor;
    decltype(&morph_heap_collect_major) heap_collect_major;
    decltype(&morph_heap_force_collections) heap_force_collections;
    decltype(&morph_heap_configure) heap_configure;
    decltype(&morph_heap_stats) heap_stats;
    decltype(&morph_heap_type_stats) heap_type_stats;
    decltype(&morph_heap_timeline) heap_timeline;
    decltype(&morph_heap_query) heap_query;
    decltype(&morph_heap_walk) heap_walk;
    decltype(&morph_heap_verify) heap_verify;
    decltype(&morph_heap_last_error) heap_last_error;

    decltype(&morph_mem_init) mem_init;
    decltype(&morph_mem_destroy) mem_destroy;
    decltype(&morph_mem_alloc) mem_alloc;
    decltype(&morph_mem_alloc_zeroed) mem_alloc_zeroed;
    decltype(&morph_mem_alloc_with) mem_alloc_with;
    decltype(&morph_mem_free) mem_free;
    decltype(&morph_mem_realloc) mem_realloc;
    decltype(&morph_mem_reset) mem_reset;
    decltype(&morph_mem_query) mem_query;
    decltype(&morph_mem_register_type) mem_register_type;
    decltype(&morph_mem_write) mem_write;
    decltype(&morph_mem_gc_collect) mem_gc_collect;
    decltype(&morph_mem_gc_collect_minor) mem_gc_collect_minor;
    decltype(&morph_mem_gc_push_root) mem_gc_push_root;
    decltype(&morph_mem_gc_pop_roots) mem_gc_pop_roots;
    decltype(&morph_mem_get_stats) mem_get_stats;
    decltype(&morph_mem_get_type_stats) mem_get_type_stats;
    decltype(&morph_mem_format_stats) mem_format_stats;
    decltype(&morph_mem_verify) mem_verify;
    decltype(&morph_mem_walk) mem_walk;
    decltype(&morph_mem_last_error) mem_last_error;
};

const Api& library_api();
const Api& tiny_api();
const Api& reference_api();

}  // namespace suite
