// Marking and sweeping: what is kept, what is found dead at once, what is swept when, and which
// memory comes back.
#include <gtest/gtest.h>

#include "chunk/memory_marks.h"
#include "heap/old_space_for_tests.h"

namespace old_test {
namespace {

using morph::kUnitBytes;
using morph::OldBlockState;

std::vector<unsigned char*> fill(Owned& owned, size_t size, size_t bytes) {
    std::vector<unsigned char*> objects;
    for (size_t done = 0; done < bytes; done += morph::object_bytes(size, 0)) {
        objects.push_back(owned.allocate(size));
        EXPECT_NE(objects.back(), nullptr);
    }
    return objects;
}

std::vector<unsigned char*> each_second(const std::vector<unsigned char*>& objects) {
    std::vector<unsigned char*> chosen;
    for (size_t i = 0; i < objects.size(); i += 2) chosen.push_back(objects[i]);
    return chosen;
}

size_t slot_of(size_t size) {
    return morph::slot_class_bytes(morph::slot_class(morph::object_bytes(size, 0)));
}

// A size of each class, and some of runs.
std::vector<size_t> sizes_of_all_classes() {
    std::vector<size_t> sizes;
    for (uint32_t slot = 0; slot < morph::kSlotClasses; slot++) {
        sizes.push_back(morph::slot_class_bytes(slot) - 8);
    }
    for (size_t units : {size_t{1}, size_t{2}, size_t{3}, size_t{7}}) {
        sizes.push_back(kSlotBytesMax + units * kUnitBytes - 8);
    }
    return sizes;
}

TEST(OldCollect, KeepsExactlyWhatIsMarkedInEveryClass) {
    Owned owned;
    for (size_t size : sizes_of_all_classes()) {
        std::vector<unsigned char*> all = fill(owned, size, 2 * kBlockBytes);
        size_t bytes = bytes_of_objects(owned, all);
        EXPECT_EQ(owned.space->bytes_used(), bytes);

        owned.collect(all);  // all
        EXPECT_EQ(owned.space->bytes_used(), bytes);
        EXPECT_EQ(walked(*owned.space).size(), all.size());

        std::vector<unsigned char*> half = each_second(all);
        owned.collect(half);  // every second one
        size_t half_bytes = bytes_of_objects(owned, half);
        EXPECT_EQ(owned.space->bytes_used(), half_bytes);
        std::map<unsigned char*, size_t> unswept = walked(*owned.space);
        ASSERT_EQ(unswept.size(), half.size());
        for (unsigned char* object : half) {
            ASSERT_EQ(unswept.count(object), 1u);
            ASSERT_TRUE(owned.space->is_live(object));
        }
        for (size_t i = 1; i < all.size(); i += 2) ASSERT_FALSE(owned.space->is_live(all[i]));
        owned.expect_sound();
        owned.space->finish_sweep();
        owned.expect_sound();
        EXPECT_EQ(walked(*owned.space), unswept);
        EXPECT_EQ(owned.space->bytes_used(), half_bytes);
        for (size_t i = 1; i < all.size(); i += 2) {
            ASSERT_EQ(owned.space->find(all[i]), nullptr);
        }

        owned.collect({});  // none
        EXPECT_EQ(owned.space->bytes_used(), 0u);
        EXPECT_EQ(owned.space->blocks() + owned.space->runs(), 0u);
        EXPECT_TRUE(walked(*owned.space).empty());
        owned.expect_sound();
    }
}

TEST(OldCollect, FreedSlotsAreFilledAgainBeforeANewBlockIsTaken) {
    Owned owned;
    for (size_t size : {size_t{8}, size_t{32}, size_t{40}, size_t{200}}) {
        std::vector<unsigned char*> all = fill(owned, size, 6 * kBlockBytes);
        std::vector<unsigned char*> half = each_second(all);
        owned.collect(half);
        size_t blocks = owned.space->blocks();
        for (size_t i = half.size(); i < all.size(); i++) {
            unsigned char* object = owned.allocate(size);
            ASSERT_TRUE(owned.space->is_live(object));
        }
        EXPECT_LE(owned.space->blocks(), blocks + 1);
        EXPECT_EQ(owned.space->bytes_used(), all.size() * slot_of(size));
        owned.expect_sound();
        owned.collect({});
    }
}

TEST(OldCollect, ABlockIsSweptWhenItsClassGetsToIt) {
    Owned owned;
    std::vector<unsigned char*> all = fill(owned, 56, 8 * kBlockBytes);
    owned.collect(each_second(all));
    auto unswept = [&] {
        size_t count = 0;
        morph::OldBlock* last = nullptr;
        for (size_t i = 0; i < all.size(); i += 2) {
            morph::OldBlock* block = morph::old_block_of(all[i]);
            if (block != last) count += block->unswept ? 1u : 0u;
            last = block;
        }
        return count;
    };
    size_t before = unswept();
    EXPECT_GE(before, 8u);
    (void)owned.allocate(200);  // another class
    EXPECT_EQ(unswept(), before);
    for (size_t swept = 1; swept <= 3; swept++) {
        uint32_t slots = 0;
        do {
            unsigned char* object = owned.allocate(56);
            slots = morph::old_block_of(object)->taken;
            ASSERT_FALSE(morph::old_block_of(object)->unswept);
        } while (before - unswept() < swept && slots != 0);
        EXPECT_EQ(before - unswept(), swept);
    }
    owned.space->finish_sweep();
    EXPECT_EQ(unswept(), 0u);
    owned.expect_sound();
}

TEST(OldCollect, ABlockThatDiesServesAnyClassAtOnce) {
    Owned owned;
    (void)fill(owned, 24, kChunkBytes);
    size_t mapped = owned.source.bytes_mapped();
    owned.collect({});
    for (size_t size : sizes_of_all_classes()) {
        if (size + 8 > kSlotBytesMax || size > kBlockBytes / 64) continue;
        (void)owned.allocate(size);
    }
    EXPECT_EQ(owned.source.bytes_mapped(), mapped);
    owned.expect_sound();
}

TEST(OldCollect, WhatOneCollectionEmptiesTheNextOneReturnsButForAChunk) {
    Owned owned;
    for (size_t size : {size_t{56}, 2 * kSlotBytesMax - 8}) {
        std::vector<unsigned char*> all = fill(owned, size, 6 * kChunkBytes);
        size_t chunks = owned.source.chunks();
        ASSERT_GE(chunks, 6u);
        owned.collect({});
        EXPECT_EQ(owned.source.chunks(), chunks);  // at hand
        all = fill(owned, size, 2 * kChunkBytes);
        EXPECT_EQ(owned.source.chunks(), chunks);
        owned.collect(all);
        size_t kept = owned.source.chunks();
        EXPECT_LT(kept, chunks);
        EXPECT_GE(kept, 3u);
        owned.collect({});
        owned.space->finish_sweep();
        EXPECT_EQ(owned.source.chunks(), 1u);
        EXPECT_TRUE(owned.space->release_spare());
        EXPECT_FALSE(owned.space->release_spare());
        EXPECT_EQ(owned.source.bytes_of(morph::ChunkKind::old_blocks), 0u);
        EXPECT_EQ(owned.source.bytes_of(morph::ChunkKind::old_runs), 0u);
        owned.expect_sound();
    }
}

TEST(OldCollect, LargeObjectsAreUnmappedAsSoonAsTheyAreDead) {
    Owned owned;
    std::vector<unsigned char*> all;
    for (size_t i = 0; i < 5; i++) all.push_back(owned.allocate(kChunkBytes * (i + 1)));
    size_t mapped = owned.source.bytes_mapped();
    size_t bytes = owned.space->bytes_of(all[1]) + owned.space->bytes_of(all[4]);
    EXPECT_EQ(owned.space->bytes_used(), owned.source.bytes_of(morph::ChunkKind::old_large));
    owned.collect({all[0], all[2], all[3]});
    EXPECT_EQ(owned.source.bytes_mapped(), mapped - bytes);
    EXPECT_EQ(owned.space->large_objects(), 3u);
    owned.expect_sound();
}

TEST(OldCollect, FreeRunsAreUsedAgainAndJoin) {
    Owned owned;
    std::vector<unsigned char*> all = fill(owned, 2 * kSlotBytesMax - 8, kChunkBytes * 3 / 4);
    size_t mapped = owned.source.bytes_mapped();
    std::vector<unsigned char*> live(all.begin(), all.begin() + 2);
    owned.collect(live);
    unsigned char* middle = owned.allocate(kChunkBytes / 2 - 8);  // where many were
    ASSERT_NE(middle, nullptr);
    EXPECT_EQ(morph::chunk_of(middle), morph::chunk_of(all[0]));
    EXPECT_EQ(owned.source.bytes_mapped(), mapped);
    owned.expect_sound();
}

TEST(OldCollect, ARunTakesAnEighthMoreThanItHoldsAtMost) {
    Owned owned;
    for (size_t bytes = 8 * kUnitBytes + 8; bytes <= kChunkBytes / 2; bytes += bytes / 72 * 8) {
        unsigned char* object = owned.allocate(bytes - 8);
        EXPECT_LE(owned.space->bytes_of(object), bytes + bytes / 8) << bytes;
    }
}

TEST(OldCollect, ACancelledMarkingLeavesEverythingAsItWas) {
    Owned owned;
    std::vector<unsigned char*> all = fill(owned, 40, 3 * kBlockBytes);
    all.push_back(owned.allocate(3 * kSlotBytesMax));
    all.push_back(owned.allocate(kChunkBytes));
    std::map<unsigned char*, size_t> before = walked(*owned.space);
    size_t used = owned.space->bytes_used();
    owned.space->begin_marking();
    for (unsigned char* object : each_second(all)) owned.space->mark(object);
    owned.space->mark(all.back());
    owned.space->mark(all[all.size() - 2]);
    owned.space->cancel_marking();
    EXPECT_EQ(walked(*owned.space), before);
    EXPECT_EQ(owned.space->bytes_used(), used);
    for (unsigned char* object : all) ASSERT_FALSE(owned.space->is_marked(object));
    owned.expect_sound();
}

TEST(OldCollect, FreedMemoryCarriesTheFillInDebugMode) {
    if (morph::marks_active()) GTEST_SKIP() << "it has no access";
    Owned owned(true);
    for (size_t size : {size_t{8}, size_t{40}, size_t{136}, 2 * kSlotBytesMax}) {
        std::vector<unsigned char*> all = fill(owned, size, 2 * kBlockBytes);
        for (unsigned char* object : all) std::memset(object, 1, size);
        owned.collect(each_second(all));
        owned.space->finish_sweep();
        for (size_t i = 0; i < all.size(); i++) {
            for (size_t j = 0; j < size; j++) {
                ASSERT_EQ(all[i][j], i % 2 == 0 ? 1 : morph::kOldFreedFill);
            }
        }
    }
}

#if defined(MORPH_MARKS_ASAN)

bool poisoned(const void* address) {
    return __asan_address_is_poisoned(address) != 0;
}

TEST(OldMarks, ExactlyTheBytesOfLiveObjectsAreAccessible) {
    Owned owned(true);
    for (int round = 0; round < 2; round++) {
        for (size_t size : sizes_of_all_classes()) {
            std::vector<unsigned char*> all = fill(owned, size, kBlockBytes / 2);
            size_t bytes = morph::object_bytes(size, 0);
            size_t place = owned.space->bytes_of(all[0]);
            for (unsigned char* object : all) {
                ASSERT_FALSE(poisoned(object - 8));
                for (size_t i = 0; i + 8 < place; i += 8) {
                    ASSERT_EQ(poisoned(object + i), i + 8 >= bytes) << size << " " << i;
                }
            }
            owned.collect(each_second(all));
            owned.space->finish_sweep();
            for (size_t i = 0; i < all.size(); i++) {
                for (size_t j = 0; j + 8 < bytes; j += 8) {
                    ASSERT_EQ(poisoned(all[i] + j), i % 2 == 1) << size << " " << i;
                }
            }
            owned.collect({});
            for (unsigned char* object : all) ASSERT_TRUE(poisoned(object));
        }
    }
}

TEST(OldMarks, AroundALargeObjectNothingIsAccessible) {
    Owned owned;
    unsigned char* object = owned.allocate(kChunkBytes + 20);
    EXPECT_FALSE(poisoned(object + kChunkBytes + 19));
    EXPECT_TRUE(poisoned(object + kChunkBytes + 24));
    EXPECT_TRUE(poisoned(morph::LargeObjects::end_of(object) - 1));
    unsigned char* carded = owned.allocate(kChunkBytes + 20, 8, true, morph::kCarded);
    unsigned char* cards = owned.space->cards_of(carded);
    EXPECT_FALSE(poisoned(cards));
    EXPECT_FALSE(poisoned(morph::LargeObjects::end_of(carded) - 1));
    EXPECT_TRUE(poisoned(cards - 8));
}

TEST(OldMarks, ResetTakesAccessFromEverything) {
    Owned owned;
    std::vector<unsigned char*> objects;
    for (size_t size : {size_t{8}, size_t{100}, 2 * kSlotBytesMax}) {
        objects.push_back(owned.allocate(size));
    }
    owned.space->reset();
    for (unsigned char* object : objects) EXPECT_TRUE(poisoned(object));
}

#endif

}  // namespace
}  // namespace old_test
