// The functions of morph/heap.h: each is one line that serves both kinds of heap.
//
//   MorphHeap { ..., is_v1 }  <-- Heap  the generational heap
//                             <-- V1    the baseline
#include "chunk/geometry.h"
#include "chunk/single_use.h"
#include "heap/heap.h"
#include "v1/v1.h"

namespace morph {
namespace {

// call(the heap as what it is), in a turn of its own. Made for lambdas that take auto&; both have
// the same functions. Queries do not change what the user sees; but they note their failures in the
// heap as well.
template <typename Call>
[[gnu::always_inline]] inline auto with_heap(const MorphHeap* heap, const char* name, Call call) {
    auto* its = const_cast<MorphHeap*>(heap);
    if (MORPH_LIKELY(!heap->is_v1)) {
        Heap& generational = *heap_of(its);
        return in_turn(generational.reporter(), heap, name, [&] { return call(generational); });
    }
    V1& baseline = *v1_of(its);
    return in_turn(baseline.reporter(), heap, name, [&] { return call(baseline); });
}

}  // namespace
}  // namespace morph

using morph::with_heap;

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
    const morph::Reporter& reporter =
        heap->is_v1 ? morph::v1_of(heap)->reporter() : morph::heap_of(heap)->reporter();
    morph::Turn turn(reporter, heap, "morph_heap_destroy");
    if (!turn) return;
    turn.stay();
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
        with_heap(heap, "morph_heap_register_type",
                  [](auto& its) { return its.fail(MORPH_ERROR_INVALID_ARGUMENT, "info: NULL"); });
        return MORPH_TYPE_INVALID;
    }
    return with_heap(heap, "morph_heap_register_type",
                     [=](auto& its) { return its.register_type(*info); });
}

void* morph_heap_alloc_slow(MorphHeap* heap, size_t size, uint32_t type) {
    return with_heap(heap, "morph_heap_alloc",
                     [=](auto& its) { return its.allocate(size, MORPH_DEFAULT_ALIGNMENT, type); });
}

void* morph_heap_alloc_aligned(MorphHeap* heap, size_t size, size_t alignment, uint32_t type) {
    bool natural = alignment != 0 && alignment <= MORPH_DEFAULT_ALIGNMENT &&
                   (alignment & (alignment - 1)) == 0;
    return with_heap(heap, "morph_heap_alloc_aligned", [=](auto& its) {
        return its.allocate(size, natural ? MORPH_DEFAULT_ALIGNMENT : alignment, type);
    });
}

void* morph_heap_resize(MorphHeap* heap, void* object, size_t new_size) {
    if (object == nullptr) {
        with_heap(heap, "morph_heap_resize",
                  [](auto& its) { return its.fail(MORPH_ERROR_INVALID_ARGUMENT, "object: NULL"); });
        return nullptr;
    }
    return with_heap(heap, "morph_heap_resize",
                     [=](auto& its) { return its.resize(object, new_size); });
}

size_t morph_heap_object_size(const MorphHeap* heap, const void* object) {
    return with_heap(heap, "morph_heap_object_size",
                     [=](auto& its) { return its.object_size(object); });
}

void morph_heap_reset(MorphHeap* heap) {
    with_heap(heap, "morph_heap_reset", [=](auto& its) { return its.reset(); });
}

// The hottest of these: Heap::barrier takes its turn where it asks for debug mode anyway.
void morph_heap_barrier(MorphHeap* heap, void* object, void** slot, void* value) {
    if (MORPH_LIKELY(!heap->is_v1)) return morph::heap_of(heap)->barrier(object, slot, value);
    with_heap(heap, "morph_heap_barrier", [](auto&) {});
}

void morph_heap_copy(MorphHeap* heap, void* object, void** to, void* const* from, size_t count) {
    with_heap(heap, "morph_heap_copy",
              [=](auto& its) { return its.copy(object, to, from, count); });
}

void morph_heap_fill(MorphHeap* heap, void* object, void** to, size_t count, void* value) {
    with_heap(heap, "morph_heap_fill",
              [=](auto& its) { return its.fill(object, to, count, value); });
}

MorphCode morph_heap_push_root_slow(MorphHeap* heap, void** slot) {
    return with_heap(heap, "morph_heap_push_root", [=](auto& its) { return its.push_root(slot); });
}

MorphCode morph_heap_pop_roots_slow(MorphHeap* heap, size_t count) {
    return with_heap(heap, "morph_heap_pop_roots", [=](auto& its) { return its.pop_roots(count); });
}

MorphCode morph_heap_pop_root(MorphHeap* heap, void** slot) {
    return with_heap(heap, "morph_heap_pop_root", [=](auto& its) { return its.pop_root(slot); });
}

size_t morph_heap_root_depth(const MorphHeap* heap) {
    return with_heap(heap, "morph_heap_root_depth", [=](auto& its) { return its.root_depth(); });
}

MorphCode morph_heap_add_global_root(MorphHeap* heap, void** slot) {
    return with_heap(heap, "morph_heap_add_global_root",
                     [=](auto& its) { return its.add_global_root(slot); });
}

MorphCode morph_heap_remove_global_root(MorphHeap* heap, void** slot) {
    return with_heap(heap, "morph_heap_remove_global_root",
                     [=](auto& its) { return its.remove_global_root(slot); });
}

void morph_heap_weak_set(MorphHeap* heap, void* weak, void* target) {
    with_heap(heap, "morph_heap_weak_set", [=](auto& its) { return its.weak_set(weak, target); });
}

MorphCode morph_heap_set_finalizer(MorphHeap* heap, void* object, MorphFinalizer finalizer,
                                   void* user) {
    if (object == nullptr) {
        return with_heap(heap, "morph_heap_set_finalizer", [](auto& its) {
            return its.fail(MORPH_ERROR_INVALID_ARGUMENT, "object: NULL");
        });
    }
    return with_heap(heap, "morph_heap_set_finalizer",
                     [=](auto& its) { return its.set_finalizer(object, finalizer, user); });
}

MorphCode morph_heap_collect_minor(MorphHeap* heap) {
    return with_heap(heap, "morph_heap_collect_minor",
                     [=](auto& its) { return its.collect_minor(); });
}

MorphCode morph_heap_collect_major(MorphHeap* heap) {
    return with_heap(heap, "morph_heap_collect_major",
                     [=](auto& its) { return its.collect_major(); });
}

MorphCode morph_heap_force_collections(MorphHeap* heap, const MorphForcedCollections* plan) {
    static constexpr MorphForcedCollections kNone = {};
    return with_heap(heap, "morph_heap_force_collections",
                     [=](auto& its) { return its.force(plan != nullptr ? *plan : kNone); });
}

MorphCode morph_heap_configure(MorphHeap* heap, const MorphHeapSettings* settings) {
    static constexpr MorphHeapSettings kDefaults = {};
    return with_heap(heap, "morph_heap_configure", [=](auto& its) {
        return its.configure(settings != nullptr ? *settings : kDefaults);
    });
}

MorphHeapStats morph_heap_stats(const MorphHeap* heap) {
    return with_heap(heap, "morph_heap_stats", [=](auto& its) { return its.stats(); });
}

MorphCode morph_heap_type_stats(const MorphHeap* heap, uint32_t type, MorphHeapTypeStats* stats) {
    return with_heap(heap, "morph_heap_type_stats",
                     [=](auto& its) { return its.type_stats(type, stats); });
}

size_t morph_heap_timeline(const MorphHeap* heap, MorphTimelineSample* samples, size_t count) {
    return with_heap(heap, "morph_heap_timeline",
                     [=](auto& its) { return its.timeline(samples, count); });
}

MorphAddressInfo morph_heap_query(const MorphHeap* heap, const void* address) {
    return with_heap(heap, "morph_heap_query", [=](auto& its) { return its.query(address); });
}

void morph_heap_walk(const MorphHeap* heap, MorphObjectVisitor visit, void* user) {
    with_heap(heap, "morph_heap_walk", [=](auto& its) { return its.walk(visit, user); });
}

MorphCode morph_heap_verify(MorphHeap* heap) {
    return with_heap(heap, "morph_heap_verify", [=](auto& its) { return its.verify(); });
}

MorphError morph_heap_last_error(const MorphHeap* heap) {
    if (heap->is_v1) {
        morph::V1* its = morph::v1_of(const_cast<MorphHeap*>(heap));
        return morph::error_in_turn(its->reporter(), [=] { return its->last_error(); });
    }
    morph::Heap* its = morph::heap_of(heap);
    return morph::error_in_turn(its->reporter(), [=] { return its->last_error(); });
}

}  // extern "C"
