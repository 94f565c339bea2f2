#include "bench/compare/peer.h"

#include <cstdio>
#include <cstdlib>

namespace compare {

uint32_t Peer::register_type(const MorphMemTypeInfo& info) {
    if (types_ == kTypesMax) return MORPH_TYPE_INVALID;
    has_references_[types_] = info.layout != MORPH_LAYOUT_DATA;
    return types_++;
}

namespace {

[[noreturn]] void no_heap() {
    std::fputs("compare: a layer has no collected heap\n", stderr);
    std::abort();
}

}  // namespace
}  // namespace compare

extern "C" {

uint32_t morph_mem_register_type(MorphMemContext* context, const MorphMemTypeInfo* info) {
    return static_cast<compare::Peer*>(context)->register_type(*info);
}

// What inline functions of the headers refer to; never called, since heap is NULL.
void* morph_heap_alloc_slow(MorphHeap*, size_t, uint32_t) {
    compare::no_heap();
}
void morph_heap_barrier(MorphHeap*, void*, void**, void*) {
    compare::no_heap();
}
void morph_heap_copy(MorphHeap*, void*, void**, void* const*, size_t) {
    compare::no_heap();
}
MorphCode morph_heap_push_root_slow(MorphHeap*, void**) {
    compare::no_heap();
}
MorphCode morph_heap_pop_roots_slow(MorphHeap*, size_t) {
    compare::no_heap();
}
MorphCode morph_mem_gc_push_root(MorphMemContext*, void**) {
    compare::no_heap();
}

}  // extern "C"
