// What V1's collections keep and free: roots, the mark stack, forced ones, what is told of them.
#include "v1/v1_for_tests.h"

namespace morph {
namespace {

TEST(V1Collect, WhatRootsReachStaysWhereItIs) {
    V1Config config = {};
    config.settings.threshold = 4096;
    TestV1 test(config);
    Cell* list = nullptr;
    test.push(list);
    for (uint64_t number = 0; number < 3000; ++number) {
        Cell* fresh = test.new_cell(number);
        fresh->left = list;
        list = fresh;
        Cell* garbage = test.new_cell(number);
        garbage->left = list;
    }
    EXPECT_GT(test.stats().major.count, 10u);
    EXPECT_EQ(test.stats().minor.count, 0u);
    uint64_t expected = 3000;
    for (Cell* at = list; at != nullptr; at = at->left) ASSERT_EQ(at->number, --expected);
    EXPECT_EQ(expected, 0u);
    test.collect();
    test.verify();
    EXPECT_EQ(test.live(), 3000u);
    test.pop(1);
    test.collect();
    EXPECT_EQ(test.live(), 0u);
    EXPECT_EQ(test.stats().counts.frees, 6000u);
    EXPECT_EQ(test.stats().young.allocations, 0u);
}

TEST(V1Collect, AListOfAMillionNeedsNoDepth) {
    TestV1 test;
    Cell* list = nullptr;
    test.push(list);
    test.prepend(list, 1000000);
    test.collect();
    EXPECT_EQ(test.live(), 1000000u);
    EXPECT_EQ(test.parts().mark_blocks.blocks(), 1u);
    EXPECT_EQ(test.stats().mark_overflows, 0u);
    list = nullptr;
    test.collect();
    EXPECT_EQ(test.live(), 0u);
    test.verify();
}

TEST(V1Collect, TheMarkStackGrowsByBlocksThatAreKept) {
    TestV1 test;
    void** array = static_cast<void**>(test.make(8 * 5000, test.pointers));
    test.push(array);
    for (int index = 0; index < 5000; ++index) array[index] = test.make(0);
    test.collect();
    EXPECT_EQ(test.live(), 5001u);
    EXPECT_EQ(test.parts().mark_blocks.blocks(), 5u);
    size_t requests = test.meter.requests;
    test.collect();
    EXPECT_EQ(test.meter.requests, requests);
    EXPECT_EQ(test.stats().mark_overflows, 0u);
    test.verify();
}

TEST(V1Collect, WithoutMemoryForTheMarkStackEverythingIsFoundAllTheSame) {
    TestV1 test;
    void** array = static_cast<void**>(test.make(8 * 5000, test.pointers));
    test.push(array);
    for (int index = 0; index < 5000; ++index) {
        Cell* list = nullptr;
        test.push(list);
        test.prepend(list, 3);
        array[index] = list;
        test.pop(1);
    }
    ASSERT_NE(test.make(8), nullptr);
    test.meter.refuse(1);
    test.collect();
    EXPECT_EQ(test.live(), 15001u);
    EXPECT_GT(test.stats().mark_overflows, 0u);
    EXPECT_EQ(test.parts().mark_blocks.blocks(), 1u);
    test.meter.grant_all();
    test.verify();
    uint64_t overflows = test.stats().mark_overflows;
    test.collect();
    EXPECT_EQ(test.stats().mark_overflows, overflows);
    EXPECT_EQ(test.live(), 15001u);
}

TEST(V1Collect, ARootThatIsNoObjectIsLeftOutAndVerifyTells) {
    TestV1 test;
    auto* object = static_cast<unsigned char*>(test.make(100));
    int local = 0;
    void* freed = test.make(100000);
    test.collect();  // all is dead; the large one's mapping is gone
    object = static_cast<unsigned char*>(test.make(100));
    void* const strange[] = {object + 8,
                             object - 88,
                             &local,
                             freed,
                             reinterpret_cast<void*>(1),
                             reinterpret_cast<void*>(UINTPTR_MAX),
                             reinterpret_cast<void*>(0x5555555555555558)};
    for (void* value : strange) {
        void* root = value;
        test.push(root);
        EXPECT_EQ(morph_heap_verify(test.heap), MORPH_ERROR_CORRUPTION);
        EXPECT_EQ(std::string(test.error().text).substr(0, 7), "V1-ROOT") << test.error().text;
        test.collect();
        EXPECT_EQ(root, value);
        EXPECT_EQ(test.live(), 0u);
        test.pop(1);
        object = static_cast<unsigned char*>(test.make(100));
    }
    test.verify();
}

TEST(V1Collect, RootsArePoppedInOrderAndGlobalsInAny) {
    V1Config config = {};
    config.debug = true;
    TestV1 test(config);
    void* first = test.make(8);
    void* second = test.make(8);
    EXPECT_EQ(morph_heap_push_root(test.heap, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_heap_pop_root(test.heap, nullptr), MORPH_ERROR_SCOPE);
    test.reports.clear();
    test.push(first);
    test.push(second);
    EXPECT_EQ(morph_heap_root_depth(test.heap), 2u);
    EXPECT_EQ(morph_heap_pop_root(test.heap, &first), MORPH_ERROR_SCOPE);
    EXPECT_EQ(test.reports, std::vector{MORPH_REPORT_ROOT_ORDER});
    EXPECT_EQ(morph_heap_pop_roots(test.heap, 3), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_heap_pop_roots(test.heap, SIZE_MAX), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_heap_pop_root(test.heap, &second), MORPH_OK);
    EXPECT_EQ(morph_heap_root_depth(test.heap), 1u);
    ASSERT_EQ(morph_heap_add_global_root(test.heap, &second), MORPH_OK);
    ASSERT_EQ(morph_heap_add_global_root(test.heap, &second), MORPH_OK);
    EXPECT_EQ(test.stats().global_roots, 2u);
    EXPECT_EQ(morph_heap_remove_global_root(test.heap, &first), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_heap_remove_global_root(test.heap, &second), MORPH_OK);
    test.collect();
    EXPECT_EQ(test.live(), 2u);
    EXPECT_EQ(morph_heap_remove_global_root(test.heap, &second), MORPH_OK);
    EXPECT_EQ(morph_heap_remove_global_root(test.heap, &second), MORPH_ERROR_NOT_AN_OBJECT);
    test.collect();
    EXPECT_EQ(test.live(), 1u);
    EXPECT_EQ(test.stats().failures, 7u);
}

TEST(V1Collect, ManyRootsAreMarkedFromAndTheirNodesUsedAgain) {
    TestV1 test;
    std::vector<void*> roots(2000);
    for (int round = 0; round < 3; ++round) {
        for (void*& root : roots) {
            test.push(root);
            root = test.make(16);
        }
        test.collect();
        EXPECT_EQ(test.live(), 2000u);
        test.verify();
        test.pop(2000);
    }
    size_t mapped = test.stats().metadata_bytes_mapped;
    for (void*& root : roots) test.push(root);
    EXPECT_EQ(test.stats().metadata_bytes_mapped, mapped);
}

TEST(V1Collect, ForcedCollectionsComeBeforeTheAllocationsOfThePlan) {
    TestV1 test;
    MorphForcedCollections plan = {3, 2, false};
    ASSERT_EQ(morph_heap_force_collections(test.heap, &plan), MORPH_OK);
    const uint64_t expected[] = {0, 0, 1, 1, 2, 2, 3};
    for (uint64_t count : expected) {
        ASSERT_NE(test.make(8), nullptr);
        EXPECT_EQ(test.stats().collections_forced, count);
        EXPECT_EQ(test.stats().major.count, count);
    }
    plan = {1, 0, true};
    ASSERT_EQ(morph_heap_force_collections(test.heap, &plan), MORPH_OK);
    for (int count = 0; count < 10; ++count) ASSERT_NE(test.make(8), nullptr);
    EXPECT_EQ(test.stats().collections_forced, 4u);
}

TEST(V1Collect, TheTimelineTellsEachCollection) {
    TestV1 test;
    for (size_t round = 1; round <= 300; ++round) {
        ASSERT_NE(test.make(round), nullptr);
        test.collect();
    }
    MorphTimelineSample samples[300];
    ASSERT_EQ(morph_heap_timeline(test.heap, samples, 300), size_t{MORPH_TIMELINE_SAMPLES});
    MorphTimelineSample last = samples[MORPH_TIMELINE_SAMPLES - 1];
    EXPECT_EQ(last.bytes_live_before, 300u);
    EXPECT_EQ(last.bytes_live_after, 0u);
    EXPECT_EQ(last.bytes_mapped, test.stats().bytes_mapped);
    EXPECT_TRUE(last.major);
    EXPECT_EQ(test.stats().major.count, 300u);
}

TEST(V1Collect, WhatRootsReachAtDestroyIsReportedByType) {
    Meter meter;
    std::vector<std::string> texts;
    V1Config config = {};
    config.memory = meter.limits();
    config.report_leaks = true;
    config.report_user = &texts;
    config.report = [](void* user, const MorphReport* report) {
        EXPECT_EQ(report->kind, MORPH_REPORT_LEAK);
        static_cast<std::vector<std::string>*>(user)->emplace_back(report->text);
    };
    ErrorState errors;
    V1* v1 = V1::create(config, errors);
    MorphMemTypeInfo one{};
    one.name = "one";
    MorphMemTypeInfo two{};
    two.name = "two";
    ASSERT_EQ(v1->register_type(one), 1u);
    ASSERT_EQ(v1->register_type(two), 2u);
    void* first = v1->allocate(10, 8, 0);
    void* second = v1->allocate(30, 8, 2);
    (void)!v1->allocate(20, 8, 1);
    ASSERT_EQ(v1->push_root(&first), MORPH_OK);
    ASSERT_EQ(v1->push_root(&second), MORPH_OK);
    V1::destroy(v1);
    ASSERT_EQ(texts.size(), 2u);
    EXPECT_NE(texts[1].find("heap: 1 object of type 2 \"two\" (30 bytes)"), std::string::npos)
        << texts[1];
    EXPECT_NE(texts[0].find("heap: 1 object of type 0 \"none\" (10 bytes) still reached by roots"),
              std::string::npos)
        << texts[0];
    EXPECT_EQ(meter.held(), 0u);
}

}  // namespace
}  // namespace morph
