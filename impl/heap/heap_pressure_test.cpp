// The paths that a heap takes when memory is short: each test proves that its path was taken.
#include "heap/heap_for_tests.h"

#if defined(__linux__)
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace morph {
namespace {

// A list of nodes, newest first, numbered downwards to 0.
void expect_list(Node* list, uint64_t count) {
    for (Node* at = list; at != nullptr; at = at->left) ASSERT_EQ(at->number, --count);
    ASSERT_EQ(count, 0u);
}

uint64_t prepend_until_refused(TestHeap& test, Node*& list, uint64_t count, uint64_t most) {
    for (; count < most; ++count) {
        Node* fresh = test.new_node(count);
        if (fresh == nullptr) break;
        test.link(fresh, &fresh->left, list);
        list = fresh;
    }
    return count;
}

TEST(HeapPressure, WhatDoesNotFitTheSurvivorSpaceIsPromotedEarly) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = 64 << 10;
    config.settings.promotion_age = 15;
    TestHeap test(config);
    Node* list = nullptr;
    test.push(list);
    uint64_t count = prepend_until_refused(test, list, 0, 10000);
    EXPECT_GT(test.stats().objects_promoted_early, 0u);
    EXPECT_EQ(test.stats().promotions_refused, 0u);
    test.verify();
    expect_list(list, count);
    test.pop(1);
}

TEST(HeapPressure, WithoutMemoryForPromotionObjectsStayYoungAndAllocationFailsCleanly) {
    for (uint32_t age : {1u, 3u}) {
        for (bool debug : {false, true}) {
            MorphHeapConfig config = {};
            config.settings.nursery_bytes = 32 << 10;
            config.settings.promotion_age = age;
            config.enable_debug = debug;
            TestHeap test(config);
            Node* list = nullptr;
            test.push(list);
            test.refuse_from = test.requests + 1;
            uint64_t count = prepend_until_refused(test, list, 0, 1000000);
            EXPECT_LT(count, 1000000u);
            EXPECT_EQ(morph_heap_last_error(test.heap).code, MORPH_ERROR_OUT_OF_MEMORY);
            EXPECT_GT(test.stats().promotions_refused, 0u);
            uint64_t collections = test.stats().minor.count + test.stats().major.count;
            EXPECT_LE(test.stats().promotions_refused, collections * count);
            test.verify();
            expect_list(list, count);
            for (int again = 0; again < 3; ++again) EXPECT_EQ(test.new_node(0), nullptr);
            test.minor();
            test.verify();
            expect_list(list, count);
            // A part dies: there is room again, still without the system.
            Node* middle = list;
            for (uint64_t step = 0; step < count / 2; ++step) middle = middle->left;
            test.link(middle, &middle->left, nullptr);
            EXPECT_NE(test.new_node(0), nullptr);
            test.verify();
            // And with it.
            test.refuse_from = 0;
            list = nullptr;
            count = prepend_until_refused(test, list, 0, 10000);
            EXPECT_EQ(count, 10000u);
            expect_list(list, count);
            test.verify();
            test.pop(1);
        }
    }
}

TEST(HeapPressure, ARememberedSetThatCannotGrowLosesNothing) {
    MorphHeapConfig config = {};
    config.settings.promotion_age = 1;
    config.settings.nursery_bytes = 256 << 10;
    TestHeap test(config);
    constexpr uint64_t kCount = 3000;
    auto** array =
        static_cast<void**>(morph_heap_alloc(test.heap, kCount * sizeof(void*), test.pointers));
    test.push(array);
    for (uint64_t index = 0; index < kCount; ++index) test.link(array, index, test.new_node(index));
    test.minor();
    test.refuse_from = test.requests + 1;
    for (uint64_t index = 0; index < kCount; ++index) {
        auto* node = static_cast<Node*>(array[index]);
        test.link(node, &node->right, test.new_node(index + kCount));
    }
    EXPECT_GT(test.stats().remembered_overflows, 0u);
    test.verify();
    test.minor();
    test.verify();
    test.refuse_from = 0;
    test.minor();
    test.minor();
    test.verify();
    for (uint64_t index = 0; index < kCount; ++index) {
        ASSERT_EQ(static_cast<Node*>(array[index])->right->number, index + kCount);
    }
    test.pop(1);
}

TEST(HeapPressure, ARememberedSetThatWasLargeGivesItsMemoryBack) {
    MorphHeapConfig config = {};
    config.settings.promotion_age = 1;
    config.settings.nursery_bytes = 64 << 10;
    TestHeap test(config);
    Node* list = nullptr;
    test.push(list);
    constexpr uint64_t kCount = 20000;
    ASSERT_EQ(prepend_until_refused(test, list, 0, kCount), kCount);
    test.major();
    const int64_t before = test.held;
    Node* young = test.new_node(kCount);
    for (Node* at = list; at != nullptr; at = at->left) test.link(at, &at->right, young);
    const int64_t entries = static_cast<int64_t>(kCount * sizeof(void*));
    EXPECT_GE(test.held - before, entries);
    test.minor();
    test.major();
    EXPECT_LT(test.held - before, entries / 2);
    test.verify();
    test.pop(1);
}

TEST(HeapPressure, MarkingGoesOnByRescanningWhenItsStackCannotGrow) {
    MorphHeapConfig config = {};
    config.settings.promotion_age = 1;
    config.settings.nursery_bytes = 256 << 10;
    TestHeap test(config);
    constexpr uint64_t kCount = 3000;
    auto** array =
        static_cast<void**>(morph_heap_alloc(test.heap, kCount * sizeof(void*), test.pointers));
    test.push(array);
    for (uint64_t index = 0; index < kCount; ++index) {
        Node* node = test.new_node(index);
        test.link(array, index, node);
        Node* child = test.new_node(index);
        node = static_cast<Node*>(array[index]);
        test.link(node, &node->left, child);
    }
    test.refuse_from = test.requests + 1;
    test.major();
    test.refuse_from = 0;
    EXPECT_GT(test.stats().mark_overflows, 0u);
    EXPECT_EQ(test.live(), 1 + 2 * kCount);
    test.verify();
    test.pop(1);
    test.major();
    EXPECT_EQ(test.live(), 0u);
}

TEST(HeapPressure, EveryRequestRefusedOnceAndForEverLeavesAWorkingHeap) {
    for (bool for_ever : {false, true}) {
        for (uint64_t from = 1;; ++from) {
            ASSERT_LT(from, 200u);
            MorphHeapConfig config = {};
            config.settings.nursery_bytes = 16 << 10;
            config.settings.promotion_age = 1;
            config.settings.major_threshold = kChunkBytes;
            TestHeap test(config);
            test.refuse_from = test.requests + from;
            Node* list = nullptr;
            test.push(list);
            uint64_t count = 0;
            for (unsigned round = 0; round < 40; ++round) {
                count = prepend_until_refused(test, list, count, count + 500);
                void* large = morph_heap_alloc(test.heap, kChunkBytes * (round % 3), 0);
                EXPECT_TRUE(large != nullptr || test.refusals != 0);
                if (test.refusals != 0 && !for_ever) test.refuse_from = 0;
            }
            bool fired = test.refusals != 0;
            test.verify();
            expect_list(list, count);
            test.pop(1);
            if (!fired) break;
        }
    }
}

TEST(HeapPressure, TheNurseryGrowsWhenMuchSurvivesAndShrinksToKeepThePauseShort) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = 32 << 10;
    config.settings.nursery_bytes_max = 256 << 10;
    TestHeap test(config);
    Node* list = nullptr;
    test.push(list);
    uint64_t count = prepend_until_refused(test, list, 0, 50000);
    EXPECT_EQ(test.stats().nursery_bytes, size_t{256} << 10);
    expect_list(list, count);
    test.verify();
    MorphHeapSettings settings = {};
    settings.nursery_bytes = 8 << 10;
    ASSERT_EQ(morph_heap_configure(test.heap, &settings), MORPH_OK);
    count = prepend_until_refused(test, list, count, 60000);
    EXPECT_EQ(test.stats().nursery_bytes, size_t{8} << 10);
    expect_list(list, count);
    test.verify();
    test.pop(1);
}

// The young objects move to the new nursery, although nothing can be promoted.
TEST(HeapPressure, ANurseryOfAnotherSizeTakesEverythingThatLivesWhileMemoryIsRefused) {
    for (size_t size : {size_t{32} << 10, size_t{64} << 10, size_t{128} << 10}) {
        for (uint64_t from = 1; from < 6; ++from) {
            MorphHeapConfig config = {};
            config.settings.nursery_bytes = 64 << 10;
            config.settings.promotion_age = 15;
            TestHeap test(config);
            Node* list = nullptr;
            test.push(list);
            uint64_t count = prepend_until_refused(test, list, 0, 1500);
            test.refuse_from = test.requests + from;
            MorphHeapSettings settings = {};
            settings.nursery_bytes = size;
            (void)morph_heap_configure(test.heap, &settings);
            expect_list(list, count);
            test.verify();
            test.minor();
            test.refuse_from = 0;
            count = prepend_until_refused(test, list, count, 5000);
            test.minor();
            expect_list(list, count);
            test.verify();
            test.pop(1);
        }
    }
}

TEST(HeapPressure, ANurseryThatHasGrownGivesItsMemoryBackWhenMemoryIsRefused) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = kChunkBytes / 16;
    config.settings.nursery_bytes_max = kChunkBytes / 2;
    config.memory.bytes_max = morph_heap_bytes_min(&config.settings) + 8 * kChunkBytes;
    TestHeap test(config);
    Node* list = nullptr;
    test.push(list);
    uint64_t count = prepend_until_refused(test, list, 0, kChunkBytes / 64);
    EXPECT_GT(test.stats().nursery_bytes, kChunkBytes / 16);
    count = prepend_until_refused(test, list, count, 10000000);
    EXPECT_EQ(test.stats().nursery_bytes, kChunkBytes / 16);
    EXPECT_LT(count, 10000000u);
    // Most of what the bound allows is in use.
    EXPECT_GT(count * (sizeof(Node) + 8), config.memory.bytes_max / 2);
    test.verify();
    test.pop(1);
}

#if defined(__linux__)
// VmData: what counts for RLIMIT_DATA.
rlim_t bytes_of_data() {
    std::FILE* status = std::fopen("/proc/self/status", "r");
    if (status == nullptr) return 0;
    char line[256];
    uint64_t kibibytes = 0;
    while (std::fgets(line, sizeof line, status) != nullptr) {
        if (std::sscanf(line, "VmData: %" SCNu64, &kibibytes) == 1) break;
    }
    (void)std::fclose(status);
    return kibibytes * 1024;
}

void set_limit_of_data(rlim_t bytes) {
    rlimit limit = {};
    ASSERT_EQ(getrlimit(RLIMIT_DATA, &limit), 0);
    limit.rlim_cur = bytes;
    ASSERT_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
}

bool data_can_grow() {
    constexpr size_t kBytes = 1 << 20;
    void* place = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) return false;
    munmap(place, kBytes);
    return true;
}

// Debug mode closes what objects were moved from; closed pages are nobody's data, and the limit
// is then taken up by others before the next collection wants them.
TEST(HeapPressure, WhenClosedPagesAreNotGivenBackCollectionsAreRefusedAndThenGoOn) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = 64 << 10;
    config.enable_debug = true;
    TestHeap test(config);
    Node* list = nullptr;
    test.push(list);
    uint64_t count = prepend_until_refused(test, list, 0, 100);
    test.minor();
    rlimit before = {};
    ASSERT_EQ(getrlimit(RLIMIT_DATA, &before), 0);
    const rlim_t data = bytes_of_data();
    ASSERT_NE(data, 0u);
    set_limit_of_data(data);
    if (data_can_grow()) {
        set_limit_of_data(before.rlim_cur);
        test.pop(1);
        GTEST_SKIP() << "no limit of data here (Valgrind)";
    }
    const MorphCode refused = morph_heap_collect_minor(test.heap);
    const MorphCode again = morph_heap_collect_major(test.heap);
    count = prepend_until_refused(test, list, count, 100000);
    const MorphError error = morph_heap_last_error(test.heap);
    set_limit_of_data(before.rlim_cur);
    EXPECT_EQ(refused, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(again, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_LT(count, 100000u);
    EXPECT_EQ(error.code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_NE(strstr(error.text, "refuses access"), nullptr) << error.text;
    test.verify();
    expect_list(list, count);
    test.minor();
    count = prepend_until_refused(test, list, count, 100000);
    EXPECT_EQ(count, 100000u);
    test.verify();
    expect_list(list, count);
    test.pop(1);
}

TEST(HeapPressure, AHeapWhosePagesAreClosedCanBeResetAndDestroyedUnderALimitOfData) {
    rlimit before = {};
    ASSERT_EQ(getrlimit(RLIMIT_DATA, &before), 0);
    for (bool reset : {true, false}) {
        MorphHeapConfig config = {};
        config.enable_debug = true;
        TestHeap test(config);
        (void)test.new_node(1);
        test.minor();
        set_limit_of_data(bytes_of_data());
        if (reset) morph_heap_reset(test.heap);
        morph_heap_destroy(test.heap);
        test.heap = nullptr;
        set_limit_of_data(before.rlim_cur);
    }
}
#endif

}  // namespace
}  // namespace morph
