// The old space as a whole: against a model, at every size and alignment, when memory is refused.
#include <algorithm>
#include <gtest/gtest.h>
#include <iterator>

#include "chunk/memory_marks.h"
#include "heap/old_space_for_tests.h"

namespace old_test {
namespace {

using morph::card_count;
using morph::kCarded;
using morph::kUnitBytes;
using morph::object_bytes;
using morph::Space;

TEST(OldSpaceModel, AgreesWithAMapThroughRandomAllocationsAndCollections) {
    for (uint64_t seed = 0; seed < 6; seed++) {
        Model model(seed, seed % 2 == 1, 0);
        for (int round = 0; round < 12; round++) {
            for (size_t i = model.below(600); i > 0; i--) ASSERT_TRUE(model.allocate());
            static constexpr size_t kPercents[] = {0, 50, 100, 5, 95};
            model.collect(kPercents[model.below(5)]);
            ASSERT_NO_FATAL_FAILURE(model.expect_agreement());
            for (size_t i = model.below(200); i > 0; i--) ASSERT_TRUE(model.allocate());
            if (model.below(3) == 0) model.owned().space->finish_sweep();
            if (model.below(9) == 0) model.owned().space->release_spare();
            ASSERT_NO_FATAL_FAILURE(model.expect_agreement());
            if (model.below(12) == 0) model.reset();
        }
    }
}

TEST(OldSpaceModel, ARefusalAtAnyRequestChangesNothing) {
    size_t refusals = 1;
    size_t k = 0;
    while (refusals != 0) {  // until there are no more requests to refuse
        k += 1;
        refusals = 0;
        for (size_t count : {size_t{1}, SIZE_MAX}) {
            Model model(k, false, 0);
            model.owned().meter.refuse(k, count);
            for (int i = 0; i < 400; i++) {
                bool served = model.allocate();
                if (served && i % 40 != 0) continue;
                ASSERT_NO_FATAL_FAILURE(model.expect_agreement());
                if (!served) model.owned().meter.grant_all();
            }
            model.collect(50);
            ASSERT_NO_FATAL_FAILURE(model.expect_agreement());
            refusals += model.owned().meter.refusals;
        }
    }
    EXPECT_GT(k, 4u);
}

TEST(OldSpaceModel, ABoundOfAFewChunksIsFilledAndUsedAgain) {
    Model model(7, false, 8 * kChunkBytes);
    for (int round = 0; round < 10; round++) {
        size_t first = model.objects();
        size_t refused = 0;
        while (refused < 20) refused += model.allocate() ? 0u : 1u;
        EXPECT_GT(model.objects(), first);
        ASSERT_LE(model.owned().source.bytes_mapped(), 8 * kChunkBytes);
        model.collect(round % 3 == 0 ? 0 : 40);
        ASSERT_NO_FATAL_FAILURE(model.expect_agreement());
    }
}

TEST(OldSpace, ServesEverySizeAtEveryAlignmentZeroed) {
    Owned owned(true);
    for (int round = 0; round < 2; round++) {  // the second one in used memory
        for (size_t alignment = 8; alignment <= 2 * kChunkBytes; alignment *= 2) {
            for (size_t size = 0; size <= 2 * kSlotBytesMax;
                 size += size < 300 ? 7 : kSlotBytesMax / 16 - 1) {
                unsigned char* object = owned.allocate(size, alignment);
                ASSERT_NE(object, nullptr);
                ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
                size_t bytes = object_bytes(size, 0);
                for (size_t i = 0; i < bytes - 8; i++) ASSERT_EQ(object[i], 0) << size;
                Header header = *morph::header_of(object);
                ASSERT_EQ(header & ~(morph::kOld | morph::kSpaceMask), morph::make_header(1, size));
                ASSERT_NE(header & morph::kOld, 0u);
                bool in_block = morph::space_of(header) == Space::block;
                ASSERT_EQ(in_block, bytes <= kSlotBytesMax && alignment <= kBlockBytes / 16);
                ASSERT_EQ(owned.space->size_of(object), size);
                ASSERT_EQ(owned.space->find(object), morph::header_of(object));
                std::memset(object, 0xa5, bytes - 8);
            }
            if (alignment > 64) owned.collect({});
            owned.expect_sound();
        }
        owned.collect({});
        EXPECT_EQ(owned.space->bytes_used(), 0u);
        EXPECT_EQ(owned.space->large_objects(), 0u);
    }
}

TEST(OldSpace, SpareChunksGiveWayBeforeAnAllocationFails) {
    Owned owned(false, 3 * kChunkBytes);
    for (size_t i = 0; i < kChunkBytes / 64; i++) (void)owned.allocate(48);
    for (size_t i = 0; i < 8; i++) (void)owned.allocate(kSlotBytesMax * 2);
    owned.collect({});
    EXPECT_EQ(owned.allocate(3 * kChunkBytes), nullptr);  // more than there can be
    unsigned char* object = owned.allocate(2 * kChunkBytes);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(owned.source.chunks(), 1u);
    EXPECT_FALSE(owned.space->release_spare());
    owned.expect_sound();
}

TEST(OldSpace, AnObjectBornBetweenTheMarksIsDeadUnlessMarked) {
    Owned owned;
    unsigned char* first = owned.allocate(24);
    owned.space->begin_marking();
    EXPECT_TRUE(owned.space->mark(first));
    unsigned char* kept = owned.allocate(24);
    unsigned char* lost = owned.allocate(24);
    EXPECT_FALSE(owned.space->is_marked(kept));
    EXPECT_TRUE(owned.space->mark(kept));
    size_t marked = 0;
    owned.space->walk_marked(
        [](void* user, Header*) {
            *static_cast<size_t*>(user) += 1;
            return true;
        },
        &marked);
    EXPECT_EQ(marked, 2u);
    EXPECT_EQ(walked(*owned.space).size(), 3u);
    owned.space->end_marking();
    EXPECT_TRUE(owned.space->is_live(first));
    EXPECT_TRUE(owned.space->is_live(kept));
    EXPECT_FALSE(owned.space->is_live(lost));
    EXPECT_EQ(walked(*owned.space).size(), 2u);
    owned.expect_sound();
}

TEST(OldSpace, AWalkEndsWhenTheVisitorSaysSo) {
    Owned owned;
    for (size_t size : {size_t{8}, size_t{8}, 2 * kSlotBytesMax, kChunkBytes}) {
        (void)owned.allocate(size);
    }
    for (size_t stop = 1; stop <= 5; stop++) {
        size_t left = stop;
        bool whole = owned.space->walk(
            [](void* user, Header*) { return --*static_cast<size_t*>(user) != 0; }, &left);
        EXPECT_EQ(whole, stop == 5) << stop;
        EXPECT_EQ(left, stop == 5 ? 1u : 0u);
    }
}

TEST(OldSpace, EveryByteOfAChunkIsFoundInItsObjectOrInNone) {
    Owned owned;
    std::map<const unsigned char*, const unsigned char*> extents;  // header, end
    std::vector<morph::Chunk*> chunks;
    auto add = [&](size_t size, size_t alignment) {
        unsigned char* object = owned.allocate(size, alignment);
        ASSERT_NE(object, nullptr);
        const unsigned char* header = object - morph::kHeaderBytes;
        const unsigned char* end = header + owned.space->bytes_of(object);
        if (morph::space_of(*morph::header_of(object)) == Space::run) {
            end = morph::OldRuns::end_of(object);
        }
        extents[header] = end;
        morph::Chunk* chunk = morph::chunk_of(object);
        if (std::find(chunks.begin(), chunks.end(), chunk) == chunks.end()) chunks.push_back(chunk);
    };
    for (size_t block = 0; block < morph::kBlocksPerChunk; block++) {
        size_t slot =
            morph::slot_class_bytes(static_cast<uint32_t>(block * 7) % morph::kSlotClasses);
        for (size_t i = 0; i < kBlockBytes / slot; i++) add(slot - 8, 8);
    }
    for (size_t i = 0; i < 9; i++) add(kSlotBytesMax + i * 512, size_t{8} << i);
    for (morph::Chunk* chunk : chunks) {
        auto* begin = reinterpret_cast<unsigned char*>(chunk);
        for (unsigned char* byte = begin; byte != begin + kChunkBytes; byte++) {
            auto next = extents.upper_bound(byte);
            const unsigned char* expected = nullptr;
            if (next != extents.begin() && byte < std::prev(next)->second) {
                expected = std::prev(next)->first;
            }
            auto* found = reinterpret_cast<const unsigned char*>(owned.space->find(byte));
            ASSERT_EQ(found, expected) << byte - begin;
        }
    }
}

TEST(OldSpace, ForeignMemoryIsNeverFound) {
    Owned owned;
    Owned other;
    unsigned char* object = other.allocate(24);
    (void)owned.allocate(24);
    EXPECT_EQ(owned.space->find(object), nullptr);
    EXPECT_EQ(owned.space->find(nullptr), nullptr);
    EXPECT_EQ(owned.space->find(&owned), nullptr);
    EXPECT_FALSE(owned.space->is_live(object));
}

TEST(OldSpace, ResetFreesEverythingAndKeepsChunksForTheNextRound) {
    Owned owned(true);
    for (int round = 0; round < 3; round++) {
        size_t requests = owned.meter.requests;
        for (size_t i = 0; i < 2 * kChunkBytes / 64; i++) ASSERT_NE(owned.allocate(56), nullptr);
        ASSERT_NE(owned.allocate(kSlotBytesMax), nullptr);
        ASSERT_NE(owned.allocate(kChunkBytes), nullptr);
        if (round > 0) {
            EXPECT_EQ(owned.meter.requests, requests + 1);  // the large one
        }
        owned.space->reset();
        EXPECT_EQ(owned.space->bytes_used(), 0u);
        EXPECT_EQ(owned.space->blocks() + owned.space->runs() + owned.space->large_objects(), 0u);
        EXPECT_TRUE(walked(*owned.space).empty());
        owned.expect_sound();
    }
    owned.space->finish_sweep();
    EXPECT_EQ(owned.source.chunks(), 2u);
}

}  // namespace
}  // namespace old_test
