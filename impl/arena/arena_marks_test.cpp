// What the sanitizers are told of an arena's memory. Under AddressSanitizer each byte is asked;
// without it there is nothing to ask, and the file holds no test.
#include <gtest/gtest.h>
#include <vector>

#include "arena/arena_for_tests.h"
#include "arena/layout.h"
#include "chunk/memory_marks.h"

#if defined(MORPH_MARKS_ASAN)

namespace {

using morph::kChunkBytes;
using morph::TestArena;

bool is_poisoned(const void* address) {
    return __asan_address_is_poisoned(address) != 0;
}

// Exactly the bytes [object, object + size) are accessible up to the next object.
void expect_exact(const unsigned char* object, size_t size, size_t reserved) {
    for (size_t index = 0; index < size; ++index) ASSERT_FALSE(is_poisoned(object + index));
    for (size_t index = size; index < reserved; ++index) ASSERT_TRUE(is_poisoned(object + index));
}

TEST(ArenaMarks, AnObjectIsAccessibleForExactlyItsBytes) {
    for (bool debug : {false, true}) {
        MorphArenaConfig config{};
        config.enable_debug = debug;
        TestArena arena(config);
        for (size_t size = 0; size < 70; ++size) {
            auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, size));
            size_t rounded = size == 0 ? 8 : (size + 7) / 8 * 8;
            expect_exact(object, size, rounded + (debug ? 8 : 0));
            auto* zeroed = static_cast<unsigned char*>(morph_arena_alloc_zeroed(arena, size));
            expect_exact(zeroed, size, rounded + (debug ? 8 : 0));
            auto* aligned = static_cast<unsigned char*>(morph_arena_alloc_aligned(arena, size, 64));
            expect_exact(aligned, size, rounded + (debug ? 8 : 0));
        }
        auto* large = static_cast<unsigned char*>(morph_arena_alloc(arena, kChunkBytes + 3));
        expect_exact(large, kChunkBytes + 3, kChunkBytes + 8);
        for (size_t before = 1; before <= 48; ++before) ASSERT_TRUE(is_poisoned(large - before));
    }
}

TEST(ArenaMarks, NeverAllocatedMemoryAndPaddingAreNotAccessible) {
    TestArena arena;
    auto* first = static_cast<unsigned char*>(morph_arena_alloc(arena, 8));
    auto* second = static_cast<unsigned char*>(morph_arena_alloc_aligned(arena, 8, 4096));
    for (unsigned char* byte = first + 8; byte < second; ++byte) ASSERT_TRUE(is_poisoned(byte));
    auto* end = morph::end_of(morph::chunk_of(first));
    for (unsigned char* byte = second + 8; byte < end; ++byte) ASSERT_TRUE(is_poisoned(byte));
}

TEST(ArenaMarks, ResetAndReleaseTakeAccessAwayEverywhere) {
    TestArena arena;
    std::vector<unsigned char*> kept;
    std::vector<unsigned char*> freed;
    auto fill = [&](std::vector<unsigned char*>& list, size_t count) {
        for (size_t index = 0; index < count; ++index) {
            list.push_back(static_cast<unsigned char*>(morph_arena_alloc(arena, 999)));
        }
    };
    fill(kept, 10);
    MorphArenaMark* mark = morph_arena_mark(arena);
    fill(freed, 3 * kChunkBytes / 1000);
    ASSERT_EQ(morph_arena_release(arena, mark), MORPH_OK);
    for (unsigned char* object : kept) expect_exact(object, 999, 1000);
    for (unsigned char* object : freed) expect_exact(object, 0, 1000);
    morph_arena_reset(arena);
    for (unsigned char* object : kept) expect_exact(object, 0, 1000);
}

TEST(ArenaMarks, AMarkRecordIsNotAccessible) {
    TestArena arena;
    auto* mark = reinterpret_cast<unsigned char*>(morph_arena_mark(arena));
    EXPECT_TRUE(is_poisoned(mark));
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
    EXPECT_TRUE(is_poisoned(mark));
}

TEST(ArenaMarks, MemoryThatGoesBackIsLeftAccessible) {
    unsigned char* object = nullptr;
    {
        TestArena arena;
        object = static_cast<unsigned char*>(morph_arena_alloc(arena, 8));
        ASSERT_TRUE(is_poisoned(object + 8));
    }
    for (size_t offset = 0; offset < kChunkBytes / 2; offset += 8) {
        ASSERT_FALSE(is_poisoned(object + offset));
    }
}

TEST(ArenaMarksDeathTest, TouchingAFreedObjectIsFound) {
    TestArena arena;
    auto* object = static_cast<volatile unsigned char*>(morph_arena_alloc(arena, 8));
    object[0] = 1;
    morph_arena_reset(arena);
    EXPECT_DEATH(object[0] = 2, "use-after-poison");
}

}  // namespace

#endif
