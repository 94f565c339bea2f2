// morph/heap.h over Heap.

#include "reference/heap.h"

#include <cstring>

#include "reference/owner.h"

using reference::Heap;

namespace {

Heap& whole(MorphHeap* heap) {
    return *static_cast<Heap*>(heap);
}
const Heap& whole(const MorphHeap* heap) {
    return *static_cast<const Heap*>(heap);
}

}  // namespace

extern "C" {

MorphHeap* morph_heap_create(const MorphHeapConfig* given) {
    const MorphHeapConfig config = given != nullptr ? *given : MorphHeapConfig{};
    if (!reference::check_heap(config)) return nullptr;
    auto heap = std::make_unique<Heap>(config);
    return heap->open() ? heap.release() : nullptr;
}

MorphHeap* morph_heap_new(size_t young, size_t old) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = young;
    config.settings.major_threshold = old;
    return morph_heap_create(&config);
}

void morph_heap_destroy(MorphHeap* heap) {
    if (heap == nullptr) return;
    whole(heap).close();
    delete &whole(heap);
}

size_t morph_heap_bytes_min(const MorphHeapSettings* settings) {
    return reference::heap_bytes_min(settings != nullptr ? *settings : MorphHeapSettings{});
}

uint32_t morph_heap_register_type(MorphHeap* heap, const MorphMemTypeInfo* info) {
    return whole(heap).register_type(info);
}

void* morph_heap_alloc_slow(MorphHeap* heap, size_t size, uint32_t type) {
    return whole(heap).allocate(size, type, MORPH_DEFAULT_ALIGNMENT);
}

void* morph_heap_alloc_aligned(MorphHeap* heap, size_t size, size_t alignment, uint32_t type) {
    return whole(heap).allocate(size, type, alignment);
}

void* morph_heap_resize(MorphHeap* heap, void* object, size_t new_size) {
    return whole(heap).resize(object, new_size);
}

size_t morph_heap_object_size(const MorphHeap* heap, const void* object) {
    const reference::Record* record = whole(heap).find(object);
    return record != nullptr ? record->size : 0;
}

void morph_heap_reset(MorphHeap* heap) {
    whole(heap).reset();
}

void morph_heap_barrier(MorphHeap* heap, void* object, void** slot, void* value) {
    whole(heap).note_store(object, slot, value);
}

void morph_heap_copy(MorphHeap* heap, void* object, void** to, void* const* from, size_t count) {
    if (count == 0) return;
    std::memmove(to, from, count * sizeof *to);
    for (size_t index = 0; index < count; ++index) {
        whole(heap).note_store(object, to + index, to[index]);
    }
}

void morph_heap_fill(MorphHeap* heap, void* object, void** to, size_t count, void* value) {
    for (size_t index = 0; index < count; ++index) {
        morph_heap_write(heap, object, to + index, value);
    }
}

MorphCode morph_heap_push_root_slow(MorphHeap* heap, void** slot) {
    return whole(heap).push_root(slot);
}

MorphCode morph_heap_pop_roots_slow(MorphHeap* heap, size_t count) {
    return whole(heap).pop_roots(count);
}

MorphCode morph_heap_pop_root(MorphHeap* heap, void** slot) {
    return whole(heap).pop_root(slot);
}

size_t morph_heap_root_depth(const MorphHeap* heap) {
    return whole(heap).root_depth();
}

MorphCode morph_heap_add_global_root(MorphHeap* heap, void** slot) {
    return whole(heap).add_global_root(slot);
}

MorphCode morph_heap_remove_global_root(MorphHeap* heap, void** slot) {
    return whole(heap).remove_global_root(slot);
}

void morph_heap_weak_set(MorphHeap* heap, void* weak, void* target) {
    whole(heap).set_weak(weak, target);
}

MorphCode morph_heap_set_finalizer(MorphHeap* heap, void* object, MorphFinalizer finalizer,
                                   void* user) {
    return whole(heap).set_finalizer(object, finalizer, user);
}

MorphCode morph_heap_collect_minor(MorphHeap* heap) {
    return whole(heap).collect(false);
}

MorphCode morph_heap_collect_major(MorphHeap* heap) {
    return whole(heap).collect(true);
}

MorphCode morph_heap_force_collections(MorphHeap* heap, const MorphForcedCollections* plan) {
    if (plan != nullptr) return whole(heap).force(*plan);
    return whole(heap).fail(MORPH_ERROR_INVALID_ARGUMENT, "plan: NULL");
}

MorphCode morph_heap_configure(MorphHeap* heap, const MorphHeapSettings* settings) {
    if (settings != nullptr) return whole(heap).configure(*settings);
    return whole(heap).fail(MORPH_ERROR_INVALID_ARGUMENT, "settings: NULL");
}

MorphHeapStats morph_heap_stats(const MorphHeap* heap) {
    return whole(heap).stats();
}

MorphCode morph_heap_type_stats(const MorphHeap* heap, uint32_t type, MorphHeapTypeStats* stats) {
    return const_cast<Heap&>(whole(heap)).type_stats(type, stats);  // counts its failures
}

size_t morph_heap_timeline(const MorphHeap* heap, MorphTimelineSample* samples, size_t count) {
    return whole(heap).timeline(samples, count);
}

MorphAddressInfo morph_heap_query(const MorphHeap* heap, const void* address) {
    return whole(heap).query(address);
}

void morph_heap_walk(const MorphHeap* heap, MorphObjectVisitor visit, void* user) {
    for (const auto& [address, record] : whole(heap).records()) {
        if (!visit(user, record->address, record->size, record->type)) return;
    }
}

MorphCode morph_heap_verify(MorphHeap* heap) {
    return whole(heap).verify();
}

MorphError morph_heap_last_error(const MorphHeap* heap) {
    return whole(heap).last_error();
}

}  // extern "C"
