// What becomes of blocks and chunks: hysteresis, reset, reuse, and that nothing is lost.
#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "pool/pool.h"
#include "pool/test_pool.h"

namespace pool_test {
namespace {

constexpr size_t kSize = 1024;  // few slots per block

size_t slots_of_block(uint32_t number, size_t size) {
    return morph::block_geometry(static_cast<uint32_t>(size), 1, number).slot_count();
}

// Fills whole blocks, and returns the objects by block.
std::vector<std::vector<void*>> fill_blocks(MorphPool* pool, size_t blocks) {
    std::vector<std::vector<void*>> objects;
    for (;;) {
        void* object = morph_pool_alloc(pool, kSize);
        if (objects.empty() || morph::block_of(objects.back().back()) != morph::block_of(object)) {
            objects.emplace_back();
        }
        objects.back().push_back(object);
        size_t number = morph::block_number(object);
        size_t slots = slots_of_block(static_cast<uint32_t>(number), kSize);
        if (objects.size() == blocks && objects.back().size() == slots) return objects;
    }
}

void free_all(MorphPool* pool, const std::vector<void*>& objects) {
    for (void* object : objects) ASSERT_EQ(morph_pool_free(pool, object, kSize), MORPH_OK);
}

// free count wrong, empty block never or wrongly returned.
TEST(PoolBlocks, AClassKeepsOneEmptyBlockBesideTheOneItAllocatesFrom) {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    auto objects = fill_blocks(pool.get(), 6);
    EXPECT_EQ(morph_pool_stats(pool.get()).blocks, 6u);
    // The last block is current. The others become empty one by one.
    free_all(pool.get(), objects[1]);
    EXPECT_EQ(morph_pool_stats(pool.get()).blocks, 6u) << "the first empty one is kept";
    for (size_t freed = 2; freed <= 4; freed++) {
        std::vector<void*> all_but_one(objects[freed].begin(), objects[freed].end() - 1);
        free_all(pool.get(), all_but_one);
        EXPECT_EQ(morph_pool_stats(pool.get()).blocks, 8 - freed);
        EXPECT_EQ(morph_pool_free(pool.get(), objects[freed].back(), kSize), MORPH_OK);
        EXPECT_EQ(morph_pool_stats(pool.get()).blocks, 7 - freed) << "a further one goes back";
    }
    free_all(pool.get(), objects[5]);
    EXPECT_EQ(morph_pool_stats(pool.get()).blocks, 3u) << "the current one stays";
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
}

TEST(PoolBlocks, ABlockThatWentBackServesAnotherClass) {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    auto objects = fill_blocks(pool.get(), morph::kBlocksPerChunk);
    for (size_t i = 0; i + 1 < objects.size(); i++) free_all(pool.get(), objects[i]);
    size_t requests = meter.requests;
    for (int i = 0; i < 1000; i++) ASSERT_NE(morph_pool_alloc(pool.get(), 24), nullptr);
    EXPECT_EQ(meter.requests, requests);
}

TEST(PoolBlocks, AChunkOfEmptyBlocksGoesBackUnlessItIsTheOnlyOne) {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    auto objects = fill_blocks(pool.get(), 4 * morph::kBlocksPerChunk);
    ASSERT_EQ(morph_pool_stats(pool.get()).chunks, 4u);
    size_t per_chunk = morph::kBlocksPerChunk;
    for (size_t block = 0; block < 3 * per_chunk; block++) free_all(pool.get(), objects[block]);
    // The first block is kept by its class and holds chunk 0; chunk 1 is the spare; 2 went back.
    EXPECT_EQ(morph_pool_stats(pool.get()).chunks, 3u);
    EXPECT_EQ(morph_pool_stats(pool.get()).bytes_mapped, meter.bytes);
    EXPECT_EQ(morph_pool_stats(pool.get()).blocks_free, 2 * per_chunk - 1);
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
}

TEST(PoolBlocks, SwingingAcrossABoundaryDoesNotMapOrUnmap) {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    auto objects = fill_blocks(pool.get(), morph::kBlocksPerChunk);
    void* over = morph_pool_alloc(pool.get(), kSize);  // the second chunk
    ASSERT_EQ(morph_pool_stats(pool.get()).chunks, 2u);
    size_t requests = meter.requests;
    size_t bytes = meter.bytes;
    for (int i = 0; i < 100; i++) {
        ASSERT_EQ(morph_pool_free(pool.get(), over, kSize), MORPH_OK);
        over = morph_pool_alloc(pool.get(), kSize);
        ASSERT_EQ(meter.bytes, bytes);
    }
    EXPECT_EQ(meter.requests, requests);
}

TEST(PoolBlocks, NoSlotIsLostAndNoNewBlockTakenWhileOneIsFree) {
    for (size_t size : {8u, 16u, 64u, 200u, 1024u}) {
        PoolOwner pool = make_pool();
        std::vector<void*> objects;
        for (size_t i = 0; i < 3 * 65536 / size; i++) {
            objects.push_back(morph_pool_alloc(pool.get(), size));
        }
        size_t blocks = morph_pool_stats(pool.get()).blocks;
        std::set<void*> gone;
        for (size_t i = 0; i < objects.size(); i += 3) {
            ASSERT_EQ(morph_pool_free(pool.get(), objects[i], size), MORPH_OK);
            gone.insert(objects[i]);
        }
        for (size_t i = 0; i < objects.size(); i += 3) {
            ASSERT_NE(objects[i] = morph_pool_alloc(pool.get(), size), nullptr);
        }
        EXPECT_LE(morph_pool_stats(pool.get()).blocks, blocks);
        EXPECT_EQ(std::set<void*>(objects.begin(), objects.end()).size(), objects.size());
        EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
    }
}

TEST(PoolBlocks, TheOnlyFreeSlotIsFoundAgainAndAgain) {
    for (uint32_t type : {0u, 700u}) {
        PoolOwner pool = make_pool();
        std::vector<void*> objects;
        uint32_t slots = type == 0 ? morph::block_geometry(64, 1, 0).slot_count()
                                   : morph::block_geometry(64, 2, 0).slot_count();
        while (objects.size() < slots) {
            objects.push_back(morph_pool_alloc_typed(pool.get(), 64, type));
        }
        for (size_t i = 0; i < 3000; i++) {
            size_t victim = i * 769 % slots;
            ASSERT_EQ(morph_pool_free(pool.get(), objects[victim], 64), MORPH_OK);
            ASSERT_EQ(morph_pool_alloc_typed(pool.get(), 64, type), objects[victim]);
        }
        EXPECT_EQ(morph_pool_stats(pool.get()).blocks, 1u);
    }
}

// The current block runs empty behind its bin's back, while the bin has another one to go on with.
TEST(PoolBlocks, ACurrentBlockThatIsEmptyIsNotGivenUp) {
    PoolOwner pool = make_pool();
    auto objects = fill_blocks(pool.get(), 3);
    // The third block is current and full. A pass over it finds one free slot, which is little.
    ASSERT_EQ(morph_pool_free(pool.get(), objects[2][0], kSize), MORPH_OK);
    ASSERT_EQ(morph_pool_alloc(pool.get(), kSize), objects[2][0]);
    ASSERT_EQ(morph_pool_free(pool.get(), objects[0][0], kSize), MORPH_OK);
    free_all(pool.get(), objects[2]);
    for (size_t i = 0; i < objects[2].size() + 1; i++) {
        ASSERT_NE(morph_pool_alloc(pool.get(), kSize), nullptr);
        ASSERT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
    }
    EXPECT_EQ(morph_pool_stats(pool.get()).blocks, 3u);
}

TEST(PoolBlocks, EveryOrderOfFreesEmptiesTheBlocks) {
    for (uint32_t order = 0; order < 4; order++) {
        for (uint32_t type : {0u, 1000u}) {
            PoolOwner pool = make_pool();
            std::vector<void*> objects;
            for (int i = 0; i < 20000; i++) {
                objects.push_back(morph_pool_alloc_typed(pool.get(), 16, type));
            }
            uint32_t state = 1;
            while (!objects.empty()) {
                size_t victim = objects.size() - 1;  // backwards
                if (order == 1) victim = 0;          // and the last takes its place
                if (order == 2) victim = (state = state * 1664525 + 1013904223) % objects.size();
                if (order == 3) victim = objects.size() % 2 == 0 ? 0 : victim;
                ASSERT_EQ(morph_pool_free(pool.get(), objects[victim], 16), MORPH_OK);
                objects[victim] = objects.back();
                objects.pop_back();
            }
            MorphPoolStats stats = morph_pool_stats(pool.get());
            EXPECT_LE(stats.blocks, 2u);  // current and kept
            EXPECT_LE(stats.chunks, 3u);
            EXPECT_EQ(stats.objects_live, 0u);
            EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
        }
    }
}

TEST(PoolBlocks, ResetFreesEveryObjectKeepsAllChunksAndReachesAFixedPoint) {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    size_t after_first = 0;
    for (int round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < 12000; i++) {
            ASSERT_NE(morph_pool_alloc_typed(pool.get(), i % 500, i % 300), nullptr);
        }
        if (round == 0) after_first = meter.bytes;
        size_t chunks = morph_pool_stats(pool.get()).chunks;
        morph_pool_reset(pool.get());
        MorphPoolStats stats = morph_pool_stats(pool.get());
        EXPECT_EQ(stats.objects_live, 0u);
        EXPECT_EQ(stats.blocks, 0u);
        EXPECT_EQ(stats.chunks, chunks);
        EXPECT_EQ(stats.blocks_free, chunks * morph::kBlocksPerChunk);
        EXPECT_EQ(meter.bytes, after_first);
        EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
    }
}

TEST(PoolBlocks, WhatAResetLeftEmptyGoesBackOnceItWasUsedAgain) {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    fill_blocks(pool.get(), 4 * morph::kBlocksPerChunk);
    morph_pool_reset(pool.get());
    ASSERT_EQ(morph_pool_stats(pool.get()).chunks, 4u);
    auto objects = fill_blocks(pool.get(), 4 * morph::kBlocksPerChunk);
    for (const auto& block : objects) free_all(pool.get(), block);
    // Current and kept block may lie in two chunks; one more is the spare.
    EXPECT_LE(morph_pool_stats(pool.get()).chunks, 3u);
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
}

TEST(PoolBlocks, ObjectsFreedBeforeAResetAreNotFreedTwice) {
    PoolOwner pool = make_pool();
    void* object = morph_pool_alloc(pool.get(), 64);
    morph_pool_reset(pool.get());
    EXPECT_EQ(morph_pool_free(pool.get(), object, 64), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_pool_realloc(pool.get(), object, 64), nullptr);
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
}

// Out of memory: whatever request is refused, once or for ever, nothing changes and nothing leaks.
TEST(PoolBlocks, ARefusedRequestAnywhereChangesNothing) {
    for (bool ever_after : {false, true}) {
        for (size_t refused = 0; refused < 12; refused++) {
            Meter meter;
            meter.refuse_at = refused;
            meter.refuse_ever_after = ever_after;
            PoolOwner pool = make_pool(meter);
            ASSERT_EQ(pool == nullptr, refused == 0);
            if (pool == nullptr) {
                EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_OUT_OF_MEMORY);
                EXPECT_EQ(meter.bytes, 0u);
                continue;
            }
            std::set<void*> live;
            size_t failures = 0;
            for (size_t i = 0; i < 12 * morph::kChunkBytes / 1024 && failures < 3; i++) {
                size_t bytes = meter.bytes;
                void* object = morph_pool_alloc(pool.get(), 1024);
                if (object != nullptr) {
                    ASSERT_TRUE(live.insert(object).second);
                    continue;
                }
                failures++;
                EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_OUT_OF_MEMORY);
                MorphPoolStats stats = morph_pool_stats(pool.get());
                EXPECT_EQ(stats.objects_live, live.size());
                EXPECT_EQ(stats.bytes_mapped, bytes);
                EXPECT_EQ(meter.bytes, bytes);
                EXPECT_EQ(stats.blocks, stats.chunks * morph::kBlocksPerChunk);
                ASSERT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
            }
            EXPECT_EQ(failures != 0, meter.refusals != 0);
            for (void* object : live)
                ASSERT_EQ(morph_pool_free(pool.get(), object, 1024), MORPH_OK);
            EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
            pool.reset();
            EXPECT_EQ(meter.bytes, 0u);
        }
    }
}

TEST(PoolBlocks, AReallocWithoutMemoryLeavesTheObject) {
    Meter meter;
    PoolOwner pool = make_pool(meter, morph_chunk_bytes() + (size_t{64} << 10));
    std::vector<void*> objects;
    while (void* object = morph_pool_alloc(pool.get(), 1000)) objects.push_back(object);
    EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_OUT_OF_MEMORY);
    auto* object = bytes_of(objects[5]);
    for (size_t i = 0; i < 1000; i++) object[i] = static_cast<unsigned char>(i);
    EXPECT_EQ(morph_pool_realloc(pool.get(), object, 16), nullptr);
    EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(morph_pool_query(pool.get(), object).size, 1000u);
    for (size_t i = 0; i < 1000; i++) ASSERT_EQ(object[i], static_cast<unsigned char>(i));
    EXPECT_EQ(morph_pool_realloc(pool.get(), object, 1024), object) << "in place needs no memory";
}

}  // namespace
}  // namespace pool_test
