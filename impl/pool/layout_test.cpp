#include "pool/layout.h"

#include <cstring>
#include <gtest/gtest.h>
#include <vector>

#include "pool/tags.h"

namespace morph {
namespace {

TEST(PoolLayout, SlotIndexDividesExactlyForEveryOffsetAndSlotSize) {
    for (uint32_t size_class = 1; size_class < MORPH_SIZE_CLASSES; size_class++) {
        auto slot_size = static_cast<uint32_t>(morph_size_class_bytes(size_class));
        uint32_t reciprocal = slot_reciprocal(slot_size);
        for (uint32_t offset = 0; offset < 65536; offset++) {
            SlotIndex found = slot_index(offset, reciprocal);
            ASSERT_EQ(found.index, offset / slot_size) << offset << " " << slot_size;
            ASSERT_EQ(found.exact, offset % slot_size == 0) << offset << " " << slot_size;
        }
    }
}

// size-class rounding (snmalloc 61afa778): every size, and both directions.
TEST(PoolLayout, EverySizeFitsItsClassAndNoSmallerOne) {
    EXPECT_EQ(morph_size_class(0), 0u);
    EXPECT_EQ(morph_size_class_bytes(0), 0u);
    for (size_t size = 1; size <= 1152; size++) {
        uint32_t size_class = morph_size_class(size);
        ASSERT_GE(size_class, 1u);
        ASSERT_LT(size_class, uint32_t{MORPH_SIZE_CLASSES});
        ASSERT_GE(morph_size_class_bytes(size_class), size);
        ASSERT_LT(morph_size_class_bytes(size_class - 1), size);
        ASSERT_EQ(morph_size_class(morph_size_class_bytes(size_class)), size_class);
        ASSERT_EQ(morph_size_class_bytes(size_class) % 8, 0u);
    }
}

TEST(PoolLayout, WasteStaysWithinTheStatedBounds) {
    for (size_t size = 1; size <= MORPH_POOL_MAX_SIZE; size++) {
        size_t waste = morph_size_class_bytes(morph_size_class(size)) - size;
        if (size <= 128) {
            ASSERT_LE(waste, 7u) << size;
        } else {
            ASSERT_LT(waste * 8, size) << size;
        }
    }
}

TEST(PoolLayout, PartsOfABlockNeverOverlapAndStayInside) {
    for (uint32_t number = 0; number < kBlocksPerChunk; number++) {
        for (uint32_t size_class = 1; size_class < MORPH_SIZE_CLASSES; size_class++) {
            for (uint32_t tag_bytes : {1u, 2u}) {
                auto slot_size = static_cast<uint32_t>(morph_size_class_bytes(size_class));
                BlockGeometry geometry = block_geometry(slot_size, tag_bytes, number);
                std::vector<uint8_t> used(kBlockBytes, 0);
                std::memset(used.data(), 1, block_head(number));
                auto take = [&](size_t begin, size_t bytes) {
                    ASSERT_LE(begin + bytes, kBlockBytes);
                    for (size_t i = begin; i < begin + bytes; i++) ASSERT_EQ(used[i]++, 0);
                };
                take(geometry.tags_offset, size_t{geometry.tags} * tag_bytes);
                uint32_t slots = 0;
                for (uint32_t index = 0; index < geometry.tags; index++) {
                    if (!geometry.is_slot(index)) continue;
                    take(size_t{index} * slot_size, slot_size);
                    slots++;
                }
                ASSERT_EQ(slots, geometry.slot_count());
                ASSERT_GE(slots, 1u);
                // Every address of the block has a tag.
                ASSERT_GE(geometry.tags * slot_size, kBlockBytes);
            }
        }
    }
}

TEST(PoolLayout, TagsCostAtMostWhatTheClassNeeds) {
    if (kBlockBytes < 65536) GTEST_SKIP() << "of full-size blocks";
    for (uint32_t size_class = 2; size_class <= 40; size_class++) {
        auto slot_size = static_cast<uint32_t>(morph_size_class_bytes(size_class));
        BlockGeometry geometry = block_geometry(slot_size, 1, 5);
        size_t slots = geometry.slot_count();
        // A byte per slot, what rounding to groups adds, and a slot lost at each of three edges.
        EXPECT_LE(kBlockBytes, slots * (slot_size + 1) + 64 + kBlockBytes / slot_size / slot_size +
                                   size_t{3} * slot_size)
            << slot_size;
    }
}

TEST(PoolLayout, TagScansAgreeWithTheirPortableForm) {
    uint64_t state = 1;
    for (int round = 0; round < 20000; round++) {
        unsigned char tags[2 * kGroup];
        for (unsigned char& tag : tags) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            constexpr unsigned char kSome[] = {0xFF, 0xFE, 0xFD, 0x7F, 0x80, 0x00, 0x01, 0xFF};
            tag = kSome[state >> 61];
        }
        uint64_t free_bits = 0;
        uint64_t free_wide = 0;
        uint64_t live_bits = 0;
        for (uint32_t i = 0; i < kGroup; i++) {
            free_bits |= uint64_t{tags[i] == 0xFF} << i;
            live_bits |= uint64_t{tags[i] < 0xFE} << i;
            free_wide |= uint64_t{tags[2 * i] == 0xFF && tags[2 * i + 1] == 0xFF} << i;
        }
        ASSERT_EQ(free_tags(tags), free_bits);
        ASSERT_EQ(free_tags_portable(tags), free_bits);
        ASSERT_EQ(live_tags(tags), live_bits);
        ASSERT_EQ(live_tags_portable(tags), live_bits);
        ASSERT_EQ(free_wide_tags(tags), free_wide);
        ASSERT_EQ(free_wide_tags_portable(tags), free_wide);
    }
}

}  // namespace
}  // namespace morph
