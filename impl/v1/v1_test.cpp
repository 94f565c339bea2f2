// V1's policy, as the first system had it: when it collects, what it reuses; and what it refuses.
#include <cstring>

#include "chunk/memory_marks.h"
#include "v1/v1_for_tests.h"

namespace morph {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(V1, TheFirstCollectionComesAboveEightMebibytesOfLivePayload) {
    TestV1 test;
    EXPECT_EQ(test.stats().major_threshold, 8 * kMiB);
    for (int count = 0; count < 9; ++count) ASSERT_NE(test.make(kMiB), nullptr);
    EXPECT_EQ(test.stats().major.count, 0u);  // 8 MiB are not above 8 MiB
    ASSERT_NE(test.make(kMiB), nullptr);
    EXPECT_EQ(test.stats().major.count, 1u);
    EXPECT_EQ(test.stats().counts.bytes_live, kMiB);
    EXPECT_EQ(test.stats().bytes_live_peak, 9 * kMiB);
    EXPECT_EQ(test.stats().major_threshold, 8 * kMiB);
}

TEST(V1, TheThresholdIsEightMebibytesAboveWhatIsLiveAndFrom64On64) {
    TestV1 test;
    void** array = nullptr;
    test.push(array);
    array = static_cast<void**>(test.make(8 * 65, test.pointers));
    for (int count = 0; count < 8; ++count) array[count] = test.make(kMiB);
    EXPECT_EQ(test.stats().major.count, 0u);
    array[8] = test.make(kMiB);
    EXPECT_EQ(test.stats().major_threshold, 8 * 65 + 8 * kMiB + 8 * kMiB);
    for (int count = 9; count < 64; ++count) array[count] = test.make(kMiB);
    // With 8, 17, 26, ... 62 MiB, and what the array has.
    EXPECT_EQ(test.stats().major.count, 7u);
    test.collect();
    EXPECT_EQ(test.stats().major_threshold, 8 * 65 + 64 * kMiB + 64 * kMiB);
    array[63] = nullptr;
    test.collect();
    EXPECT_EQ(test.stats().major_threshold, 8 * 65 + 63 * kMiB + 8 * kMiB);
    test.verify();
}

TEST(V1, AtExactly64MebibytesTheStepIsThatUnlessItIsLargerAnyway) {
    const size_t steps[] = {8 * kMiB, 64 * kMiB, 100 * kMiB};
    for (size_t step : steps) {
        V1Config config = {};
        config.settings.threshold = step;
        TestV1 test(config);
        void* objects[64];
        for (void*& object : objects) {
            object = test.make(kMiB);
            test.push(object);
        }
        test.collect();
        EXPECT_EQ(test.stats().counts.bytes_live, 64 * kMiB);
        EXPECT_EQ(test.stats().major_threshold, 64 * kMiB + (step < 64 * kMiB ? 64 * kMiB : step));
        test.v1->reset();
        test.push(objects[0]);
        objects[0] = test.make(64 * kMiB - 8);
        test.collect();
        EXPECT_EQ(test.stats().major_threshold, 64 * kMiB - 8 + step);
    }
}

TEST(V1, AThresholdOfItsOwnIsTheFirstAndTheStep) {
    V1Config config = {};
    config.settings.threshold = 4096;
    TestV1 test(config);
    for (int count = 0; count < 129; ++count) ASSERT_NE(test.make(32), nullptr);
    EXPECT_EQ(test.stats().major.count, 0u);
    ASSERT_NE(test.make(32), nullptr);
    EXPECT_EQ(test.stats().major.count, 1u);
    MorphHeapSettings settings = {};
    settings.major_threshold = 64;
    ASSERT_EQ(test.v1->configure(settings), MORPH_OK);
    EXPECT_EQ(test.stats().major_threshold, 64u);
    test.collect();
    EXPECT_EQ(test.stats().major_threshold, 64u);
    ASSERT_EQ(test.v1->configure({}), MORPH_OK);
    EXPECT_EQ(test.stats().major_threshold, 4096u);
    settings.promotion_age = MORPH_PROMOTION_AGE_MAX + 1;
    EXPECT_EQ(test.v1->configure(settings), MORPH_ERROR_INVALID_CONFIGURATION);
    EXPECT_EQ(test.stats().major_threshold, 4096u);
}

TEST(V1, HeadersNeverCountSoThatEmptyObjectsNeverCauseACollection) {
    V1Config config = {};
    config.settings.threshold = 4096;
    TestV1 test(config);
    for (int count = 0; count < 10000; ++count) ASSERT_NE(test.make(0), nullptr);
    EXPECT_EQ(test.stats().major.count, 0u);
    EXPECT_EQ(test.stats().counts.bytes_live, 0u);
    EXPECT_EQ(test.stats().old_bytes, 10000 * 88u);
}

TEST(V1, AHitIsTheLastDeadObjectOfExactlyTheSizeAndAMissTakesFreshMemory) {
    TestV1 test;
    void* keep = test.make(8);
    test.push(keep);  // keeps the page
    void* first = test.make(32);
    void* second = test.make(32);
    void* other = test.make(40);
    test.collect();
    EXPECT_EQ(test.parts().free_list.count(), 3u);
    void* fresh = test.make(33);  // takes as much room as 40, and is another size
    EXPECT_NE(fresh, other);
    // The list of all objects is newest first, so the oldest dead one is put last, and found first.
    EXPECT_EQ(test.make(32), first);
    EXPECT_EQ(test.make(32), second);
    EXPECT_EQ(test.make(40), other);
    EXPECT_EQ(test.parts().free_list.count(), 0u);
    test.verify();
}

TEST(V1, AReusedObjectIsZeroOnlyWhereThatIsAskedFor) {
    TestV1 test;
    void* keep = test.make(8);
    test.push(keep);
    for (bool zeroed : {true, false}) {
        auto* bytes = static_cast<unsigned char*>(test.v1->allocate(100, 8, 0));
        for (int index = 0; index < 100; ++index) ASSERT_EQ(bytes[index], 0);
        memset(bytes, 0xab, 100);
        test.collect();
        auto* again = static_cast<unsigned char*>(test.v1->allocate(100, 8, 0, zeroed));
        ASSERT_EQ(again, bytes);
        mark_defined(again, 100);  // memcheck is right about the second one; it is looked at here
        for (int index = 0; index < 100; ++index) ASSERT_EQ(again[index], zeroed ? 0 : 0xab);
        memset(bytes, 0, 100);
        test.collect();
    }
}

TEST(V1, ImpossibleRequestsAreRefusedAndChangeNothing) {
    TestV1 test;
    MorphHeapStats before = test.stats();
    auto refused = [&](MorphCode code, size_t size, size_t alignment, uint32_t type) {
        EXPECT_EQ(test.v1->allocate(size, alignment, type), nullptr);
        EXPECT_EQ(test.error().code, code) << test.error().text;
    };
    refused(MORPH_ERROR_UNKNOWN_TYPE, SIZE_MAX, 0, 99);
    refused(MORPH_ERROR_INVALID_ARGUMENT, SIZE_MAX, 0, 0);
    refused(MORPH_ERROR_INVALID_ARGUMENT, 8, 24, 0);
    refused(MORPH_ERROR_INVALID_ARGUMENT, 8, MORPH_MAX_ALIGNMENT * 2, 0);
    refused(MORPH_ERROR_TOO_LARGE, SIZE_MAX, 8, 0);
    refused(MORPH_ERROR_TOO_LARGE, SIZE_MAX - 87, 8, test.cell);
    refused(MORPH_ERROR_TOO_LARGE, MORPH_MAX_REQUEST + 1, 8, 0);
    refused(MORPH_ERROR_INVALID_ARGUMENT, 15, 8, test.cell);
    refused(MORPH_ERROR_INVALID_ARGUMENT, 15, 8, test.weak);
    test.meter.refuse(1);  // some systems promise any amount
    refused(MORPH_ERROR_OUT_OF_MEMORY, MORPH_MAX_REQUEST, MORPH_MAX_ALIGNMENT, 0);
    test.meter.grant_all();
    EXPECT_EQ(test.stats().failures, 10u);
    EXPECT_EQ(test.stats().counts.allocations, 0u);
    EXPECT_EQ(test.stats().bytes_mapped, before.bytes_mapped);
    EXPECT_EQ(test.stats().bytes_mapped_peak, before.bytes_mapped_peak);
    test.verify();
}

TEST(V1, AMissWalksEveryFreeObject) {
    TestV1 test;
    void* keep = nullptr;
    test.push(keep);
    // 34 objects of 32 bytes to a page; one of each page is kept.
    void** array = static_cast<void**>(test.make(8 * 200, test.pointers));
    test.push(array);
    for (int count = 0; count < 6800; ++count) {
        void* object = test.make(32);
        if (count % 34 == 33) array[count / 34] = object;
    }
    test.collect();
    EXPECT_EQ(test.parts().free_list.count(), 6600u);
    EXPECT_EQ(test.parts().free_list.find(24, 8), nullptr);
    EXPECT_NE(test.parts().free_list.find(32, 8), nullptr);
    test.verify();
}

TEST(V1, ResetForgetsEverythingButTypes) {
    TestV1 test;
    Cell* list = nullptr;
    test.push(list);
    test.prepend(list, 1000);
    void* global = test.make(100000);
    ASSERT_EQ(morph_heap_add_global_root(test.heap, &global), MORPH_OK);
    void* weak = test.make(16, test.weak);
    test.push(weak);
    ASSERT_EQ(morph_heap_set_finalizer(
                  test.heap, list, [](MorphHeap*, void*, void*) { FAIL(); }, nullptr),
              MORPH_OK);
    test.collect();
    EXPECT_GT(test.stats().major_threshold, 8 * kMiB);
    morph_heap_reset(test.heap);
    test.verify();
    EXPECT_EQ(test.stats().major_threshold, 8 * kMiB);
    MorphHeapStats stats = test.stats();
    EXPECT_EQ(stats.counts.frees, 1002u);
    EXPECT_EQ(stats.counts.bytes_live, 0u);
    EXPECT_EQ(stats.bytes_live_peak, 1000 * sizeof(Cell) + 100016);
    EXPECT_EQ(stats.roots + stats.global_roots + stats.weak_references + stats.finalizers, 0u);
    EXPECT_EQ(stats.old_bytes_mapped + stats.large_bytes_mapped, 0u);
    EXPECT_EQ(stats.types, 4u);
    list = test.new_cell(1);
    ASSERT_NE(list, nullptr);
    test.collect();
    EXPECT_EQ(test.live(), 0u);
    test.verify();
}

TEST(V1, WalkVisitsEveryLiveObjectOnceUntilItIsToldToStop) {
    TestV1 test;
    Cell* list = nullptr;
    test.push(list);
    test.prepend(list, 10);
    for (int count = 0; count < 10; ++count) ASSERT_NE(test.make(8), nullptr);
    test.collect();
    int visited = 0;
    auto count = [](void* user, void*, size_t size, uint32_t type) {
        EXPECT_EQ(size, sizeof(Cell));
        EXPECT_EQ(type, 1u);
        *static_cast<int*>(user) += 1;
        return *static_cast<int*>(user) != 15;
    };
    morph_heap_walk(test.heap, count, &visited);
    EXPECT_EQ(visited, 10);
    visited = 13;
    morph_heap_walk(test.heap, count, &visited);
    EXPECT_EQ(visited, 15);
}

}  // namespace
}  // namespace morph
