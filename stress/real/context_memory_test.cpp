// Memory with the shape of realloc on a context: large blocks are used again, all is counted.
#include "stress/real/context_memory.h"

#include <gtest/gtest.h>
#include <optional>

namespace real {
namespace {

class ContextMemoryTest : public testing::Test {
 protected:
    ContextMemoryTest() : context_(morph_mem_init(&MORPH_CONFIG_COMPILER)) {
        MorphMemTypeInfo info = {};
        info.name = "block";
        memory_.emplace(context_, morph_mem_register_type(context_, &info), false);
    }
    ~ContextMemoryTest() override {
        EXPECT_TRUE(memory_->lists_in_order());
        EXPECT_EQ(morph_mem_verify(context_), MORPH_OK);
        EXPECT_EQ(morph_mem_destroy(context_), MORPH_OK);
    }

    [[nodiscard]] uint64_t objects_live() const {
        MorphMemStats stats = {};
        EXPECT_EQ(morph_mem_get_stats(context_, &stats), MORPH_OK);
        return stats.total.objects_live;
    }

    MorphMemContext* context_;
    std::optional<ContextMemory> memory_;
};

TEST_F(ContextMemoryTest, CapacitiesHoldTheSizeAndWasteAnEighthAtMost) {
    EXPECT_EQ(memory_->capacity(1024), 1024u) << "a pool's";
    size_t last = 0;
    for (size_t size = 1025; size < size_t{1} << 40; size += size / 7 + 1) {
        for (const size_t one : {size, size - 1, size + 1}) {
            if (one <= 1024) continue;
            const size_t capacity = memory_->capacity(one);
            ASSERT_GE(capacity, one);
            ASSERT_LE(capacity - one, one / 8);
            ASSERT_EQ(memory_->capacity(capacity), capacity) << "a capacity is its own";
        }
        ASSERT_GE(memory_->capacity(size), last);
        last = memory_->capacity(size);
    }
    EXPECT_EQ(memory_->capacity(MORPH_MAX_REQUEST), MORPH_MAX_REQUEST);
    EXPECT_EQ(memory_->capacity(MORPH_MAX_REQUEST + 1), MORPH_MAX_REQUEST + 1);
    EXPECT_EQ(memory_->capacity(SIZE_MAX), SIZE_MAX);
}

TEST_F(ContextMemoryTest, ALargeBlockIsGivenOutAgain) {
    void* first = memory_->allocate(5000);
    EXPECT_TRUE(memory_->release(first, 5000));
    EXPECT_EQ(memory_->idle_objects(), 1u);
    EXPECT_EQ(memory_->idle_bytes(), memory_->capacity(5000));
    EXPECT_EQ(memory_->allocate(memory_->capacity(5000) - 3), first);
    EXPECT_EQ(memory_->idle_objects(), 0u);
    EXPECT_EQ(memory_->rounding_bytes(), 3u);
    EXPECT_EQ(objects_live(), 1u);
}

TEST_F(ContextMemoryTest, ATableThatGrowsAndShrinksForEverTakesNoMoreMemory) {
    size_t mapped = 0;
    for (int round = 0; round < 20; ++round) {
        size_t size = 16;
        auto* table = static_cast<unsigned char*>(memory_->allocate(size));
        table[0] = 77;
        for (; size < 600000; size *= 2) {
            table = static_cast<unsigned char*>(memory_->reallocate(table, size, size * 2));
            ASSERT_EQ(table[0], 77);
        }
        for (; size > 16; size /= 2) {
            table = static_cast<unsigned char*>(memory_->reallocate(table, size, size / 2));
            ASSERT_EQ(table[0], 77);
        }
        EXPECT_TRUE(memory_->release(table, size));
        MorphMemStats stats = {};
        EXPECT_EQ(morph_mem_get_stats(context_, &stats), MORPH_OK);
        if (round == 1) mapped = stats.bytes_mapped;
        if (round > 1) ASSERT_EQ(stats.bytes_mapped, mapped);
    }
    memory_->reset();
    EXPECT_EQ(memory_->idle_objects() + memory_->idle_bytes() + memory_->rounding_bytes(), 0u);
    EXPECT_EQ(objects_live(), 0u);
}

}  // namespace
}  // namespace real
