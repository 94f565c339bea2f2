// What V1 does that the first system did not have: weak references, finalizers, resizing; and calls
// from inside a collection.
#include <cstring>

#include "v1/v1_for_tests.h"

namespace morph {
namespace {

TEST(V1Tables, WeakReferencesAreClearedBeforeFinalizersRun) {
    TestV1 test;
    auto** weak = static_cast<void**>(test.make(24, test.weak));
    test.push(weak);
    Cell* target = test.new_cell(7);
    test.push(target);
    morph_heap_weak_set(test.heap, weak, target);
    test.collect();
    EXPECT_EQ(morph_heap_weak_get(weak), target);
    struct Seen {
        void** weak;
        uint64_t number;
        void* target;
        int runs;
    } seen = {weak, 0, weak, 0};
    ASSERT_EQ(morph_heap_set_finalizer(
                  test.heap, target,
                  [](MorphHeap*, void* object, void* user) {
                      auto* what = static_cast<Seen*>(user);
                      what->number = static_cast<Cell*>(object)->number;
                      what->target = morph_heap_weak_get(what->weak);
                      what->runs += 1;
                  },
                  &seen),
              MORPH_OK);
    target = nullptr;
    test.collect();
    EXPECT_EQ(seen.number, 7u);
    EXPECT_EQ(seen.target, nullptr);
    EXPECT_EQ(seen.runs, 1);
    EXPECT_EQ(test.stats().weak_cleared, 1u);
    EXPECT_EQ(test.live(), 2u);  // the target is found dead by the next one
    test.collect();
    EXPECT_EQ(test.live(), 1u);
    EXPECT_EQ(seen.runs, 1);
    EXPECT_EQ(test.stats().weak_references, 1u);
    weak = nullptr;
    test.collect();
    EXPECT_EQ(test.stats().weak_references, 0u);
    test.verify();
}

// A reference that the first finalizer sets to what waits for the second one.
TEST(V1Tables, WhatWaitsForItsFinalizerIsAliveInACollectionMeanwhile) {
    TestV1 test;
    auto** weak = static_cast<void**>(test.make(24, test.weak));
    test.push(weak);
    Cell* second = test.new_cell(2);
    test.push(second);
    Cell* first = test.new_cell(1);
    test.push(first);
    first->left = second;
    struct Seen {
        void** weak;
        int runs;
    } seen = {weak, 0};
    ASSERT_EQ(morph_heap_set_finalizer(
                  test.heap, first,
                  [](MorphHeap* heap, void* object, void* user) {
                      auto* what = static_cast<Seen*>(user);
                      Cell* other = static_cast<Cell*>(object)->left;
                      static_cast<Cell*>(object)->left = nullptr;
                      morph_heap_weak_set(heap, what->weak, other);
                      ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
                      EXPECT_EQ(morph_heap_weak_get(what->weak), other);
                      EXPECT_EQ(other->number, 2u);
                      what->runs += 1;
                  },
                  &seen),
              MORPH_OK);
    ASSERT_EQ(morph_heap_set_finalizer(
                  test.heap, second,
                  [](MorphHeap*, void* object, void* user) {
                      EXPECT_EQ(static_cast<Cell*>(object)->number, 2u);
                      static_cast<Seen*>(user)->runs += 1;
                  },
                  &seen),
              MORPH_OK);
    first = second = nullptr;
    test.collect();
    EXPECT_EQ(seen.runs, 2);
    test.verify();
    test.pop(3);
}

TEST(V1Tables, AFinalizerMayStoreItsObjectAllocateAndCollect) {
    static Cell* saved;
    static int depth;
    saved = nullptr;
    depth = 0;
    TestV1 test;
    ASSERT_EQ(morph_heap_add_global_root(test.heap, reinterpret_cast<void**>(&saved)), MORPH_OK);
    for (uint64_t number = 0; number < 50; ++number) {
        Cell* cell = test.new_cell(number);
        test.push(cell);
        cell->left = test.new_cell(number + 1000);
        ASSERT_EQ(morph_heap_set_finalizer(
                      test.heap, cell,
                      [](MorphHeap* heap, void* object, void*) {
                          EXPECT_EQ(depth++, 0) << "finalizers do not run inside each other";
                          auto* dying = static_cast<Cell*>(object);
                          ASSERT_EQ(dying->left->number, dying->number + 1000);
                          dying->right = saved;
                          saved = dying;
                          ASSERT_NE(morph_heap_alloc(heap, 100, 0), nullptr);
                          // What this one finds dead waits until the finalizer has returned.
                          Cell* next = static_cast<Cell*>(morph_heap_alloc(heap, 24, 1));
                          auto count = [](MorphHeap*, void*, void*) {
                              EXPECT_EQ(depth++, 0);
                              --depth;
                          };
                          ASSERT_EQ(morph_heap_set_finalizer(heap, next, count, nullptr), MORPH_OK);
                          ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
                          depth -= 1;
                      },
                      nullptr),
                  MORPH_OK);
        test.pop(1);
    }
    test.collect();
    test.verify();
    EXPECT_EQ(test.stats().finalizers_run, 100u);
    uint64_t expected = 50;  // in the order in which they were set
    for (Cell* at = saved; at != nullptr; at = at->right) {
        EXPECT_EQ(at->number, --expected);
        EXPECT_EQ(at->left->number, expected + 1000);
    }
    EXPECT_EQ(expected, 0u);
    test.collect();
    EXPECT_EQ(test.live(), 100u);
    saved = nullptr;
    test.collect();
    EXPECT_EQ(test.live(), 0u);
}

TEST(V1Tables, CustomVisitorsAreAskedAndMayNotCallBack) {
    TestV1 test;
    struct Asked {
        MorphHeap* heap;
        int times;
    } asked = {test.heap, 0};
    MorphMemTypeInfo info = {};
    info.layout = MORPH_LAYOUT_CUSTOM;
    info.visit_user = &asked;
    info.visit = [](void* user, void* object, size_t size, MorphSlotVisitor* visitor) {
        auto* known = static_cast<Asked*>(user);
        known->times += 1;
        EXPECT_EQ(size, 24u);
        visitor->visit(visitor, static_cast<void**>(object) + 1);
        MorphHeap* heap = known->heap;
        auto refused = [&](const char* call) {
            MorphError error = morph_heap_last_error(heap);
            EXPECT_EQ(error.code, MORPH_ERROR_UNSUPPORTED);
            EXPECT_NE(std::string(error.text).find(call), std::string::npos) << error.text;
        };
        EXPECT_EQ(morph_heap_alloc(heap, 8, 0), nullptr);
        refused("morph_heap_alloc");
        EXPECT_EQ(morph_heap_collect_major(heap), MORPH_ERROR_UNSUPPORTED);
        EXPECT_EQ(morph_heap_collect_minor(heap), MORPH_ERROR_UNSUPPORTED);
        EXPECT_EQ(morph_heap_verify(heap), MORPH_ERROR_UNSUPPORTED);
        EXPECT_EQ(morph_heap_set_finalizer(heap, object, nullptr, nullptr),
                  MORPH_ERROR_UNSUPPORTED);
        EXPECT_EQ(morph_heap_configure(heap, nullptr), MORPH_ERROR_UNSUPPORTED);
        EXPECT_EQ(morph_heap_force_collections(heap, nullptr), MORPH_ERROR_UNSUPPORTED);
        EXPECT_EQ(morph_heap_resize(heap, object, 8), nullptr);
        refused("morph_heap_resize");
        MorphMemTypeInfo none = {};
        EXPECT_EQ(morph_heap_register_type(heap, &none), MORPH_TYPE_INVALID);
        refused("morph_heap_register_type");
        morph_heap_reset(heap);
    };
    uint32_t type = morph_heap_register_type(test.heap, &info);
    auto** custom = static_cast<void**>(test.make(24, type));
    test.push(custom);
    custom[0] = reinterpret_cast<void*>(1);  // no slot
    custom[1] = test.new_cell(5);
    test.collect();
    EXPECT_EQ(asked.times, 1);
    EXPECT_EQ(test.live(), 2u);
    EXPECT_EQ(static_cast<Cell*>(custom[1])->number, 5u);
}

TEST(V1Tables, TypesAreCountedEachByItself) {
    TestV1 test;
    Cell* list = nullptr;
    test.push(list);
    test.prepend(list, 10);
    list = list->left->left->left;
    ASSERT_NE(test.make(100), nullptr);
    test.collect();
    MorphHeapTypeStats stats = {};
    ASSERT_EQ(morph_heap_type_stats(test.heap, test.cell, &stats), MORPH_OK);
    EXPECT_STREQ(stats.name, "cell");
    EXPECT_EQ(stats.layout, MORPH_LAYOUT_OFFSETS);
    EXPECT_EQ(stats.counts.allocations, 10u);
    EXPECT_EQ(stats.counts.frees, 3u);
    EXPECT_EQ(stats.counts.bytes_live, 7 * sizeof(Cell));
    ASSERT_EQ(morph_heap_type_stats(test.heap, MORPH_TYPE_NONE, &stats), MORPH_OK);
    EXPECT_EQ(stats.counts.bytes_freed, 100u);
    EXPECT_EQ(morph_heap_type_stats(test.heap, 4, &stats), MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(morph_heap_type_stats(test.heap, 0, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(test.v1->types(), 4u);
    EXPECT_EQ(test.v1->placement(test.cell), MORPH_PLACE_BY_SIZE);
}

TEST(V1Tables, AStoreIsAStoreWithBarrierOrWithout) {
    TestV1 test;
    void** array = static_cast<void**>(test.make(8 * 3, test.pointers));
    test.push(array);
    morph_heap_write(test.heap, array, array, test.new_cell(1));
    array[1] = test.new_cell(2);
    morph_heap_barrier(test.heap, array, array + 2, array[1]);  // says it, and stores nothing
    EXPECT_EQ(array[2], nullptr);
    test.collect();
    EXPECT_EQ(test.live(), 3u);
    EXPECT_EQ(test.stats().logged + test.stats().remembered, 0u);
}

TEST(V1Tables, CopyMovesReferencesWithinAnObjectAndFillRepeatsOne) {
    TestV1 test;
    auto** array = static_cast<void**>(test.make(8 * 300, test.pointers));
    test.push(array);
    for (int index = 0; index < 100; ++index) array[index] = test.new_cell(7);
    std::vector<void*> cells(array, array + 100);
    morph_heap_copy(test.heap, array, array + 1, array, 100);
    EXPECT_EQ(memcmp(array + 1, cells.data(), 800), 0);
    morph_heap_copy(test.heap, array, array + 3, array + 1, 100);
    morph_heap_copy(test.heap, array, array, array + 3, 100);
    EXPECT_EQ(memcmp(array, cells.data(), 800), 0);
    morph_heap_copy(test.heap, array, nullptr, nullptr, 0);
    morph_heap_fill(test.heap, array, array + 200, 100, cells[5]);
    for (int index = 200; index < 300; ++index) ASSERT_EQ(array[index], cells[5]);
    test.collect();
    EXPECT_EQ(test.live(), 101u);
    test.verify();
}

TEST(V1Tables, ResizeKeepsContentsFlagsAndWeakTargetsAndNeedsNoRoot) {
    TestV1 test;
    MorphForcedCollections plan = {1, 1, true};
    auto** array = static_cast<void**>(test.make(8 * 3, test.pointers));
    test.push(array);
    for (int index = 0; index < 3; ++index) array[index] = test.new_cell(7);
    morph_object_set_flags(array, 0x5a);
    ASSERT_EQ(morph_heap_force_collections(test.heap, &plan), MORPH_OK);
    auto** old = array;
    array = nullptr;
    auto** longer = static_cast<void**>(morph_heap_resize(test.heap, old, 8 * 5 + 3));
    array = longer;
    ASSERT_NE(longer, nullptr);
    for (int index = 0; index < 3; ++index) {
        EXPECT_EQ(static_cast<Cell*>(longer[index])->number, 7u);
    }
    EXPECT_EQ(longer[3], nullptr);
    EXPECT_EQ(morph_object_flags(longer), 0x5a);
    array = static_cast<void**>(morph_heap_resize(test.heap, longer, 8 + 5));
    unsigned char tail[5] = {};
    EXPECT_EQ(memcmp(array + 1, tail, 5), 0);  // was a reference, is none here
    auto** weak = static_cast<void**>(test.make(20, test.weak));
    test.push(weak);
    morph_heap_weak_set(test.heap, weak, array);
    weak = static_cast<void**>(morph_heap_resize(test.heap, weak, 100));
    EXPECT_EQ(morph_heap_weak_get(weak), array);
    EXPECT_EQ(morph_heap_resize(test.heap, weak, SIZE_MAX), nullptr);
    EXPECT_EQ(morph_heap_resize(test.heap, weak, 15), nullptr);
    test.collect();
    test.verify();
    EXPECT_EQ(test.stats().weak_references, 1u);
}

}  // namespace
}  // namespace morph
