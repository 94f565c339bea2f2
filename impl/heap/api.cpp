// The functions of morph/heap.h.
#include "chunk/geometry.h"
#include "heap/heap.h"

using morph::heap_of;

extern "C" {

MorphHeap* morph_heap_create(const MorphHeapConfig* config) {
    static constexpr MorphHeapConfig kDefaults = {};
    morph::ErrorState errors;
    morph::Heap* heap = morph::Heap::create(config != nullptr ? *config : kDefaults, errors);
    if (heap == nullptr) morph::set_creation_error(errors.last);
    return reinterpret_cast<MorphHeap*>(heap);
}

MorphHeap* morph_heap_new(size_t young, size_t old) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = young;
    config.settings.major_threshold = old;
    return morph_heap_create(&config);
}

void morph_heap_destroy(MorphHeap* heap) {
    morph::Heap::destroy(heap_of(heap));
}

size_t morph_heap_bytes_min(const MorphHeapSettings* settings) {
    static constexpr MorphHeapSettings kDefaults = {};
    morph::ErrorState errors;
    MorphHeapSettings completed = {};
    const MorphHeapSettings& given = settings != nullptr ? *settings : kDefaults;
    if (morph::Policy::complete(given, &completed, errors) != MORPH_OK) return SIZE_MAX;
    return morph::Young::sizes_of(completed.nursery_bytes).mapping + 2 * morph::kChunkBytes +
           (size_t{256} << 10);
}

uint32_t morph_heap_register_type(MorphHeap* heap, const MorphMemTypeInfo* info) {
    if (info == nullptr) {
        heap_of(heap)->fail(MORPH_ERROR_INVALID_ARGUMENT, "info: NULL");
        return MORPH_TYPE_INVALID;
    }
    return heap_of(heap)->register_type(*info);
}

void* morph_heap_alloc_slow(MorphHeap* heap, size_t size, uint32_t type) {
    return heap_of(heap)->allocate(size, MORPH_DEFAULT_ALIGNMENT, type);
}

void* morph_heap_alloc_aligned(MorphHeap* heap, size_t size, size_t alignment, uint32_t type) {
    bool natural = alignment != 0 && alignment <= MORPH_DEFAULT_ALIGNMENT &&
                   (alignment & (alignment - 1)) == 0;
    return heap_of(heap)->allocate(size, natural ? MORPH_DEFAULT_ALIGNMENT : alignment, type);
}

void* morph_heap_resize(MorphHeap* heap, void* object, size_t new_size) {
    if (object == nullptr) {
        heap_of(heap)->fail(MORPH_ERROR_INVALID_ARGUMENT, "object: NULL");
        return nullptr;
    }
    return heap_of(heap)->resize(object, new_size);
}

size_t morph_heap_object_size(const MorphHeap* heap, const void* object) {
    return heap_of(heap)->object_size(object);
}

void morph_heap_reset(MorphHeap* heap) {
    heap_of(heap)->reset();
}

void morph_heap_barrier(MorphHeap* heap, void* object, void** slot, void* value) {
    heap_of(heap)->barrier(object, slot, value);
}

void morph_heap_copy(MorphHeap* heap, void* object, void** to, void* const* from, size_t count) {
    heap_of(heap)->copy(object, to, from, count);
}

void morph_heap_fill(MorphHeap* heap, void* object, void** to, size_t count, void* value) {
    heap_of(heap)->fill(object, to, count, value);
}

MorphCode morph_heap_push_root_slow(MorphHeap* heap, void** slot) {
    return heap_of(heap)->push_root(slot);
}

MorphCode morph_heap_pop_roots_slow(MorphHeap* heap, size_t count) {
    return heap_of(heap)->pop_roots(count);
}

MorphCode morph_heap_pop_root(MorphHeap* heap, void** slot) {
    return heap_of(heap)->pop_root(slot);
}

size_t morph_heap_root_depth(const MorphHeap* heap) {
    return heap_of(heap)->root_depth();
}

MorphCode morph_heap_add_global_root(MorphHeap* heap, void** slot) {
    return heap_of(heap)->add_global_root(slot);
}

MorphCode morph_heap_remove_global_root(MorphHeap* heap, void** slot) {
    return heap_of(heap)->remove_global_root(slot);
}

void morph_heap_weak_set(MorphHeap* heap, void* weak, void* target) {
    heap_of(heap)->weak_set(weak, target);
}

MorphCode morph_heap_set_finalizer(MorphHeap* heap, void* object, MorphFinalizer finalizer,
                                   void* user) {
    if (object == nullptr) {
        return heap_of(heap)->fail(MORPH_ERROR_INVALID_ARGUMENT, "object: NULL");
    }
    return heap_of(heap)->set_finalizer(object, finalizer, user);
}

MorphCode morph_heap_collect_minor(MorphHeap* heap) {
    return heap_of(heap)->collect_minor();
}

MorphCode morph_heap_collect_major(MorphHeap* heap) {
    return heap_of(heap)->collect_major();
}

MorphCode morph_heap_force_collections(MorphHeap* heap, const MorphForcedCollections* plan) {
    static constexpr MorphForcedCollections kNone = {};
    return heap_of(heap)->force(plan != nullptr ? *plan : kNone);
}

MorphCode morph_heap_configure(MorphHeap* heap, const MorphHeapSettings* settings) {
    static constexpr MorphHeapSettings kDefaults = {};
    return heap_of(heap)->configure(settings != nullptr ? *settings : kDefaults);
}

MorphHeapStats morph_heap_stats(const MorphHeap* heap) {
    return heap_of(heap)->stats();
}

MorphCode morph_heap_type_stats(const MorphHeap* heap, uint32_t type, MorphHeapTypeStats* stats) {
    return heap_of(heap)->type_stats(type, stats);
}

size_t morph_heap_timeline(const MorphHeap* heap, MorphTimelineSample* samples, size_t count) {
    return heap_of(heap)->timeline(samples, count);
}

MorphAddressInfo morph_heap_query(const MorphHeap* heap, const void* address) {
    return heap_of(heap)->query(address);
}

void morph_heap_walk(const MorphHeap* heap, MorphObjectVisitor visit, void* user) {
    heap_of(heap)->walk(visit, user);
}

MorphCode morph_heap_verify(MorphHeap* heap) {
    return heap_of(heap)->verify();
}

MorphError morph_heap_last_error(const MorphHeap* heap) {
    return heap_of(heap)->last_error();
}

}  // extern "C"
