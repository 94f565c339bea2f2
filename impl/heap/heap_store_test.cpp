// Bulk stores, resizing, roots and settings of a heap.
#include <cstring>

#include "heap/heap_for_tests.h"

namespace morph {
namespace {

MorphHeapConfig promoting_at_once(bool debug) {
    MorphHeapConfig config = {};
    config.settings.promotion_age = 1;
    config.enable_debug = debug;
    return config;
}

void** new_array(TestHeap& test, size_t count) {
    return static_cast<void**>(morph_heap_alloc(test.heap, count * sizeof(void*), test.pointers));
}

TEST(HeapStore, BulkCopiesIntoOldArraysKeepYoungObjectsAliveSmallAndCarded) {
    for (bool debug : {false, true}) {
        for (size_t count : {size_t{4}, kChunkBytes / 8}) {
            TestHeap test(promoting_at_once(debug));
            void** old = new_array(test, count);
            test.push(old);
            test.minor();
            void** young = new_array(test, 3);
            test.push(young);
            for (size_t index = 0; index < 3; ++index) {
                Node* node = test.new_node(index);
                test.link(young, index, node);
            }
            morph_heap_copy(test.heap, old, old + count - 3, young, 3);
            test.pop(1);
            test.verify();
            test.minor();
            test.verify();
            for (size_t index = 0; index < 3; ++index) {
                EXPECT_EQ(static_cast<Node*>(old[count - 3 + index])->number, index);
            }
            // Within the array, overlapping.
            morph_heap_copy(test.heap, old, old + count - 4, old + count - 3, 3);
            EXPECT_EQ(static_cast<Node*>(old[count - 4])->number, 0u);
            EXPECT_EQ(static_cast<Node*>(old[count - 2])->number, 2u);
            morph_heap_copy(test.heap, old, old + 1, old + 1, 0);
            test.verify();
            test.minor();
            EXPECT_TRUE(test.reports.empty());
            test.pop(1);
        }
    }
}

TEST(HeapStore, FillingAnOldArrayKeepsTheYoungValueAlive) {
    for (bool debug : {false, true}) {
        TestHeap test(promoting_at_once(debug));
        void** old = new_array(test, 100);
        test.push(old);
        test.minor();
        morph_heap_fill(test.heap, old, old, 100, test.new_node(7));
        test.verify();
        test.minor();
        test.verify();
        for (size_t index = 0; index < 100; ++index) {
            EXPECT_EQ(static_cast<Node*>(old[index])->number, 7u);
            EXPECT_EQ(old[index], old[0]);
        }
        EXPECT_TRUE(test.reports.empty());
        test.pop(1);
    }
}

TEST(HeapStore, ResizingKeepsContentsReferencesAndFlagsAndZeroesTheRest) {
    for (bool debug : {false, true}) {
        for (size_t count : {size_t{2}, size_t{700}, kChunkBytes / 8}) {
            TestHeap test(promoting_at_once(debug));
            void** array = new_array(test, 2);
            test.push(array);
            morph_object_set_flags(array, 0x5a);
            test.link(array, 1, test.new_node(9));
            MorphForcedCollections plan = {1, 1, false};
            ASSERT_EQ(morph_heap_force_collections(test.heap, &plan), MORPH_OK);
            array =
                static_cast<void**>(morph_heap_resize(test.heap, array, count * sizeof(void*) + 3));
            ASSERT_NE(array, nullptr);
            EXPECT_EQ(morph_object_flags(array), 0x5a);
            EXPECT_EQ(static_cast<Node*>(array[1])->number, 9u);
            for (size_t index = 2; index < count; ++index) ASSERT_EQ(array[index], nullptr);
            test.verify();
            test.minor();
            EXPECT_EQ(static_cast<Node*>(array[1])->number, 9u);
            test.verify();
            EXPECT_TRUE(test.reports.empty());
            test.pop(1);
        }
    }
}

TEST(HeapStore, ResizingNeverTurnsBytesOfDataIntoAReference) {
    TestHeap test;
    void** array = new_array(test, 2);
    test.push(array);
    test.link(array, 1, test.new_node(1));
    // Half of the second reference is cut; what is left may not become one again.
    array = static_cast<void**>(morph_heap_resize(test.heap, array, 12));
    array = static_cast<void**>(morph_heap_resize(test.heap, array, 16));
    EXPECT_EQ(array[1], nullptr);
    test.verify();
    array = static_cast<void**>(morph_heap_resize(test.heap, array, 13));
    memset(array + 1, 0xee, 5);  // a tail that is data
    array = static_cast<void**>(morph_heap_resize(test.heap, array, 15));
    EXPECT_EQ(reinterpret_cast<unsigned char*>(array)[12], 0xee);
    array = static_cast<void**>(morph_heap_resize(test.heap, array, 24));
    EXPECT_EQ(array[1], nullptr);
    test.verify();
    test.major();
    test.pop(1);
}

TEST(HeapStore, AResizedWeakReferenceKeepsItsTarget) {
    TestHeap test;
    void* weak = morph_heap_alloc(test.heap, 24, test.weak);
    test.push(weak);
    Node* target = test.new_node(3);
    test.push(target);
    morph_heap_weak_set(test.heap, weak, target);
    static_cast<uint64_t*>(weak)[2] = 77;
    weak = morph_heap_resize(test.heap, weak, 40);
    EXPECT_EQ(morph_heap_weak_get(weak), target);
    EXPECT_EQ(static_cast<uint64_t*>(weak)[2], 77u);
    test.major();
    EXPECT_EQ(morph_heap_weak_get(weak), target);
    EXPECT_EQ(test.stats().weak_references, 1u);
    test.pop(1);
    test.major();
    EXPECT_EQ(morph_heap_weak_get(weak), nullptr);
    EXPECT_EQ(morph_heap_resize(test.heap, weak, 15), nullptr);
    EXPECT_EQ(morph_heap_last_error(test.heap).code, MORPH_ERROR_INVALID_ARGUMENT);
    test.pop(1);
}

TEST(HeapStore, RootsArePoppedInOrderAndNeverBelowTheBottom) {
    for (bool debug : {false, true}) {
        TestHeap test(promoting_at_once(debug));
        void* first = nullptr;
        void* second = nullptr;
        test.push(first);
        test.push(second);
        EXPECT_EQ(morph_heap_root_depth(test.heap), 2u);
        EXPECT_EQ(morph_heap_pop_root(test.heap, &first), MORPH_ERROR_SCOPE);
        EXPECT_EQ(test.reports.size(), debug ? 1u : 0u);
        EXPECT_EQ(morph_heap_pop_roots(test.heap, 3), MORPH_ERROR_SCOPE);
        EXPECT_EQ(morph_heap_pop_roots(test.heap, SIZE_MAX), MORPH_ERROR_SCOPE);
        EXPECT_EQ(morph_heap_root_depth(test.heap), 2u);
        EXPECT_EQ(morph_heap_pop_root(test.heap, &second), MORPH_OK);
        EXPECT_EQ(morph_heap_pop_roots(test.heap, 1), MORPH_OK);
        EXPECT_EQ(morph_heap_push_root(test.heap, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
        EXPECT_EQ(morph_heap_remove_global_root(test.heap, &first), MORPH_ERROR_NOT_AN_OBJECT);
        EXPECT_EQ(test.stats().failures, 5u);
    }
}

TEST(HeapStore, ManyThousandRootsAreAllUpdated) {
    TestHeap test;
    constexpr size_t kCount = 20000;
    std::vector<Node*> nodes(kCount);
    for (size_t index = 0; index < kCount; ++index) {
        test.push(nodes[index]);
        nodes[index] = test.new_node(index);
        if (index % 2 == 0) continue;
        ASSERT_EQ(morph_heap_add_global_root(test.heap, reinterpret_cast<void**>(&nodes[index])),
                  MORPH_OK);
    }
    test.minor();
    test.major();
    for (size_t index = 0; index < kCount; ++index) ASSERT_EQ(nodes[index]->number, index);
    test.pop(kCount);
    test.major();
    EXPECT_EQ(test.live(), kCount / 2);
    test.verify();
}

TEST(HeapStore, ImpossibleSettingsAreRefusedByName) {
    struct Case {
        const char* field;
        size_t MorphHeapSettings::* size;
        uint32_t MorphHeapSettings::* number;
        size_t value;
    };
    using Settings = MorphHeapSettings;
    const Case cases[] = {
        {"nursery_bytes:", &Settings::nursery_bytes, nullptr, 4095},
        {"nursery_bytes:", &Settings::nursery_bytes, nullptr, MORPH_NURSERY_BYTES_MAX + 1},
        {"nursery_bytes_max:", &Settings::nursery_bytes_max, nullptr, 4096},
        {"promotion_age:", nullptr, &Settings::promotion_age, 16},
        {"major_threshold:", &Settings::major_threshold, nullptr, SIZE_MAX},
        {"growth_percent:", nullptr, &Settings::growth_percent, 1001},
        {"large_bytes:", &Settings::large_bytes, nullptr, 1},
        {"large_bytes:", &Settings::large_bytes, nullptr, SIZE_MAX},
    };
    TestHeap test;
    for (const Case& one : cases) {
        MorphHeapConfig config = {};
        if (one.size != nullptr) config.settings.*one.size = one.value;
        if (one.number != nullptr) {
            config.settings.*one.number = static_cast<uint32_t>(one.value);
        }
        EXPECT_EQ(morph_heap_create(&config), nullptr) << one.field;
        MorphError error = morph_creation_error();
        EXPECT_EQ(error.code, MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_EQ(std::string(error.text).rfind(one.field, 0), 0u) << error.text;
        EXPECT_EQ(morph_heap_bytes_min(&config.settings), SIZE_MAX);
        EXPECT_EQ(morph_heap_configure(test.heap, &config.settings),
                  MORPH_ERROR_INVALID_CONFIGURATION);
    }
    MorphHeapConfig tight = {};
    tight.memory.bytes_max = morph_heap_bytes_min(&tight.settings) - 1;
    EXPECT_EQ(morph_heap_create(&tight), nullptr);
    tight.memory.bytes_max += 1;
    MorphHeap* heap = morph_heap_create(&tight);
    ASSERT_NE(heap, nullptr);
    EXPECT_NE(morph_heap_alloc(heap, 100, 0), nullptr);
    morph_heap_destroy(heap);
}

void collect_inside(void* user, void*, size_t, MorphSlotVisitor*) {
    auto* heap = *static_cast<MorphHeap**>(user);
    EXPECT_EQ(morph_heap_collect_minor(heap), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_heap_collect_major(heap), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_heap_alloc_slow(heap, 8, 0), nullptr);
    MorphMemTypeInfo info = {};
    EXPECT_EQ(morph_heap_register_type(heap, &info), MORPH_TYPE_INVALID);
    EXPECT_EQ(morph_heap_verify(heap), MORPH_ERROR_UNSUPPORTED);
}

TEST(HeapStore, TheHeapRefusesCallsFromInsideACollection) {
    TestHeap test;
    MorphMemTypeInfo info = {};
    info.layout = MORPH_LAYOUT_CUSTOM;
    info.visit = collect_inside;
    info.visit_user = &test.heap;
    uint32_t type = morph_heap_register_type(test.heap, &info);
    void* object = morph_heap_alloc(test.heap, 16, type);
    test.push(object);
    test.minor();
    test.major();
    test.verify();
    test.pop(1);
}

}  // namespace
}  // namespace morph
