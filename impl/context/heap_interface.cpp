// The functions of morph/heap.h: each is one line that serves both kinds of heap.
//
//   MorphHeap { ..., is_v1 }  <-- Heap  the generational heap
//                             <-- V1    the baseline
#include "chunk/geometry.h"
#include "heap/heap.h"
#include "v1/v1.h"

namespace morph {
namespace {

// call(the heap as what it is). Made for lambdas that take auto&; both have the same functions.
template <typename Call>
decltype(auto) in_heap(MorphHeap* heap, Call call) {
    if (MORPH_LIKELY(!heap->is_v1)) return call(*heap_of(heap));
    return call(*v1_of(heap));
}

// Queries do not change what the user sees; but they note their failures in the heap as well.
template <typename Call>
decltype(auto) in_heap(const MorphHeap* heap, Call call) {
    return in_heap(const_cast<MorphHeap*>(heap), call);
}

}  // namespace
}  // namespace morph

using morph::in_heap;

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
    if (heap == nullptr) return;
    if (heap->is_v1) return morph::V1::destroy(morph::v1_of(heap));
    morph::Heap::destroy(morph::heap_of(heap));
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
        in_heap(heap,
                [](auto& its) { return its.fail(MORPH_ERROR_INVALID_ARGUMENT, "info: NULL"); });
        return MORPH_TYPE_INVALID;
    }
    return in_heap(heap, [=](auto& its) { return its.register_type(*info); });
}

void* morph_heap_alloc_slow(MorphHeap* heap, size_t size, uint32_t type) {
    return in_heap(heap,
                   [=](auto& its) { return its.allocate(size, MORPH_DEFAULT_ALIGNMENT, type); });
}

void* morph_heap_alloc_aligned(MorphHeap* heap, size_t size, size_t alignment, uint32_t type) {
    bool natural = alignment != 0 && alignment <= MORPH_DEFAULT_ALIGNMENT &&
                   (alignment & (alignment - 1)) == 0;
    return in_heap(heap, [=](auto& its) {
        return its.allocate(size, natural ? MORPH_DEFAULT_ALIGNMENT : alignment, type);
    });
}

void* morph_heap_resize(MorphHeap* heap, void* object, size_t new_size) {
    if (object == nullptr) {
        in_heap(heap,
                [](auto& its) { return its.fail(MORPH_ERROR_INVALID_ARGUMENT, "object: NULL"); });
        return nullptr;
    }
    return in_heap(heap, [=](auto& its) { return its.resize(object, new_size); });
}

size_t morph_heap_object_size(const MorphHeap* heap, const void* object) {
    return in_heap(heap, [=](auto& its) { return its.object_size(object); });
}

void morph_heap_reset(MorphHeap* heap) {
    in_heap(heap, [=](auto& its) { return its.reset(); });
}

void morph_heap_barrier(MorphHeap* heap, void* object, void** slot, void* value) {
    in_heap(heap, [=](auto& its) { return its.barrier(object, slot, value); });
}

void morph_heap_copy(MorphHeap* heap, void* object, void** to, void* const* from, size_t count) {
    in_heap(heap, [=](auto& its) { return its.copy(object, to, from, count); });
}

void morph_heap_fill(MorphHeap* heap, void* object, void** to, size_t count, void* value) {
    in_heap(heap, [=](auto& its) { return its.fill(object, to, count, value); });
}

MorphCode morph_heap_push_root_slow(MorphHeap* heap, void** slot) {
    return in_heap(heap, [=](auto& its) { return its.push_root(slot); });
}

MorphCode morph_heap_pop_roots_slow(MorphHeap* heap, size_t count) {
    return in_heap(heap, [=](auto& its) { return its.pop_roots(count); });
}

MorphCode morph_heap_pop_root(MorphHeap* heap, void** slot) {
    return in_heap(heap, [=](auto& its) { return its.pop_root(slot); });
}

size_t morph_heap_root_depth(const MorphHeap* heap) {
    return in_heap(heap, [=](auto& its) { return its.root_depth(); });
}

MorphCode morph_heap_add_global_root(MorphHeap* heap, void** slot) {
    return in_heap(heap, [=](auto& its) { return its.add_global_root(slot); });
}

MorphCode morph_heap_remove_global_root(MorphHeap* heap, void** slot) {
    return in_heap(heap, [=](auto& its) { return its.remove_global_root(slot); });
}

void morph_heap_weak_set(MorphHeap* heap, void* weak, void* target) {
    in_heap(heap, [=](auto& its) { return its.weak_set(weak, target); });
}

MorphCode morph_heap_set_finalizer(MorphHeap* heap, void* object, MorphFinalizer finalizer,
                                   void* user) {
    if (object == nullptr) {
        return in_heap(
            heap, [](auto& its) { return its.fail(MORPH_ERROR_INVALID_ARGUMENT, "object: NULL"); });
    }
    return in_heap(heap, [=](auto& its) { return its.set_finalizer(object, finalizer, user); });
}

MorphCode morph_heap_collect_minor(MorphHeap* heap) {
    return in_heap(heap, [=](auto& its) { return its.collect_minor(); });
}

MorphCode morph_heap_collect_major(MorphHeap* heap) {
    return in_heap(heap, [=](auto& its) { return its.collect_major(); });
}

MorphCode morph_heap_force_collections(MorphHeap* heap, const MorphForcedCollections* plan) {
    static constexpr MorphForcedCollections kNone = {};
    return in_heap(heap, [=](auto& its) { return its.force(plan != nullptr ? *plan : kNone); });
}

MorphCode morph_heap_configure(MorphHeap* heap, const MorphHeapSettings* settings) {
    static constexpr MorphHeapSettings kDefaults = {};
    return in_heap(heap, [=](auto& its) {
        return its.configure(settings != nullptr ? *settings : kDefaults);
    });
}

MorphHeapStats morph_heap_stats(const MorphHeap* heap) {
    return in_heap(heap, [=](auto& its) { return its.stats(); });
}

MorphCode morph_heap_type_stats(const MorphHeap* heap, uint32_t type, MorphHeapTypeStats* stats) {
    return in_heap(heap, [=](auto& its) { return its.type_stats(type, stats); });
}

size_t morph_heap_timeline(const MorphHeap* heap, MorphTimelineSample* samples, size_t count) {
    return in_heap(heap, [=](auto& its) { return its.timeline(samples, count); });
}

MorphAddressInfo morph_heap_query(const MorphHeap* heap, const void* address) {
    return in_heap(heap, [=](auto& its) { return its.query(address); });
}

void morph_heap_walk(const MorphHeap* heap, MorphObjectVisitor visit, void* user) {
    in_heap(heap, [=](auto& its) { return its.walk(visit, user); });
}

MorphCode morph_heap_verify(MorphHeap* heap) {
    return in_heap(heap, [=](auto& its) { return its.verify(); });
}

MorphError morph_heap_last_error(const MorphHeap* heap) {
    return in_heap(heap, [=](auto& its) { return its.last_error(); });
}

}  // extern "C"
