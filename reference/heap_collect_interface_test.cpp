// morph/heap.h: what collections do. As heap_interface_test.cpp, for any implementation.

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

#include "reference/heap_testing.h"

#include "morph/heap.h"

namespace {

using reference::HeapInterface;
using reference::kSmallNursery;
using reference::layout_type;
using reference::Node;

using HeapCollections = HeapInterface;

// -------------------------------------------------------------------------------- generations

TEST_F(HeapCollections, AgesCountCollectionsUntilTheObjectIsOldAndStays) {
    for (uint32_t age = 1; age <= MORPH_PROMOTION_AGE_MAX; age += 2) {
        config.settings.promotion_age = age;
        open();
        Node* object = nullptr;
        push(&object);
        object = new_node(42);
        for (uint32_t survived = 0; survived < age; ++survived) {
            const MorphAddressInfo info = morph_heap_query(heap, object);
            ASSERT_EQ(info.room, MORPH_ROOM_YOUNG) << survived << " of " << age;
            ASSERT_EQ(info.age, survived);
            ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
        }
        ASSERT_EQ(morph_heap_query(heap, object).room, MORPH_ROOM_OLD) << age;
        const Node* there = object;
        ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
        ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
        EXPECT_EQ(object, there);
        EXPECT_EQ(object->value, 42u);
        EXPECT_EQ(morph_heap_stats(heap).objects_promoted, 1u);
        EXPECT_EQ(morph_heap_stats(heap).bytes_promoted, sizeof(Node));
        EXPECT_EQ(morph_heap_stats(heap).objects_promoted_early, 0u);
        EXPECT_EQ(morph_heap_pop_roots(heap, 1), MORPH_OK);
        close();
    }
}

TEST_F(HeapCollections, YoungFiguresTellWhatIsBornDiesAndIsThere) {
    config.settings.promotion_age = 2;
    open();
    const auto expect_young = [this](uint64_t born, uint64_t died, uint64_t there) {
        const MorphMemCounts young = morph_heap_stats(heap).young;
        EXPECT_EQ(young.allocations, born);
        EXPECT_EQ(young.bytes_allocated, born * sizeof(Node));
        EXPECT_EQ(young.frees, died);
        EXPECT_EQ(young.bytes_freed, died * sizeof(Node));
        EXPECT_EQ(young.objects_live, there);
        EXPECT_EQ(young.bytes_live, there * sizeof(Node));
    };
    Node* list = nullptr;
    push(&list);
    list = new_list(10);
    new_node(0);
    void* aligned = morph_heap_alloc_aligned(heap, sizeof(Node), 64, node);
    ASSERT_NE(aligned, nullptr);
    expect_young(11, 0, 11);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    expect_young(11, 1, 10);
    EXPECT_EQ(morph_heap_stats(heap).objects_survived, 10u);
    EXPECT_EQ(morph_heap_stats(heap).objects_pretenured, 1u);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    expect_young(11, 1, 0);
    EXPECT_EQ(morph_heap_stats(heap).objects_promoted, 10u);
    list = nullptr;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    expect_young(11, 1, 0);
    EXPECT_EQ(live(), 0u);
}

TEST_F(HeapCollections, AFullNurseryIsCollected) {
    config.settings.nursery_bytes = kSmallNursery;
    open();
    Node* list = nullptr;
    push(&list);
    list = new_list(20);
    for (int index = 0; index < 5000; ++index) ASSERT_NE(new_node(0), nullptr);
    const MorphHeapStats stats = morph_heap_stats(heap);
    EXPECT_GE(stats.minor.count, 20u);
    EXPECT_GT(stats.counts.frees, 4000u);
    EXPECT_EQ(stats.counts.allocations, 5020u);
    EXPECT_EQ(stats.collections_forced, 0u);
    EXPECT_TRUE(is_list(list, 20));
}

TEST_F(HeapCollections, AFullThresholdStartsAMajorOne) {
    config.settings.nursery_bytes = kSmallNursery;
    config.settings.major_threshold = size_t{64} << 10;
    config.settings.promotion_age = 1;
    open();
    Node* list = nullptr;
    push(&list);
    list = new_list(5000);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    list = new_list(100);
    EXPECT_GE(morph_heap_stats(heap).major.count, 1u);
    EXPECT_TRUE(is_list(list, 100));
}

TEST_F(HeapCollections, WithoutGenerationsEveryCollectionIsAMajorOne) {
    config.settings.nursery_bytes = kSmallNursery;
    config.settings.full_collections = true;
    open();
    for (int index = 0; index < 1000; ++index) ASSERT_NE(new_node(0), nullptr);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).minor.count, 0u);
    EXPECT_GE(morph_heap_stats(heap).major.count, 2u);
    EXPECT_EQ(live(), 0u);
}

TEST_F(HeapCollections, ForcedOnesComeRightBeforeTheAllocationsOfThePlan) {
    open();
    const MorphForcedCollections plan = {.first = 3, .every = 2, .major = false};
    ASSERT_EQ(morph_heap_force_collections(heap, &plan), MORPH_OK);
    const uint64_t expected[] = {0, 0, 1, 1, 2, 2, 3, 3};
    for (const uint64_t forced : expected) {
        new_node(0);
        EXPECT_EQ(morph_heap_stats(heap).collections_forced, forced);
        EXPECT_EQ(morph_heap_stats(heap).minor.count, forced);
    }
    const MorphForcedCollections once = {.first = 1, .every = 0, .major = true};
    ASSERT_EQ(morph_heap_force_collections(heap, &once), MORPH_OK);
    for (int index = 0; index < 5; ++index) new_node(0);
    EXPECT_EQ(morph_heap_stats(heap).collections_forced, 4u);
    EXPECT_EQ(morph_heap_stats(heap).major.count, 1u);
    const MorphForcedCollections none = {.first = 0, .every = 1, .major = true};
    ASSERT_EQ(morph_heap_force_collections(heap, &none), MORPH_OK);
    for (int index = 0; index < 5; ++index) new_node(0);
    EXPECT_EQ(morph_heap_stats(heap).collections_forced, 4u);
}

TEST_F(HeapCollections, AnOldObjectKeepsTheYoungOneStoredIntoIt) {
    config.settings.promotion_age = 1;
    open();
    Node* old = nullptr;
    void** large = nullptr;
    push(&old);
    push(&large);
    old = new_node(1);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    large = static_cast<void**>(morph_heap_alloc(heap, 400000, array));
    ASSERT_NE(large, nullptr);
    for (uint64_t round = 0; round < 10; ++round) {
        set_left(old, new_node(round));
        set_right(old, old->left);
        for (size_t slot = round; slot < 50000; slot += 4999) {
            Node* fresh = new_node(slot);
            morph_heap_write(heap, large, large + slot, fresh);
        }
        ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
        ASSERT_EQ(old->left->value, round);
        ASSERT_EQ(old->right, old->left);
        for (size_t slot = round; slot < 50000; slot += 4999) {
            ASSERT_EQ(static_cast<Node*>(large[slot])->value, slot);
        }
        ASSERT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
    }
}

// ------------------------------------------------------------------------------------- layouts

TEST_F(HeapCollections, EveryReferenceOfEveryLayoutKeepsItsObject) {
    config.settings.nursery_bytes = kSmallNursery;
    open();
    std::vector<size_t> many;
    for (size_t index = 0; index < 40; ++index) many.push_back(index * 24);
    const MorphMemTypeInfo many_info = reference::offsets_type("many", many.data(), many.size());
    const size_t pair[] = {8, 24};
    MorphMemTypeInfo structs_info = reference::offsets_type("structs", pair, 2);
    structs_info.layout = MORPH_LAYOUT_STRUCTS;
    structs_info.element_size = 40;
    MorphMemTypeInfo custom_info = layout_type("custom", MORPH_LAYOUT_CUSTOM);
    // A count, then as many references.
    custom_info.visit = [](void*, void* object, size_t size, MorphSlotVisitor* visitor) {
        auto* words = static_cast<uint64_t*>(object);
        for (uint64_t index = 1; index <= words[0] && index < size / 8; ++index) {
            visitor->visit(visitor, reinterpret_cast<void**>(words + index));
        }
    };
    struct Case {
        uint32_t type;
        size_t size;
        std::vector<size_t> slots;
    };
    std::vector<Case> cases = {
        {morph_heap_register_type(heap, &many_info), 1000, many},
        {morph_heap_register_type(heap, &structs_info), 3 * 40 + 39, {8, 24, 48, 64, 88, 104}},
        {morph_heap_register_type(heap, &custom_info), 100, {8, 16, 24, 32, 40}},
        {array, 21, {0, 8}},
        {node, sizeof(Node), {0, 8}}};
    for (const Case& one : cases) {
        void* object = nullptr;
        push(&object);
        object = morph_heap_alloc(heap, one.size, one.type);
        ASSERT_NE(object, nullptr) << morph_heap_last_error(heap).text;
        if (&one == &cases[2]) *static_cast<uint64_t*>(object) = one.slots.size();
        const auto slot_at = [&object](size_t offset) {
            return reinterpret_cast<void**>(static_cast<unsigned char*>(object) + offset);
        };
        for (const size_t offset : one.slots) {
            Node* target = new_node(offset);
            morph_heap_write(heap, object, slot_at(offset), target);
        }
        for (int round = 0; round < 6; ++round) {
            ASSERT_EQ(
                round % 3 == 2 ? morph_heap_collect_major(heap) : morph_heap_collect_minor(heap),
                MORPH_OK);
            for (const size_t offset : one.slots) {
                ASSERT_EQ(static_cast<Node*>(*slot_at(offset))->value, offset);
            }
        }
        EXPECT_EQ(live(), 1 + one.slots.size());
        ASSERT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
        ASSERT_EQ(morph_heap_pop_roots(heap, 1), MORPH_OK);
        ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
        EXPECT_EQ(live(), 0u);
    }
}

TEST_F(HeapCollections, BulkStoresOverlapAndAreSeen) {
    config.enable_debug = true;
    config.settings.promotion_age = 1;
    open();
    void** slots = nullptr;
    push(&slots);
    slots = static_cast<void**>(morph_heap_alloc(heap, 80, array));
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    for (uint64_t index = 0; index < 10; ++index) {
        Node* fresh = new_node(index);
        morph_heap_write(heap, slots, slots + index, fresh);
    }
    morph_heap_copy(heap, slots, slots + 1, slots, 9);  // 0 0 1 2 .. 8
    morph_heap_copy(heap, slots, slots, slots + 2, 8);  // 1 2 .. 8 7 8
    morph_heap_copy(heap, slots, slots, nullptr, 0);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    const uint64_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 7, 8};
    for (size_t index = 0; index < 10; ++index) {
        EXPECT_EQ(static_cast<Node*>(slots[index])->value, expected[index]);
    }
    Node* one = new_node(77);
    morph_heap_fill(heap, slots, slots + 2, 8, one);
    morph_heap_fill(heap, slots, slots, 2, nullptr);
    morph_heap_fill(heap, slots, slots, 0, slots);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    EXPECT_EQ(slots[1], nullptr);
    EXPECT_EQ(static_cast<Node*>(slots[2])->value, 77u);
    EXPECT_EQ(slots[2], slots[9]);
    EXPECT_TRUE(witness.reports.empty());
}

TEST_F(HeapCollections, ACustomVisitorMayNotCollect) {
    open();
    struct Trial {
        MorphHeap* heap;
        MorphCode minor = MORPH_OK;
        MorphCode major = MORPH_OK;
    } trial = {.heap = heap};
    MorphMemTypeInfo info = layout_type("meddler", MORPH_LAYOUT_CUSTOM);
    info.visit_user = &trial;
    info.visit = [](void* user, void*, size_t, MorphSlotVisitor*) {
        auto* meddler = static_cast<Trial*>(user);
        meddler->minor = morph_heap_collect_minor(meddler->heap);
        meddler->major = morph_heap_collect_major(meddler->heap);
    };
    const uint32_t type = morph_heap_register_type(heap, &info);
    void* object = nullptr;
    push(&object);
    object = morph_heap_alloc(heap, 24, type);
    trial.minor = trial.major = MORPH_OK;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(trial.minor, MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(trial.major, MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(live(), 1u);
    object = nullptr;  // its visitor may not be called any more
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(live(), 0u);
}

// ----------------------------------------------------------------------------- weak references

TEST_F(HeapCollections, AWeakReferenceIsClearedWhenItsTargetDies) {
    open();
    void* weak_one = nullptr;
    Node* target = nullptr;
    push(&weak_one);
    push(&target);
    weak_one = morph_heap_alloc(heap, 16, weak);
    EXPECT_EQ(morph_heap_weak_get(weak_one), nullptr);
    target = new_node(5);
    morph_heap_weak_set(heap, weak_one, target);
    for (int round = 0; round < 6; ++round) {
        ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
        ASSERT_EQ(morph_heap_weak_get(weak_one), target);
    }
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    ASSERT_EQ(morph_heap_weak_get(weak_one), target);
    EXPECT_EQ(morph_heap_stats(heap).weak_references, 1u);
    EXPECT_EQ(morph_heap_stats(heap).weak_cleared, 0u);
    target = nullptr;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_weak_get(weak_one), nullptr);
    EXPECT_EQ(morph_heap_stats(heap).weak_cleared, 1u);
    EXPECT_EQ(live(), 1u);
    target = new_node(6);
    morph_heap_weak_set(heap, weak_one, target);
    morph_heap_weak_set(heap, weak_one, nullptr);
    EXPECT_EQ(morph_heap_weak_get(weak_one), nullptr);
    weak_one = nullptr;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).weak_references, 0u);
    EXPECT_EQ(morph_heap_stats(heap).weak_cleared, 1u);
}

TEST_F(HeapCollections, AYoungWeakReferenceIsClearedByAMinorCollection) {
    open();
    void* weak_one = nullptr;
    push(&weak_one);
    weak_one = morph_heap_alloc(heap, 24, weak);
    Node* target = new_node(5);
    morph_heap_weak_set(heap, weak_one, target);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_weak_get(weak_one), nullptr);
    EXPECT_EQ(live(), 1u);
}

TEST_F(HeapCollections, AWeakReferenceKeepsItsTargetWhenResized) {
    open();
    void* weak_one = nullptr;
    void* larger = nullptr;
    Node* target = nullptr;
    push(&weak_one);
    push(&larger);
    push(&target);
    weak_one = morph_heap_alloc(heap, 24, weak);
    target = new_node(5);
    morph_heap_weak_set(heap, weak_one, target);
    static_cast<uint64_t*>(weak_one)[2] = 99;
    larger = morph_heap_resize(heap, weak_one, 64);
    ASSERT_NE(larger, nullptr);
    EXPECT_EQ(morph_heap_weak_get(larger), target);
    EXPECT_EQ(static_cast<uint64_t*>(larger)[2], 99u);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_weak_get(larger), target);
    EXPECT_EQ(morph_heap_weak_get(weak_one), target);
    target = nullptr;
    weak_one = nullptr;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_weak_get(larger), nullptr);
    EXPECT_EQ(morph_heap_resize(heap, larger, 15), nullptr);
    EXPECT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(live(), 1u);
}

}  // namespace
