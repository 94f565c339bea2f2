// Blocks, runs and large objects: which of them serves what, and their limits.
#include <gtest/gtest.h>

#include "heap/old_space_for_tests.h"

namespace old_test {
namespace {

using morph::card_count;
using morph::kCarded;
using morph::kUnitBytes;
using morph::Space;

TEST(OldSpace, NoClassWastesMoreThanAnEighthOfASlot) {
    uint32_t last = 0;
    for (size_t bytes = 16; bytes <= kSlotBytesMax; bytes += 8) {
        uint32_t slot = morph::slot_class(bytes);
        size_t slot_bytes = morph::slot_class_bytes(slot);
        ASSERT_GE(slot_bytes, bytes);
        ASSERT_LE(slot_bytes - bytes, bytes / 8);
        ASSERT_TRUE(slot == last || slot == last + 1);
        if (slot > 0) {
            ASSERT_LT(morph::slot_class_bytes(slot - 1), bytes);
        }
        last = slot;
    }
    EXPECT_EQ(last, morph::kSlotClasses - 1);
}

TEST(OldSpace, TheReciprocalDividesEveryOffset) {
    for (uint32_t slot = 0; slot < morph::kSlotClasses; slot++) {
        uint32_t bytes = morph::slot_class_bytes(slot);
        morph::OldBlock block{};
        morph::OldGeometry geometry = morph::old_geometry(bytes, 1);
        block.reciprocal = geometry.reciprocal;
        block.first = geometry.first;
        for (size_t offset = block.first; offset < kBlockBytes; offset++) {
            ASSERT_EQ(morph::slot_index(&block, offset), (offset - block.first) / bytes);
        }
    }
}

TEST(OldSpace, SizesThatNobodyHasAreRefusedAsTooLarge) {
    Owned owned;
    unsigned char* object = owned.allocate(100);
    size_t requests = owned.meter.requests;
    for (size_t bytes : {SIZE_MAX - 7, SIZE_MAX - 31, SIZE_MAX / 2 - 7, SIZE_MAX - kChunkBytes + 1,
                         size_t{1} << 62}) {
        for (size_t alignment : {size_t{8}, size_t{4096}, MORPH_MAX_ALIGNMENT}) {
            for (Header carded : {Header{0}, kCarded}) {
                Header header = morph::make_header(1, bytes - 8) | carded;
                EXPECT_EQ(owned.space->allocate(header, bytes - 8, bytes, alignment, true),
                          nullptr);
                EXPECT_EQ(owned.source.refusal(), morph::Refusal::too_large);
            }
        }
    }
    EXPECT_EQ(owned.meter.requests, requests);
    EXPECT_EQ(owned.space->find(object), morph::header_of(object));
    owned.expect_sound();
}

TEST(OldSpace, TheLargestAlignmentIsServed) {
    Owned owned;
    for (size_t alignment : {kChunkBytes / 2, kChunkBytes, 2 * kChunkBytes, MORPH_MAX_ALIGNMENT}) {
        unsigned char* object = owned.allocate(100, alignment);
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
        EXPECT_EQ(owned.space->find(object + 99), morph::header_of(object));
        EXPECT_EQ(owned.space->find(object - 9), nullptr);
        owned.expect_sound();
        owned.collect({object});
        EXPECT_TRUE(owned.space->is_live(object));
    }
    owned.collect({});
    EXPECT_EQ(owned.space->large_objects(), 0u);
}

TEST(OldSpace, CardsAreCleanAtBirthAndBelongToNothingElse) {
    Owned owned(true);
    for (int round = 0; round < 3; round++) {
        std::vector<unsigned char*> objects;
        for (size_t size = kSlotBytesMax; size < kChunkBytes; size = size * 3 / 2 + 1) {
            objects.push_back(owned.allocate(size, 8, true, kCarded));
            unsigned char* cards = owned.space->cards_of(objects.back());
            ASSERT_GE(cards, objects.back() + size);
            ASSERT_LE(cards + card_count(size),
                      reinterpret_cast<unsigned char*>(morph::header_of(objects.back())) +
                          owned.space->bytes_of(objects.back()));
            for (size_t i = 0; i < card_count(size); i++) {
                ASSERT_EQ(cards[i], 0);
                cards[i] = 1;
            }
        }
        for (unsigned char* object : objects) {
            size_t size = owned.space->size_of(object);
            for (size_t i = 0; i < size; i++) ASSERT_EQ(object[i], 0);
        }
        owned.expect_sound();
        owned.collect({});
    }
    EXPECT_EQ(card_count(0), 0u);
    EXPECT_EQ(card_count(1), 1u);
    EXPECT_EQ(card_count(512), 1u);
    EXPECT_EQ(card_count(513), 2u);
    EXPECT_EQ(card_count(SIZE_MAX), SIZE_MAX / 512 + 1);
}

TEST(OldSpace, SizesDecideThePart) {
    Owned owned;
    auto space_of = [&](size_t size) {
        return morph::space_of(*morph::header_of(owned.allocate(size)));
    };
    EXPECT_EQ(space_of(kSlotBytesMax - 8), Space::block);
    EXPECT_EQ(space_of(kSlotBytesMax), Space::run);
    EXPECT_EQ(space_of(kChunkBytes / 2 - 8), Space::run);
    EXPECT_EQ(space_of(kChunkBytes / 2), Space::large);
    owned.space->set_large_bytes(4096);
    EXPECT_EQ(space_of(4096 - 8), kSlotBytesMax < 4096 ? Space::run : Space::block);
    EXPECT_EQ(space_of(4096), Space::large);
    owned.expect_sound();
}

TEST(OldSpace, SizesThatHeadersCannotHoldAreKnown) {
    Owned owned;
    for (size_t size : {morph::kHugeSize - 1, morph::kHugeSize, morph::kHugeSize + 1,
                        2 * morph::kHugeSize + 4711}) {
        unsigned char* object = owned.allocate(size);
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(owned.space->size_of(object), size);
        EXPECT_EQ(owned.space->find(object + size - 1), morph::header_of(object));
        object[size - 1] = 1;
        unsigned char* carded = owned.allocate(size, 8, true, kCarded);
        EXPECT_EQ(owned.space->size_of(carded), size);
        EXPECT_GE(owned.space->cards_of(carded), carded + size);
        owned.expect_sound();
        owned.collect({});
    }
}

TEST(OldSpace, RunsServeWhateverAChunkCanHold) {
    Owned owned;
    owned.space->set_large_bytes(SIZE_MAX);
    size_t runs = 0;
    for (size_t alignment = 8; alignment <= kChunkBytes; alignment *= 2) {
        for (size_t bytes = kChunkBytes - 40 * kUnitBytes; bytes <= kChunkBytes;
             bytes += kUnitBytes / 2) {
            for (Header carded : {Header{0}, kCarded}) {
                unsigned char* object = owned.allocate(bytes - 8, alignment, false, carded);
                ASSERT_NE(object, nullptr);
                ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
                runs += morph::space_of(*morph::header_of(object)) == Space::run ? 1u : 0u;
                if (carded != 0) {
                    ASSERT_GE(owned.space->cards_of(object), object + bytes - 8);
                }
                owned.expect_sound();
                owned.collect({});
            }
        }
    }
    EXPECT_GT(runs, 100u);
}

TEST(OldSpace, AHoleOfExactlyTheRightSizeIsFilled) {
    Owned owned;
    std::vector<unsigned char*> all;
    size_t size = 8 * kUnitBytes - 8;  // in the tiny variant, too, a run
    if (size + 8 <= kSlotBytesMax) size += kUnitBytes;
    size_t units = (size + 8) / kUnitBytes;
    for (size_t i = 0; i < morph::kUnitsMax / units; i++) all.push_back(owned.allocate(size));
    while (morph::kUnitsMax - owned.space->bytes_used() / kUnitBytes != 0) {
        size_t left = morph::kUnitsMax - owned.space->bytes_used() / kUnitBytes;
        if (left * kUnitBytes <= kSlotBytesMax) break;
        all.push_back(owned.allocate(left * kUnitBytes - 8));
    }
    unsigned char* hole = all[all.size() / 2];
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    owned.collect(all);
    size_t requests = owned.meter.requests;
    EXPECT_EQ(owned.allocate(size), hole);
    EXPECT_EQ(owned.meter.requests, requests);
    owned.expect_sound();
}

TEST(OldSpace, BlocksThatWereUsedAreTakenBeforeFreshOnes) {
    Owned owned;
    std::vector<unsigned char*> first;
    for (size_t slot = 0; slot < 4; slot++) {
        first.push_back(owned.allocate(morph::slot_class_bytes(static_cast<uint32_t>(slot)) - 8));
    }
    owned.collect({first[0], first[1], first[3]});  // the third block is free again
    unsigned char* object = owned.allocate(200);
    EXPECT_EQ(morph::old_block_of(object), morph::old_block_of(first[2]));
    owned.collect({object});  // now the others are, before those that were never used
    unsigned char* next = owned.allocate(300);
    EXPECT_EQ(morph::old_block_of(next), morph::old_block_of(first[0]));
}

}  // namespace
}  // namespace old_test
