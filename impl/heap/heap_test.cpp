// The heap through its public face: life of objects, promotion, large ones, weak ones, finalizers.
#include <set>

#include "heap/heap_for_tests.h"

namespace morph {
namespace {

TEST(Heap, WhatRootsReachSurvivesWithItsContents) {
    TestHeap test;
    Node* list = nullptr;
    test.push(list);
    for (uint64_t number = 0; number < 1000; ++number) {
        Node* fresh = test.new_node(number);
        ASSERT_NE(fresh, nullptr);
        test.link(fresh, &fresh->left, list);
        list = fresh;
        if (number % 100 == 0) test.verify();
    }
    EXPECT_GT(test.stats().minor.count, 0u);
    test.major();
    test.verify();
    uint64_t expected = 1000;
    for (Node* at = list; at != nullptr; at = at->left) EXPECT_EQ(at->number, --expected);
    EXPECT_EQ(expected, 0u);
    EXPECT_EQ(test.live(), 1000u);
    test.pop(1);
    test.major();
    test.verify();
    EXPECT_EQ(test.live(), 0u);
}

TEST(Heap, AFreshObjectIsZeroAlsoWhereOthersLayBefore) {
    TestHeap test;
    for (unsigned round = 0; round < 2000; ++round) {
        size_t size = round % 300 + 1;
        auto* bytes = static_cast<unsigned char*>(morph_heap_alloc(test.heap, size, 0));
        for (size_t index = 0; index < size; ++index) {
            ASSERT_EQ(bytes[index], 0) << round;
            bytes[index] = 0xab;
        }
    }
}

TEST(Heap, AnObjectIsPromotedAtThePromotionAgeAndThenStays) {
    MorphHeapConfig config = {};
    config.settings.promotion_age = 2;
    TestHeap test(config);
    Node* node = test.new_node(1);
    test.push(node);
    EXPECT_EQ(morph_heap_query(test.heap, node).age, 0u);
    test.minor();
    EXPECT_EQ(test.room(node), MORPH_ROOM_YOUNG);
    EXPECT_EQ(morph_heap_query(test.heap, node).age, 1u);
    test.minor();
    EXPECT_EQ(test.room(node), MORPH_ROOM_OLD);
    Node* before = node;
    test.minor();
    test.major();
    EXPECT_EQ(node, before);
    EXPECT_EQ(test.stats().objects_promoted, 1u);
    EXPECT_EQ(test.stats().objects_promoted_early, 0u);
    test.pop(1);
}

TEST(Heap, AStoreIntoAnOldObjectKeepsTheYoungOneAlive) {
    MorphHeapConfig config = {};
    config.settings.promotion_age = 1;
    TestHeap test(config);
    Node* old = test.new_node(1);
    test.push(old);
    test.minor();
    ASSERT_EQ(test.room(old), MORPH_ROOM_OLD);
    test.link(old, &old->right, test.new_node(2));
    EXPECT_EQ(test.stats().remembered, 1u);
    test.verify();
    test.minor();
    test.verify();
    EXPECT_EQ(old->right->number, 2u);
    EXPECT_EQ(test.stats().remembered, 0u);
    test.pop(1);
}

TEST(Heap, TheRememberedSetHoldsAnObjectOnce) {
    MorphHeapConfig config = {};
    config.settings.promotion_age = 1;
    TestHeap test(config);
    Node* old = test.new_node(1);
    test.push(old);
    test.minor();
    for (int round = 0; round < 100; ++round) test.link(old, &old->right, test.new_node(2));
    EXPECT_EQ(test.stats().remembered, 1u);
    EXPECT_EQ(test.stats().logged, 1u);
    test.pop(1);
}

TEST(Heap, FlagsAreTheUsersAndMoveWithTheObject) {
    TestHeap test;
    Node* node = test.new_node(1);
    test.push(node);
    morph_object_set_flags(node, 0xff);
    for (int round = 0; round < 5; ++round) {
        test.minor();
        EXPECT_EQ(morph_object_flags(node), 0xff);
        EXPECT_EQ(morph_object_type(node), test.node);
        EXPECT_EQ(morph_heap_object_size(test.heap, node), sizeof(Node));
    }
    test.pop(1);
}

TEST(Heap, LargeArraysAreTracedBarrieredByCardsAndFreed) {
    TestHeap test;
    constexpr size_t kCount = kChunkBytes / 4;  // twice a chunk
    auto** array =
        static_cast<void**>(morph_heap_alloc(test.heap, kCount * sizeof(void*), test.pointers));
    ASSERT_NE(array, nullptr);
    test.push(array);
    EXPECT_EQ(test.room(array), MORPH_ROOM_LARGE);
    for (size_t index = 0; index < kCount; index += 997) {
        test.link(array, index, test.new_node(index));
    }
    test.verify();
    for (int round = 0; round < 5; ++round) test.minor();
    test.verify();
    for (size_t index = 0; index < kCount; index += 997) {
        ASSERT_EQ(static_cast<Node*>(array[index])->number, index);
    }
    test.major();
    EXPECT_EQ(test.live(), 1 + (kCount + 996) / 997);
    test.pop(1);
    test.major();
    EXPECT_EQ(test.live(), 0u);
    EXPECT_EQ(test.stats().large_objects, 0u);
    test.verify();
}

TEST(Heap, SizesBeyondTheHeadersFieldAreKept) {
    TestHeap test;
    constexpr size_t kSize = (size_t{1} << 24) + 12345;
    void* object = morph_heap_alloc(test.heap, kSize, 0);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(morph_heap_object_size(test.heap, object), kSize);
    test.push(object);
    test.major();
    EXPECT_EQ(morph_heap_object_size(test.heap, object), kSize);
    test.verify();
    test.pop(1);
}

TEST(Heap, EveryAlignmentIsHonouredAndTheObjectStays) {
    TestHeap test;
    std::deque<void*> objects;
    for (unsigned shift = 0; shift <= 22; ++shift) {
        objects.push_back(morph_heap_alloc_aligned(test.heap, 40, size_t{1} << shift, 0));
        ASSERT_NE(objects.back(), nullptr) << shift;
        EXPECT_EQ(reinterpret_cast<uintptr_t>(objects.back()) % (size_t{1} << shift), 0u);
        test.push(objects.back());
    }
    test.verify();
    test.minor();
    test.major();
    test.verify();
    for (unsigned shift = 4; shift <= 22; ++shift) {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(objects[shift]) % (size_t{1} << shift), 0u);
    }
    test.pop(objects.size());
}

TEST(Heap, ImpossibleRequestsAreRefusedAndChangeNothing) {
    TestHeap test;
    auto code = [&] { return morph_heap_last_error(test.heap).code; };
    EXPECT_EQ(morph_heap_alloc(test.heap, 8, 99), nullptr);
    EXPECT_EQ(code(), MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(morph_heap_alloc(test.heap, 8, test.node), nullptr);
    EXPECT_EQ(code(), MORPH_ERROR_INVALID_ARGUMENT);
    for (size_t size :
         {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 15, SIZE_MAX / 2, MORPH_MAX_REQUEST + 1}) {
        EXPECT_EQ(morph_heap_alloc(test.heap, size, 0), nullptr) << size;
        EXPECT_EQ(code(), MORPH_ERROR_TOO_LARGE);
        EXPECT_EQ(morph_heap_alloc(test.heap, size, test.weak), nullptr) << size;
    }
    for (size_t alignment : {size_t{0}, size_t{3}, SIZE_MAX, MORPH_MAX_ALIGNMENT * 2}) {
        EXPECT_EQ(morph_heap_alloc_aligned(test.heap, 8, alignment, 0), nullptr);
        EXPECT_EQ(code(), MORPH_ERROR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(test.live(), 0u);
    test.verify();
}

TEST(Heap, AWeakReferenceIsClearedWhenItsTargetDies) {
    for (int rounds : {0, 1, 4}) {
        TestHeap test;
        void* weak = morph_heap_alloc(test.heap, 24, test.weak);
        test.push(weak);
        Node* target = test.new_node(7);
        test.push(target);
        morph_heap_weak_set(test.heap, weak, target);
        for (int round = 0; round < rounds; ++round) test.minor();
        EXPECT_EQ(morph_heap_weak_get(weak), target);
        test.verify();
        test.pop(1);
        test.major();
        EXPECT_EQ(morph_heap_weak_get(weak), nullptr);
        EXPECT_EQ(test.stats().weak_cleared, 1u);
        test.verify();
        test.pop(1);
        test.major();
        EXPECT_EQ(test.stats().weak_references, 0u);
    }
}

TEST(Heap, MissingArgumentsAndUnknownTypesAreRefused) {
    TestHeap test;
    EXPECT_EQ(morph_heap_register_type(test.heap, nullptr), MORPH_TYPE_INVALID);
    EXPECT_EQ(morph_heap_last_error(test.heap).code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_heap_set_finalizer(test.heap, nullptr, nullptr, nullptr),
              MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_heap_add_global_root(test.heap, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
    MorphHeapTypeStats stats = {};
    EXPECT_EQ(morph_heap_type_stats(test.heap, 31999, &stats), MORPH_ERROR_UNKNOWN_TYPE);
    test.verify();
}

// What a custom visitor tried to do with the heap that is being collected.
struct Meddler {
    MorphHeap* heap;
    void* object;
    unsigned refused;
};

TEST(Heap, AVisitorInsideACollectionCanChangeNothing) {
    TestHeap test;
    static Meddler meddler;
    meddler = {test.heap, nullptr, 0};
    MorphMemTypeInfo info = {};
    info.name = "meddler";
    info.layout = MORPH_LAYOUT_CUSTOM;
    info.visit = [](void*, void*, size_t, MorphSlotVisitor*) {
        auto refused = [](bool holds) {
            MorphCode code = morph_heap_last_error(meddler.heap).code;
            meddler.refused += holds && code == MORPH_ERROR_UNSUPPORTED ? 1 : 0;
        };
        MorphMemTypeInfo other = {};
        other.name = "other";
        refused(morph_heap_register_type(meddler.heap, &other) == MORPH_TYPE_INVALID);
        refused(morph_heap_resize(meddler.heap, meddler.object, 8) == nullptr);
        refused(morph_heap_set_finalizer(meddler.heap, meddler.object, nullptr, nullptr) ==
                MORPH_ERROR_UNSUPPORTED);
        refused(morph_heap_verify(meddler.heap) == MORPH_ERROR_UNSUPPORTED);
    };
    uint32_t type = morph_heap_register_type(test.heap, &info);
    ASSERT_NE(type, MORPH_TYPE_INVALID);
    void* object = morph_heap_alloc(test.heap, 64, type);
    ASSERT_NE(object, nullptr);
    ASSERT_EQ(morph_heap_push_root(test.heap, &object), MORPH_OK);
    meddler.object = object;
    uint32_t types = test.stats().types;
    test.major();
    EXPECT_GT(meddler.refused, 0u);
    EXPECT_EQ(meddler.refused % 4, 0u);
    EXPECT_EQ(test.stats().types, types);
    test.verify();
    test.pop(1);
}

struct Rescue {
    TestHeap* test;
    void* rescued;
    unsigned runs;
};

void rescue(MorphHeap* heap, void* object, void* user) {
    auto* into = static_cast<Rescue*>(user);
    into->runs += 1;
    into->rescued = object;
    for (int round = 0; round < 500; ++round) morph_heap_alloc(heap, 64, 0);
}

TEST(Heap, AFinalizerRunsOnceMayAllocateAndMayResurrect) {
    for (int rounds : {0, 1, 4}) {
        TestHeap test;
        Rescue into = {&test, nullptr, 0};
        ASSERT_EQ(morph_heap_add_global_root(test.heap, &into.rescued), MORPH_OK);
        Node* node = test.new_node(5);
        test.push(node);
        Node* child = test.new_node(6);
        test.link(node, &node->left, child);
        ASSERT_EQ(morph_heap_set_finalizer(test.heap, node, rescue, &into), MORPH_OK);
        for (int round = 0; round < rounds; ++round) test.minor();
        EXPECT_EQ(into.runs, 0u);
        test.pop(1);
        test.major();
        EXPECT_EQ(into.runs, 1u);
        ASSERT_NE(into.rescued, nullptr);
        EXPECT_EQ(static_cast<Node*>(into.rescued)->left->number, 6u);
        test.verify();
        test.major();
        EXPECT_EQ(static_cast<Node*>(into.rescued)->number, 5u);
        into.rescued = nullptr;
        test.major();
        EXPECT_EQ(into.runs, 1u);
        EXPECT_EQ(test.live(), 0u);
        test.verify();
    }
}

TEST(Heap, DebugModeReportsAStoreWithoutBarrierWhateverTheAges) {
    for (int rounds : {0, 1, 4}) {
        MorphHeapConfig config = {};
        config.enable_debug = true;
        TestHeap test(config);
        Node* node = test.new_node(1);
        test.push(node);
        Node* other = test.new_node(2);
        test.push(other);
        for (int round = 0; round < rounds; ++round) test.minor();
        test.link(node, &node->left, other);
        test.verify();
        test.minor();
        EXPECT_TRUE(test.reports.empty());
        node->right = other;  // what a program must not do
        EXPECT_EQ(morph_heap_verify(test.heap), MORPH_ERROR_CORRUPTION);
        test.minor();
        ASSERT_EQ(test.reports.size(), 1u) << rounds;
        EXPECT_EQ(test.reports[0], MORPH_REPORT_MISSED_BARRIER);
        test.minor();
        EXPECT_EQ(test.reports.size(), 1u);
        test.verify();
        test.pop(2);
    }
}

TEST(Heap, DebugModeReportsWhatWasWrittenBehindAnObject) {
    MorphHeapConfig config = {};
    config.enable_debug = true;
    TestHeap test(config);
    auto* bytes = static_cast<unsigned char*>(morph_heap_alloc(test.heap, 13, 0));
    test.push(bytes);
    bytes[13] = 0;
    test.minor();
    ASSERT_EQ(test.reports.size(), 1u);
    EXPECT_EQ(test.reports[0], MORPH_REPORT_GUARD_OVERWRITTEN);
    test.pop(1);
}

TEST(HeapDeathTest, DebugModeLetsAStalePointerDieAtItsFirstUse) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    MorphHeapConfig config = {};
    config.enable_debug = true;
    TestHeap test(config);
    Node* node = test.new_node(1);
    test.push(node);
    volatile Node* stale = node;
    test.minor();
    EXPECT_DEATH((void)stale->number, "");
    test.pop(1);
}

TEST(Heap, ForcedCollectionsComeWhereThePlanSays) {
    TestHeap test;
    MorphForcedCollections plan = {3, 2, false};
    ASSERT_EQ(morph_heap_force_collections(test.heap, &plan), MORPH_OK);
    std::vector<uint64_t> counts;
    for (int round = 0; round < 7; ++round) {
        (void)test.new_node(1);
        counts.push_back(test.stats().minor.count);
    }
    EXPECT_EQ(counts, (std::vector<uint64_t>{0, 0, 1, 1, 2, 2, 3}));
    EXPECT_EQ(test.stats().collections_forced, 3u);
    plan = {0, 0, false};
    ASSERT_EQ(morph_heap_force_collections(test.heap, &plan), MORPH_OK);
    (void)test.new_node(1);
    EXPECT_EQ(test.stats().minor.count, 3u);
}

TEST(Heap, LeaksAreReportedByTypeAtDestroy) {
    MorphHeapConfig config = {};
    config.report_leaks = true;
    std::vector<MorphReportKind> reports;
    {
        TestHeap test(config);
        static Node* leaked;
        leaked = test.new_node(1);
        (void)test.new_node(2);
        ASSERT_EQ(morph_heap_add_global_root(test.heap, reinterpret_cast<void**>(&leaked)),
                  MORPH_OK);
        morph_heap_destroy(test.heap);
        test.heap = nullptr;
        reports = test.reports;
    }
    EXPECT_EQ(reports, std::vector<MorphReportKind>{MORPH_REPORT_LEAK});
}

TEST(Heap, ResetForgetsEverythingAndTheHeapIsAsNew) {
    TestHeap test;
    Node* node = nullptr;
    test.push(node);
    for (int round = 0; round < 3; ++round) {
        for (uint64_t number = 0; number < 500; ++number) {
            Node* fresh = test.new_node(number);
            test.link(fresh, &fresh->left, node);
            node = fresh;
        }
        morph_heap_reset(test.heap);
        node = nullptr;
        EXPECT_EQ(test.live(), 0u);
        test.verify();
        EXPECT_EQ(morph_heap_root_depth(test.heap), 0u);
        test.push(node);
    }
    test.pop(1);
}

}  // namespace
}  // namespace morph
