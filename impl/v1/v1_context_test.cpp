// V1 behind a context: the calls of morph/heap.h and of morph/mem.h on the same heap.
#include <gtest/gtest.h>

#include "chunk/meter_for_tests.h"

#include "morph/mem.h"

namespace {

struct Pair {
    Pair* next;
    uint64_t number;
};

class V1Context : public testing::Test {
 protected:
    ~V1Context() override {
        EXPECT_EQ(morph_mem_destroy(context), MORPH_OK);
        EXPECT_EQ(meter.held(), 0u) << "bytes not returned";
    }
    void open(MorphMemMode mode, size_t bytes_max = 0) {
        config.mode = mode;
        config.enable_v1 = true;
        config.enable_metrics = true;
        config.v1.threshold = 4096;
        config.memory = meter.limits(bytes_max);
        context = morph_mem_init(&config);
        ASSERT_NE(context, nullptr) << morph_creation_error().text;
        ASSERT_TRUE(context->heap->is_v1);
        static const size_t kLinks[] = {offsetof(Pair, next)};
        MorphMemTypeInfo info = {};
        info.name = "pair";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = kLinks;
        info.offset_count = 1;
        pair = morph_mem_register_type(context, &info);
        ASSERT_NE(pair, MORPH_TYPE_INVALID);
    }
    Pair* new_pair(Pair* next, uint64_t number) {
        auto* fresh = static_cast<Pair*>(morph_mem_alloc(context, sizeof(Pair), pair));
        if (fresh != nullptr) *fresh = {next, number};
        return fresh;
    }
    void verify() {
        ASSERT_EQ(morph_mem_verify(context), MORPH_OK) << morph_mem_last_error(context).text;
    }

    morph::Meter meter;
    MorphMemConfig config = {};
    MorphMemContext* context = nullptr;
    uint32_t pair = 0;
};

TEST_F(V1Context, ARuntimeProgramKeepsWhatItsRootsReach) {
    open(MORPH_MODE_RUNTIME);
    MorphHeap* heap = morph_mem_heap(context);
    Pair* list = nullptr;
    ASSERT_EQ(morph_heap_push_root(heap, reinterpret_cast<void**>(&list)), MORPH_OK);
    for (uint64_t number = 0; number < 5000; ++number) {
        list = new_pair(list, number);
        ASSERT_NE(list, nullptr);
        ASSERT_NE(new_pair(list, 0), nullptr);
    }
    verify();
    EXPECT_GT(morph_heap_stats(heap).major.count, 20u);
    EXPECT_EQ(morph_heap_stats(heap).minor.count, 0u);
    EXPECT_LT(morph_heap_stats(heap).counts.objects_live, 6000u);
    uint64_t expected = 5000;
    for (Pair* at = list; at != nullptr; at = at->next) ASSERT_EQ(at->number, --expected);
    EXPECT_EQ(expected, 0u);
    list = nullptr;
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).counts.objects_live, 0u);
    verify();
}

TEST_F(V1Context, ACompilerProgramKeepsWhatItDoesNotFree) {
    open(MORPH_MODE_COMPILER);
    EXPECT_EQ(morph_mem_heap(context), nullptr);
    Pair* list = nullptr;
    for (uint64_t number = 0; number < 5000; ++number) {
        list = new_pair(list, number);
        ASSERT_NE(list, nullptr);
        Pair* other = new_pair(list, 0);
        ASSERT_EQ(morph_mem_free(context, other), MORPH_OK);
    }
    verify();
    EXPECT_GT(morph_heap_stats(context->heap).major.count, 10u);
    uint64_t expected = 5000;
    for (Pair* at = list; at != nullptr; at = at->next) ASSERT_EQ(at->number, --expected);
    EXPECT_EQ(expected, 0u);
}

TEST_F(V1Context, AtItsBoundItRefusesAndGoesOnWhenObjectsDied) {
    open(MORPH_MODE_RUNTIME, size_t{256} << 10);
    MorphHeap* heap = morph_mem_heap(context);
    Pair* list = nullptr;
    ASSERT_EQ(morph_heap_push_root(heap, reinterpret_cast<void**>(&list)), MORPH_OK);
    uint64_t count = 0;
    for (Pair* fresh = new_pair(list, 0); fresh != nullptr; fresh = new_pair(list, count)) {
        list = fresh;
        count += 1;
    }
    EXPECT_EQ(morph_mem_last_error(context).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_GT(count, 500u);
    verify();
    list = list->next->next;
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    EXPECT_NE(new_pair(nullptr, 0), nullptr);
    uint64_t expected = count - 2;
    for (Pair* at = list; at != nullptr; at = at->next) ASSERT_EQ(at->number, --expected);
    verify();
    EXPECT_LE(meter.peak, size_t{256} << 10);
}

}  // namespace
