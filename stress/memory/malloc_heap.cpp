// The functions of morph/heap.h that the stress programs call, on a MovingHeap.
#include <new>

#include "stress/memory/moving_heap.h"

#include "morph/heap.h"

namespace {

suite::MovingHeap& of(MorphHeap* heap) {
    return *static_cast<suite::MovingHeap*>(heap);
}
const suite::MovingHeap& of(const MorphHeap* heap) {
    return *static_cast<const suite::MovingHeap*>(heap);
}

}  // namespace

extern "C" {

MorphHeap* morph_heap_create(const MorphHeapConfig* config) {
    return new (std::nothrow) suite::MovingHeap(config == nullptr ? MorphHeapConfig{} : *config);
}

void morph_heap_destroy(MorphHeap* heap) {
    if (heap != nullptr) delete &of(heap);
}

size_t morph_heap_bytes_min(const MorphHeapSettings*) {
    return 0;
}

uint32_t morph_heap_register_type(MorphHeap* heap, const MorphMemTypeInfo* info) {
    return of(heap).register_type(*info);
}

void* morph_heap_alloc_slow(MorphHeap* heap, size_t size, uint32_t type) {
    return of(heap).allocate(size, type);
}

void* morph_heap_resize(MorphHeap* heap, void* object, size_t new_size) {
    return of(heap).resize(object, new_size);
}

size_t morph_heap_object_size(const MorphHeap*, const void* object) {
    return suite::MovingObject::of(object)->size;
}

void morph_heap_reset(MorphHeap* heap) {
    of(heap).reset();
}

void morph_heap_barrier(MorphHeap* heap, void* object, void** slot, void* value) {
    of(heap).barrier(object, slot, value);
}

void morph_heap_copy(MorphHeap* heap, void* object, void** to, void* const* from, size_t count) {
    const bool down = to <= from;
    for (size_t i = 0; i < count; ++i) {
        const size_t at = down ? i : count - 1 - i;
        morph_heap_write(heap, object, to + at, from[at]);
    }
}

void morph_heap_fill(MorphHeap* heap, void* object, void** to, size_t count, void* value) {
    for (size_t i = 0; i < count; ++i) morph_heap_write(heap, object, to + i, value);
}

MorphCode morph_heap_push_root_slow(MorphHeap* heap, void** slot) {
    return of(heap).push_root(slot) ? MORPH_OK : MORPH_ERROR_OUT_OF_MEMORY;
}

MorphCode morph_heap_pop_roots_slow(MorphHeap*, size_t) {
    return MORPH_ERROR_SCOPE;
}

size_t morph_heap_root_depth(const MorphHeap* heap) {
    return of(heap).root_depth();
}

MorphCode morph_heap_collect_minor(MorphHeap* heap) {
    of(heap).collect();
    return MORPH_OK;
}

MorphCode morph_heap_collect_major(MorphHeap* heap) {
    of(heap).collect();
    return MORPH_OK;
}

MorphCode morph_heap_force_collections(MorphHeap* heap, const MorphForcedCollections* plan) {
    of(heap).force(*plan);
    return MORPH_OK;
}

MorphHeapStats morph_heap_stats(const MorphHeap* heap) {
    return of(heap).stats();
}

MorphCode morph_heap_type_stats(const MorphHeap* heap, uint32_t type, MorphHeapTypeStats* stats) {
    return of(heap).type_stats(type, stats);
}

MorphCode morph_heap_verify(MorphHeap* heap) {
    return of(heap).verify();
}

MorphError morph_heap_last_error(const MorphHeap* heap) {
    return of(heap).error();
}

}  // extern "C"
