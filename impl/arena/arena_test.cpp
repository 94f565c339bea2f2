// Allocation: sizes, alignments, blocks, chunks, large objects, figures.
#include "arena/arena.h"

#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "arena/arena_for_tests.h"
#include "arena/layout.h"
#include "chunk/memory_marks.h"

namespace {

using morph::expect_equal;
using morph::kArenaHeaderBytes;
using morph::kChunkBytes;
using morph::TestArena;

constexpr size_t kPayload = kChunkBytes - kArenaHeaderBytes;
constexpr size_t kThreshold = kChunkBytes / 16;

uintptr_t number_of(const void* address) {
    return reinterpret_cast<uintptr_t>(address);
}

TEST(Arena, DefaultsNeedNoConfiguration) {
    MorphArena* arena = morph_arena_create(nullptr);
    ASSERT_NE(arena, nullptr);
    auto* object = static_cast<char*>(morph_arena_alloc(arena, 100));
    ASSERT_NE(object, nullptr);
    memset(object, 1, 100);
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
    morph_arena_destroy(arena);
    morph_arena_destroy(nullptr);
}

TEST(Arena, CreationTakesTwoMappingsAndAllIsReturned) {
    TestArena arena;
    EXPECT_EQ(arena.meter.requests, 2u);
    EXPECT_EQ(arena.meter.held(), kChunkBytes + morph::kPageBytes);
    MorphArenaStats stats = arena.stats();
    EXPECT_EQ(stats.bytes_mapped, arena.meter.held());
    EXPECT_EQ(stats.bytes_mapped_peak, arena.meter.held());
    EXPECT_EQ(stats.bytes_used, 0u);
    EXPECT_EQ(stats.bytes_padding, 0u);
    EXPECT_EQ(stats.blocks, 1u);
    EXPECT_EQ(stats.chunks, 1u);
}

TEST(Arena, InvalidBlockSizesAreRefusedWithFieldAndValue) {
    for (size_t block : {size_t{1}, size_t{2048}, size_t{4097}, size_t{5000}, size_t{1} << 31,
                         SIZE_MAX, (size_t{1} << 30) + 1}) {
        MorphArenaConfig config{};
        config.block_size = block;
        morph::Meter meter;
        config.memory = meter.limits();
        EXPECT_EQ(morph_arena_create(&config), nullptr);
        MorphError error = morph_creation_error();
        EXPECT_EQ(error.code, MORPH_ERROR_INVALID_CONFIGURATION);
        std::string expected = "block_size: " + std::to_string(block);
        EXPECT_EQ(std::string(error.text).rfind(expected, 0), 0u) << error.text;
        EXPECT_EQ(meter.requests, 0u);
    }
}

TEST(Arena, ABoundBelowBlockChunkAndReserveIsRefused) {
    for (size_t block : {size_t{0}, size_t{4096}, 2 * kChunkBytes}) {
        MorphArenaConfig config{};
        config.block_size = block;
        size_t least = (block == 0 ? kChunkBytes : block) + kChunkBytes + (64 << 10);
        for (size_t bound : {size_t{1}, least - 1}) {
            config.memory.bytes_max = bound;
            EXPECT_EQ(morph_arena_create(&config), nullptr);
            EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
            EXPECT_NE(strstr(morph_creation_error().text, "memory.bytes_max"), nullptr);
        }
        config.memory.bytes_max = least;
        MorphArena* arena = morph_arena_create(&config);
        EXPECT_NE(arena, nullptr);
        morph_arena_destroy(arena);
    }
}

TEST(Arena, EverySizeIsAlignedToEightAndRoundsUp) {
    TestArena arena;
    size_t used = 0;
    unsigned char* expected = arena->cursor;
    for (size_t size = 0; size <= 300; ++size) {
        auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, size));
        ASSERT_EQ(object, expected);
        ASSERT_EQ(number_of(object) % 8, 0u);
        memset(object, 0xEE, size);
        size_t rounded = size == 0 ? 8 : (size + 7) / 8 * 8;
        used += rounded;
        expected += rounded;
        ASSERT_EQ(arena.stats().bytes_used, used);
    }
    EXPECT_EQ(arena.stats().bytes_padding, 0u);
}

TEST(Arena, ZeroSizeGivesAUniqueAddress) {
    TestArena arena;
    void* first = morph_arena_alloc(arena, 0);
    void* second = morph_arena_alloc(arena, 0);
    void* third = morph_arena_alloc_zeroed(arena, 0);
    void* fourth = morph_arena_alloc_aligned(arena, 0, 16);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(number_of(second) - number_of(first), 8u);
    EXPECT_EQ(number_of(third) - number_of(second), 8u);
    EXPECT_GE(number_of(fourth) - number_of(third), 8u);
    EXPECT_NE(morph_arena_alloc(arena, 8), fourth);
    EXPECT_EQ(arena.stats().bytes_used, 40u);
}

// mimalloc 6b24908c, jemalloc 4acb6c7f, bdwgc CVE-2016-9427.
TEST(Arena, SizesNearTheMaximumDoNotWrap) {
    for (bool debug : {false, true}) {
        MorphArenaConfig config{};
        config.enable_debug = debug;
        TestArena arena(config);
        MorphArenaStats before = arena.stats();
        for (size_t size : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 6, SIZE_MAX - 7, SIZE_MAX - 8,
                            SIZE_MAX - 15, SIZE_MAX - kChunkBytes, SIZE_MAX / 2 + 1,
                            MORPH_MAX_REQUEST + 1, MORPH_MAX_REQUEST, MORPH_MAX_REQUEST - 1}) {
            MorphCode code =
                size > MORPH_MAX_REQUEST ? MORPH_ERROR_TOO_LARGE : MORPH_ERROR_OUT_OF_MEMORY;
            EXPECT_EQ(morph_arena_alloc(arena, size), nullptr);
            EXPECT_EQ(arena.error().code, code) << size;
            EXPECT_EQ(morph_arena_alloc_zeroed(arena, size), nullptr);
            for (size_t alignment : {size_t{1}, size_t{16}, MORPH_MAX_ALIGNMENT}) {
                EXPECT_EQ(morph_arena_alloc_aligned(arena, size, alignment), nullptr);
                EXPECT_EQ(arena.error().code, code) << size;
            }
        }
        expect_equal(arena.stats(), before);
        EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
    }
}

// Alignment smaller than promised; new block sized with the old one's padding (boost json 1191,
// boost container 151): every alignment, at every distance from the end of a chunk.
TEST(Arena, AlignmentIsNeverSmallerThanPromised) {
    for (bool debug : {false, true}) {
        for (size_t alignment = 1; alignment <= MORPH_MAX_ALIGNMENT; alignment *= 2) {
            MorphArenaConfig config{};
            config.enable_debug = debug;
            TestArena arena(config);
            for (size_t size : {size_t{0}, size_t{1}, size_t{24}, kThreshold, kThreshold + 1}) {
                ASSERT_NE(morph_arena_alloc(arena, 8), nullptr);
                auto* object =
                    static_cast<unsigned char*>(morph_arena_alloc_aligned(arena, size, alignment));
                ASSERT_NE(object, nullptr) << arena.error().text;
                ASSERT_EQ(number_of(object) % alignment, 0u);
                ASSERT_EQ(number_of(object) % 8, 0u);
                memset(object, 0xEE, size);
                ASSERT_TRUE(morph_arena_contains(arena, object));
                ASSERT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
            }
        }
    }
}

TEST(Arena, ANewChunkHasRoomForItsOwnPadding) {
    for (size_t left = 0; left <= 256; left += 8) {
        for (size_t alignment = 8; alignment <= kThreshold; alignment *= 4) {
            TestArena arena;
            size_t spent = 0;  // fill the chunk but for `left` bytes
            while (kPayload - left - spent > kThreshold) {
                ASSERT_NE(morph_arena_alloc(arena, kThreshold / 2), nullptr);
                spent += kThreshold / 2;
            }
            ASSERT_NE(morph_arena_alloc(arena, kPayload - left - spent), nullptr);
            auto* object = static_cast<unsigned char*>(
                morph_arena_alloc_aligned(arena, kThreshold, alignment));
            ASSERT_NE(object, nullptr);
            ASSERT_EQ(number_of(object) % alignment, 0u);
            memset(object, 1, kThreshold);
            ASSERT_EQ(arena.stats().chunks, 2u);
            ASSERT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
        }
    }
}

TEST(Arena, InvalidAlignmentsAreRefused) {
    TestArena arena;
    MorphArenaStats before = arena.stats();
    for (size_t alignment : {size_t{0}, size_t{3}, size_t{12}, MORPH_MAX_ALIGNMENT + 1,
                             MORPH_MAX_ALIGNMENT * 2, SIZE_MAX, size_t{1} << 63}) {
        for (size_t size : {size_t{0}, size_t{8}, SIZE_MAX}) {
            EXPECT_EQ(morph_arena_alloc_aligned(arena, size, alignment), nullptr);
            EXPECT_EQ(arena.error().code, MORPH_ERROR_INVALID_ARGUMENT);
        }
    }
    expect_equal(arena.stats(), before);
}

TEST(Arena, AlignmentPaddingIsCountedExactly) {
    TestArena arena;
    ASSERT_NE(morph_arena_alloc(arena, 8), nullptr);
    unsigned char* before = arena->cursor;
    for (size_t alignment : {size_t{16}, size_t{64}, size_t{4096}}) {
        size_t padding_before = arena.stats().bytes_padding;
        void* object = morph_arena_alloc_aligned(arena, 24, alignment);
        EXPECT_EQ(arena.stats().bytes_padding - padding_before,
                  number_of(object) - number_of(before));
        before = arena->cursor;
    }
    EXPECT_EQ(arena.stats().bytes_used, 8u + 3 * 24);
    // A large object's padding counts as well.
    size_t padding_before = arena.stats().bytes_padding;
    ASSERT_NE(morph_arena_alloc_aligned(arena, kChunkBytes, 4096), nullptr);
    EXPECT_EQ(arena.stats().large_objects, 1u);
    EXPECT_EQ(arena.stats().bytes_padding - padding_before, 4096 - kArenaHeaderBytes);
}

TEST(Arena, ZeroedIsZeroInReusedMemoryToo) {
    for (bool debug : {false, true}) {
        MorphArenaConfig config{};
        config.enable_debug = debug;
        TestArena arena(config);
        for (int round = 0; round < 2; ++round) {
            for (size_t size : {size_t{1}, size_t{7}, size_t{64}, kThreshold, kChunkBytes}) {
                auto* object = static_cast<unsigned char*>(morph_arena_alloc_zeroed(arena, size));
                ASSERT_NE(object, nullptr);
                for (size_t index = 0; index < size; ++index) ASSERT_EQ(object[index], 0);
                memset(object, 0xEE, size);
            }
            morph_arena_reset(arena);
        }
    }
}

TEST(Arena, BlocksAreTakenAsTheyAreNeeded) {
    MorphArenaConfig config{};
    config.block_size = 4096;
    TestArena arena(config);
    EXPECT_EQ(arena.stats().bytes_reserved, 4096u);
    ASSERT_NE(morph_arena_alloc(arena, 4096 - kArenaHeaderBytes), nullptr);
    EXPECT_EQ(arena.stats().blocks, 1u);
    if (!morph::marks_active()) {
        EXPECT_EQ(arena->cursor, arena->limit);
    }
    ASSERT_NE(morph_arena_alloc(arena, 8), nullptr);
    EXPECT_EQ(arena.stats().blocks, 2u);
    // A request that spans several blocks takes them side by side.
    auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, 3 * 4096));
    memset(object, 1, 3 * 4096);
    EXPECT_EQ(arena.stats().blocks, 5u);
    EXPECT_EQ(arena.stats().bytes_reserved, 5u * 4096);
    EXPECT_EQ(arena.stats().chunks, 1u);
    EXPECT_EQ(arena.stats().large_objects, 0u);
}

TEST(Arena, ABlockLargerThanAChunkIsAChunkOfItsOwnSize) {
    MorphArenaConfig config{};
    config.block_size = 4 * kChunkBytes;
    TestArena arena(config);
    EXPECT_EQ(arena.stats().bytes_reserved, 4 * kChunkBytes);
    EXPECT_EQ(arena.stats().chunks, 1u);
    auto* object =
        static_cast<unsigned char*>(morph_arena_alloc(arena, 4 * kChunkBytes - kArenaHeaderBytes));
    ASSERT_NE(object, nullptr);
    memset(object, 1, 4 * kChunkBytes - kArenaHeaderBytes);
    EXPECT_EQ(arena.stats().large_objects, 0u);
    EXPECT_EQ(arena.stats().blocks, 1u);
    EXPECT_TRUE(morph_arena_contains(arena, object + 3 * kChunkBytes));
    ASSERT_NE(morph_arena_alloc(arena, 8), nullptr);
    EXPECT_EQ(arena.stats().chunks, 2u);
}

TEST(Arena, WhatDoesNotFitMovesOnUpToASixteenthAndIsMappedAloneAbove) {
    TestArena arena;
    ASSERT_NE(morph_arena_alloc(arena, kPayload - 64), nullptr);
    ASSERT_NE(morph_arena_alloc(arena, kThreshold), nullptr);
    EXPECT_EQ(arena.stats().chunks, 2u);
    EXPECT_EQ(arena.stats().large_objects, 0u);
    // Above a sixteenth, but it fits: no mapping of its own.
    ASSERT_NE(morph_arena_alloc(arena, kThreshold + 8), nullptr);
    EXPECT_EQ(arena.stats().large_objects, 0u);
    ASSERT_NE(morph_arena_alloc(arena, kPayload - 4 * kThreshold), nullptr);
    ASSERT_NE(morph_arena_alloc(arena, 2 * kThreshold), nullptr);
    EXPECT_EQ(arena.stats().chunks, 2u);
    EXPECT_EQ(arena.stats().large_objects, 1u);
    // The tail of the chunk goes on being used.
    unsigned char* cursor = arena->cursor;
    EXPECT_EQ(morph_arena_alloc(arena, 8), cursor);
}

TEST(Arena, UtilisationStaysAboveNinetyPercentAtEverySizeUpToTheThreshold) {
    for (size_t size : {size_t{8}, size_t{24}, size_t{1000}, size_t{4096}, kThreshold / 2 + 8,
                        kThreshold - 8, kThreshold}) {
        TestArena arena;
        while (arena.stats().chunks < 4) {
            // Look at the figures right before the next chunk is begun.
            MorphArenaStats stats = arena.stats();
            ASSERT_NE(morph_arena_alloc(arena, size), nullptr);
            if (arena.stats().chunks > stats.chunks) {
                EXPECT_GT(stats.utilisation, 0.9) << size << " x chunk " << stats.chunks;
            }
        }
    }
}

TEST(Arena, UtilisationStaysAboveNinetyPercentRightAboveTheThreshold) {
    TestArena arena;
    for (int count = 0; count < 64; ++count) {
        ASSERT_NE(morph_arena_alloc(arena, kThreshold + 8), nullptr);
    }
    // A mapping of its own wastes less than a page and its header.
    double page = static_cast<double>(morph::kPageBytes + kArenaHeaderBytes);
    double floor = 1 - 1.0 / 16 - page / static_cast<double>(kThreshold + 8 + morph::kPageBytes);
    EXPECT_GT(arena.stats().utilisation, kChunkBytes >= (2 << 20) ? 0.9 : floor);
}

TEST(Arena, UtilisationIsUsedOverReserved) {
    TestArena arena;
    EXPECT_EQ(arena.stats().utilisation, 0.0);
    ASSERT_NE(morph_arena_alloc(arena, kChunkBytes / 2), nullptr);
    EXPECT_DOUBLE_EQ(arena.stats().utilisation, 0.5);
}

// bumpalo 314.
TEST(Arena, GrowthIsNotExponential) {
    TestArena arena;
    size_t bytes = 0;
    while (bytes < 40 * kChunkBytes) {
        ASSERT_NE(morph_arena_alloc(arena, kThreshold / 2), nullptr);
        bytes += kThreshold / 2;
        ASSERT_LE(arena.stats().bytes_mapped, bytes * 17 / 16 + 2 * kChunkBytes);
    }
}

TEST(Arena, ContainsAnswersForAnyAddress) {
    TestArena arena;
    TestArena other;
    auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, 24));
    auto* large = static_cast<unsigned char*>(morph_arena_alloc(arena, kChunkBytes));
    auto* foreign = static_cast<unsigned char*>(morph_arena_alloc(other, 24));
    EXPECT_TRUE(morph_arena_contains(arena, object));
    EXPECT_TRUE(morph_arena_contains(arena, object + 23));
    EXPECT_FALSE(morph_arena_contains(arena, arena->cursor));
    EXPECT_FALSE(morph_arena_contains(arena, object - 1));
    EXPECT_TRUE(morph_arena_contains(arena, large));
    EXPECT_TRUE(morph_arena_contains(arena, large + kChunkBytes - 1));
    EXPECT_FALSE(morph_arena_contains(arena, large - 1));
    EXPECT_FALSE(morph_arena_contains(arena, large + kChunkBytes));
    EXPECT_FALSE(morph_arena_contains(arena, foreign));
    EXPECT_FALSE(morph_arena_contains(arena, nullptr));
    EXPECT_FALSE(morph_arena_contains(arena, &arena));
    EXPECT_FALSE(morph_arena_contains(arena, reinterpret_cast<void*>(UINTPTR_MAX)));
    EXPECT_FALSE(morph_arena_contains(arena, static_cast<MorphArena*>(arena)));
    // A chunk that is kept for later holds nothing.
    while (arena.stats().chunks < 2) (void)morph_arena_alloc(arena, kThreshold);
    void* in_second = morph_arena_alloc(arena, 8);
    while (arena.stats().chunks < 3) (void)morph_arena_alloc(arena, kThreshold);
    EXPECT_TRUE(morph_arena_contains(arena, in_second));
    morph_arena_reset(arena);
    EXPECT_FALSE(morph_arena_contains(arena, in_second));
    EXPECT_FALSE(morph_arena_contains(arena, object));
    EXPECT_FALSE(morph_arena_contains(arena, large));
}

TEST(Arena, TheFastPathIsPinnedOnlyInDebugModeAndUnderSanitizers) {
    TestArena plain;
    EXPECT_EQ(plain->limit == plain->cursor, morph::marks_active());
    MorphArenaConfig config{};
    config.enable_debug = true;
    TestArena debug(config);
    for (int count = 0; count < 3; ++count) {
        EXPECT_EQ(debug->limit, debug->cursor);
        ASSERT_NE(morph_arena_alloc(debug, 24), nullptr);
    }
    morph_arena_reset(debug);
    EXPECT_EQ(debug->limit, debug->cursor);
}

TEST(Arena, SuccessLeavesTheLastErrorUnchanged) {
    TestArena arena;
    EXPECT_EQ(arena.error().code, MORPH_OK);
    EXPECT_STREQ(arena.error().text, "");
    EXPECT_EQ(morph_arena_alloc(arena, SIZE_MAX), nullptr);
    ASSERT_NE(morph_arena_alloc(arena, 8), nullptr);
    EXPECT_EQ(arena.error().code, MORPH_ERROR_TOO_LARGE);
    EXPECT_NE(strstr(arena.error().text, "18,446,744,073,709,551,615 bytes"), nullptr);
}

}  // namespace
