// morph/heap.h as any implementation must keep it: this file knows the C interface alone, and is
// linked with the reference and with the library.

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "reference/heap_testing.h"

#include "morph/heap.h"

namespace {

using reference::HeapInterface;
using reference::kNodeOffsets;
using reference::kSmallNursery;
using reference::layout_type;
using reference::Node;
using reference::offsets_type;

// --------------------------------------------------------------------------------------- types

TEST_F(HeapInterface, TypesCountUpFromOneAndKeepTheirName) {
    open();
    EXPECT_EQ(node, 1u);
    EXPECT_EQ(array, 2u);
    const std::string longest(200, 'n');
    const MorphMemTypeInfo long_info = layout_type(longest.c_str(), MORPH_LAYOUT_DATA);
    const MorphMemTypeInfo plain_info = layout_type(nullptr, MORPH_LAYOUT_DATA);
    const uint32_t with_long_name = morph_heap_register_type(heap, &long_info);
    const uint32_t without_name = morph_heap_register_type(heap, &plain_info);
    MorphHeapTypeStats stats = {};
    ASSERT_EQ(morph_heap_type_stats(heap, with_long_name, &stats), MORPH_OK);
    EXPECT_EQ(stats.name, longest.substr(0, 63));
    ASSERT_EQ(morph_heap_type_stats(heap, without_name, &stats), MORPH_OK);
    EXPECT_EQ(stats.name, "type " + std::to_string(without_name));
    ASSERT_EQ(morph_heap_type_stats(heap, array, &stats), MORPH_OK);
    EXPECT_EQ(stats.layout, MORPH_LAYOUT_POINTERS);
    EXPECT_EQ(morph_heap_type_stats(heap, without_name + 1, &stats), MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(morph_heap_stats(heap).types, without_name + 1);
}

TEST_F(HeapInterface, TypesWithoutWhatTheirLayoutNeedsAreRefused) {
    open();
    const size_t odd[] = {4};
    const size_t descending[] = {16, 8};
    const size_t twice[] = {8, 8};
    const size_t far[] = {SIZE_MAX - 7};
    std::vector<MorphMemTypeInfo> wrong = {offsets_type("null", nullptr, 2),
                                           offsets_type("odd", odd, 1),
                                           offsets_type("descending", descending, 2),
                                           offsets_type("twice", twice, 2),
                                           offsets_type("far", far, 1),
                                           layout_type("no visit", MORPH_LAYOUT_CUSTOM),
                                           layout_type("no element", MORPH_LAYOUT_STRUCTS)};
    MorphMemTypeInfo outside = offsets_type("outside", kNodeOffsets, 2);
    outside.layout = MORPH_LAYOUT_STRUCTS;
    for (const size_t element : {size_t{0}, size_t{8}, size_t{20}}) {
        outside.element_size = element;
        wrong.push_back(outside);
    }
    MorphMemTypeInfo unknown = layout_type("unknown", MORPH_LAYOUT_DATA);
    const unsigned number = 77;
    std::memcpy(&unknown.layout, &number, sizeof number);
    wrong.push_back(unknown);
    const MorphHeapStats before = morph_heap_stats(heap);
    for (const MorphMemTypeInfo& info : wrong) {
        EXPECT_EQ(morph_heap_register_type(heap, &info), MORPH_TYPE_INVALID) << info.name;
        EXPECT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_INVALID_ARGUMENT) << info.name;
    }
    EXPECT_EQ(morph_heap_register_type(heap, nullptr), MORPH_TYPE_INVALID);
    EXPECT_EQ(morph_heap_stats(heap).types, before.types);
    EXPECT_EQ(morph_heap_stats(heap).failures, before.failures + wrong.size() + 1);
}

// ------------------------------------------------------------------------------------ objects

TEST_F(HeapInterface, ObjectsAreZeroAlignedAndKnowSizeTypeAndFlags) {
    open();
    for (const size_t size : {0ul, 1ul, 7ul, 8ul, 9ul, 24ul, 1000ul, 5000ul, 70000ul, 3ul << 20}) {
        auto* object = static_cast<unsigned char*>(morph_heap_alloc(heap, size, MORPH_TYPE_NONE));
        ASSERT_NE(object, nullptr) << size;
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % 8, 0u);
        EXPECT_TRUE(std::all_of(object, object + size, [](unsigned char b) { return b == 0; }));
        EXPECT_EQ(morph_heap_object_size(heap, object), size);
        EXPECT_EQ(morph_object_type(object), MORPH_TYPE_NONE);
        EXPECT_EQ(morph_object_flags(object), 0);
        std::memset(object, 0xEE, size);
        const MorphAddressInfo info = morph_heap_query(heap, object + size / 2);
        EXPECT_TRUE(info.allocated);
        EXPECT_EQ(info.object, object);
        EXPECT_EQ(info.size, size);
        EXPECT_GE(info.slot_size, size + 8);
        EXPECT_EQ(info.type, MORPH_TYPE_NONE);
    }
    EXPECT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
}

TEST_F(HeapInterface, EmptyObjectsHaveDifferentAddresses) {
    open();
    std::set<void*> addresses;
    for (int index = 0; index < 100; ++index) {
        addresses.insert(morph_heap_alloc(heap, 0, MORPH_TYPE_NONE));
    }
    EXPECT_EQ(addresses.size(), 100u);
}

TEST_F(HeapInterface, AllocationsAreRefusedByTypeThenAlignmentThenSize) {
    open();
    const auto refused = [this](size_t size, size_t alignment, uint32_t type, MorphCode code) {
        EXPECT_EQ(morph_heap_alloc_aligned(heap, size, alignment, type), nullptr);
        EXPECT_EQ(morph_heap_last_error(heap).code, code) << size << " " << alignment;
    };
    refused(SIZE_MAX, 3, 1000, MORPH_ERROR_UNKNOWN_TYPE);
    refused(8, 8, MORPH_TYPE_INVALID, MORPH_ERROR_UNKNOWN_TYPE);
    for (const size_t alignment : {size_t{0}, size_t{3}, 2 * MORPH_MAX_ALIGNMENT, SIZE_MAX}) {
        refused(SIZE_MAX, alignment, node, MORPH_ERROR_INVALID_ARGUMENT);
    }
    for (const size_t size : {MORPH_MAX_REQUEST + 1, SIZE_MAX - 15, SIZE_MAX - 7, SIZE_MAX}) {
        refused(size, 8, MORPH_TYPE_NONE, MORPH_ERROR_TOO_LARGE);
        EXPECT_EQ(morph_heap_alloc(heap, size, array), nullptr) << size;
        EXPECT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_TOO_LARGE);
    }
    refused(15, 8, node, MORPH_ERROR_INVALID_ARGUMENT);
    refused(15, 8, weak, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_heap_alloc(heap, 0, node), nullptr);
    EXPECT_NE(morph_heap_alloc(heap, 16, node), nullptr);
    EXPECT_NE(morph_heap_alloc(heap, 16, weak), nullptr);
    EXPECT_NE(morph_heap_alloc(heap, 3, array), nullptr);
    EXPECT_EQ(live(), 3u);
}

TEST_F(HeapInterface, AlignedObjectsAreAlignedAndStay) {
    open();
    for (size_t alignment = 1; alignment <= size_t{1} << 22; alignment *= 2) {
        void* object = morph_heap_alloc_aligned(heap, 24, alignment, node);
        ASSERT_NE(object, nullptr) << alignment;
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % std::max<size_t>(alignment, 8), 0u);
        if (alignment <= 8) continue;
        EXPECT_NE(morph_heap_query(heap, object).room, MORPH_ROOM_YOUNG);
        const void* before = object;
        push(&object);
        EXPECT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
        EXPECT_EQ(morph_heap_collect_major(heap), MORPH_OK);
        EXPECT_EQ(object, before);
        EXPECT_EQ(morph_heap_pop_roots(heap, 1), MORPH_OK);
    }
}

TEST_F(HeapInterface, FlagsBelongToTheUserAndMoveWithTheObject) {
    config.settings.nursery_bytes = kSmallNursery;
    open();
    std::vector<void*> objects(256, nullptr);
    for (void*& object : objects) push(&object);
    for (size_t index = 0; index < objects.size(); ++index) {
        objects[index] = new_node(index);
        morph_object_set_flags(objects[index], static_cast<uint8_t>(index));
    }
    for (int round = 0; round < 6; ++round) {
        for (size_t index = 0; index < objects.size(); ++index) {
            ASSERT_EQ(morph_object_flags(objects[index]), index);
            ASSERT_EQ(static_cast<Node*>(objects[index])->value, index);
            ASSERT_EQ(morph_object_type(objects[index]), node);
        }
        ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    }
}

TEST_F(HeapInterface, ResizingKeepsContentsReferencesAndFlags) {
    open();
    Node* kept = nullptr;
    void** slots = nullptr;
    push(&kept);
    push(&slots);
    kept = new_node(7);
    slots = static_cast<void**>(morph_heap_alloc(heap, 20, array));
    morph_heap_fill(heap, slots, slots, 2, kept);
    std::memset(slots + 2, 0xEE, 4);  // data, behind the last reference
    morph_object_set_flags(slots, 9);
    auto** larger = static_cast<void**>(morph_heap_resize(heap, slots, 80));
    ASSERT_NE(larger, nullptr);
    EXPECT_EQ(larger[0], kept);
    EXPECT_EQ(larger[1], kept);
    for (int index = 2; index < 10; ++index) EXPECT_EQ(larger[index], nullptr);
    EXPECT_EQ(morph_object_flags(larger), 9);
    EXPECT_EQ(morph_heap_object_size(heap, slots), 20u);
    slots = larger;
    EXPECT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(slots[1], kept);
    auto** smaller = static_cast<void**>(morph_heap_resize(heap, slots, 8));
    ASSERT_NE(smaller, nullptr);
    EXPECT_EQ(smaller[0], kept);
    EXPECT_EQ(morph_heap_object_size(heap, smaller), 8u);
    EXPECT_EQ(morph_heap_resize(heap, kept, 8), nullptr);
    EXPECT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_heap_resize(heap, slots, SIZE_MAX), nullptr);
    EXPECT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_TOO_LARGE);
}

TEST_F(HeapInterface, ResizingNeedsNoRootEvenIfItCollects) {
    open();
    for (uint64_t round = 0; round < 5; ++round) {
        Node* object = new_node(round);
        const MorphForcedCollections plan = {.first = 1, .every = 0, .major = round % 2 == 1};
        morph_heap_force_collections(heap, &plan);
        object = static_cast<Node*>(morph_heap_resize(heap, object, 100));
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(object->value, round);
        EXPECT_EQ(morph_heap_stats(heap).collections_forced, round + 1);
    }
}

// -------------------------------------------------------------------------------------- roots

TEST_F(HeapInterface, AMajorCollectionLeavesExactlyWhatRootsReach) {
    open();
    Node* list = nullptr;
    Node* global = nullptr;
    push(&list);
    ASSERT_EQ(morph_heap_add_global_root(heap, reinterpret_cast<void**>(&global)), MORPH_OK);
    list = new_list(10);
    global = new_list(20);
    for (int index = 0; index < 500; ++index) new_node(0);
    EXPECT_EQ(morph_heap_stats(heap).counts.allocations, 530u);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 30u);
    EXPECT_EQ(walked(), 30u);
    EXPECT_TRUE(is_list(list, 10));
    EXPECT_TRUE(is_list(global, 20));
    global = nullptr;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 10u);
    set_left(list, nullptr);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 1u);
    EXPECT_EQ(morph_heap_remove_global_root(heap, reinterpret_cast<void**>(&global)), MORPH_OK);
    ASSERT_EQ(morph_heap_pop_roots(heap, 1), MORPH_OK);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 0u);
    MorphHeapTypeStats stats = {};
    ASSERT_EQ(morph_heap_type_stats(heap, node, &stats), MORPH_OK);
    EXPECT_EQ(stats.counts.allocations, 530u);
    EXPECT_EQ(stats.counts.frees, 530u);
    EXPECT_EQ(stats.counts.bytes_freed, 530 * sizeof(Node));
}

TEST_F(HeapInterface, ACycleDiesAndASelfReferenceToo) {
    open();
    Node* first = new_node(1);
    set_left(first, first);
    Node* second = nullptr;
    push(&second);
    second = new_node(2);
    Node* third = new_node(3);
    set_left(second, third);
    set_left(third, second);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 2u);
    EXPECT_EQ(second->left->left, second);
    second = nullptr;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 0u);
    morph_heap_pop_roots(heap, 1);
}

TEST_F(HeapInterface, RootsArePoppedInOrderAndCounted) {
    open();
    std::vector<void*> variables(3000, nullptr);
    for (void*& variable : variables) push(&variable);
    for (void*& variable : variables) variable = new_node(1);
    EXPECT_EQ(morph_heap_root_depth(heap), 3000u);
    EXPECT_EQ(morph_heap_stats(heap).roots, 3000u);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 3000u);
    EXPECT_EQ(morph_heap_pop_roots(heap, 3001), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_heap_pop_root(heap, &variables[0]), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_heap_root_depth(heap), 3000u);
    EXPECT_EQ(morph_heap_pop_root(heap, &variables[2999]), MORPH_OK);
    EXPECT_EQ(morph_heap_pop_roots(heap, 0), MORPH_OK);
    EXPECT_EQ(morph_heap_pop_roots(heap, 2999), MORPH_OK);
    EXPECT_EQ(morph_heap_pop_root(heap, &variables[0]), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_heap_pop_roots(heap, 1), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_heap_pop_roots(heap, SIZE_MAX), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_heap_push_root(heap, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
}

TEST_F(HeapInterface, AGlobalRootAddedTwiceIsRemovedTwice) {
    open();
    void* variable = new_node(1);
    void* other = nullptr;
    ASSERT_EQ(morph_heap_add_global_root(heap, &variable), MORPH_OK);
    ASSERT_EQ(morph_heap_add_global_root(heap, &variable), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).global_roots, 2u);
    EXPECT_EQ(morph_heap_remove_global_root(heap, &other), MORPH_ERROR_NOT_AN_OBJECT);
    ASSERT_EQ(morph_heap_remove_global_root(heap, &variable), MORPH_OK);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 1u);
    ASSERT_EQ(morph_heap_remove_global_root(heap, &variable), MORPH_OK);
    EXPECT_EQ(morph_heap_remove_global_root(heap, &variable), MORPH_ERROR_NOT_AN_OBJECT);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 0u);
    EXPECT_EQ(morph_heap_add_global_root(heap, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
}

}  // namespace
