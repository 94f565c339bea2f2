#include "pool/pool.h"

#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "pool/test_pool.h"

namespace pool_test {
namespace {

TEST(Pool, ShowsItsUse) {
    PoolOwner pool = make_pool();
    void* object = morph_pool_alloc(pool.get(), 48);
    ASSERT_NE(object, nullptr);
    std::memset(object, 1, 48);
    EXPECT_EQ(morph_pool_free(pool.get(), object, 48), MORPH_OK);
}

TEST(Pool, CreationMapsMetadataOnly) {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    ASSERT_NE(pool, nullptr);
    EXPECT_LE(meter.bytes, size_t{64} << 10);
    EXPECT_EQ(morph_pool_stats(pool.get()).chunks, 0u);
    EXPECT_EQ(morph_pool_stats(pool.get()).bytes_mapped, meter.bytes);
    ASSERT_NE(morph_pool_alloc(pool.get(), 1), nullptr);
    EXPECT_EQ(morph_pool_stats(pool.get()).chunks, 1u);
    EXPECT_EQ(morph_pool_stats(pool.get()).bytes_mapped, meter.bytes);
}

TEST(Pool, DestroyReturnsEveryByteLiveObjectsOrNot) {
    Meter meter;
    PoolOwner pool = make_pool(meter);
    for (size_t size = 0; size <= MORPH_POOL_MAX_SIZE; size++) {
        ASSERT_NE(morph_pool_alloc_typed(pool.get(), size, static_cast<uint32_t>(size)), nullptr);
    }
    pool.reset();
    EXPECT_EQ(meter.bytes, 0u);
    morph_pool_destroy(nullptr);
}

TEST(Pool, ABoundBelowItsNeedIsRefusedByName) {
    Meter meter;
    EXPECT_EQ(make_pool(meter, morph_chunk_bytes() + (size_t{64} << 10) - 1), nullptr);
    EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
    EXPECT_NE(std::string(morph_creation_error().text).find("bytes_max"), std::string::npos);
    PoolOwner pool = make_pool(meter, morph_chunk_bytes() + (size_t{64} << 10));
    ASSERT_NE(pool, nullptr);
    EXPECT_NE(morph_pool_alloc(pool.get(), 1024), nullptr);
}

TEST(Pool, ZeroSizeGivesAUniqueAddressInASlotOf8) {
    PoolOwner pool = make_pool();
    std::set<void*> seen;
    for (int i = 0; i < 1000; i++) {
        void* object = morph_pool_alloc(pool.get(), 0);
        ASSERT_TRUE(object != nullptr && seen.insert(object).second);
        MorphAddressInfo info = morph_pool_query(pool.get(), object);
        ASSERT_TRUE(info.allocated);
        ASSERT_EQ(info.size, 0u);
        ASSERT_EQ(info.slot_size, 8u);
    }
    MorphPoolStats stats = morph_pool_stats(pool.get());
    EXPECT_EQ(stats.bytes_live, 0u);
    EXPECT_EQ(stats.bytes_slots, 8000u);
    for (void* object : seen) ASSERT_EQ(morph_pool_free(pool.get(), object, 0), MORPH_OK);
}

TEST(Pool, RefusesWhatNoSlotHoldsAndUnknownTypes) {
    PoolOwner pool = make_pool();
    for (size_t size : {size_t{1025}, size_t{1} << 20, SIZE_MAX - 7, SIZE_MAX - 1, SIZE_MAX}) {
        EXPECT_EQ(morph_pool_alloc(pool.get(), size), nullptr);
        EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_TOO_LARGE);
        EXPECT_EQ(morph_pool_alloc_typed(pool.get(), size, MORPH_MAX_TYPES), nullptr);
        EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_TOO_LARGE);
    }
    for (uint32_t type : {MORPH_MAX_TYPES, MORPH_MAX_TYPES + 1, UINT32_MAX}) {
        EXPECT_EQ(morph_pool_alloc_typed(pool.get(), 8, type), nullptr);
        EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_UNKNOWN_TYPE);
    }
    EXPECT_EQ(morph_pool_stats(pool.get()).chunks, 0u);
    ASSERT_NE(morph_pool_alloc_typed(pool.get(), 1024, MORPH_MAX_TYPES - 1), nullptr);
}

// Narrowing: a 7-bit type or a byte of slack truncates silently.
TEST(Pool, EveryTypeAndEverySizeComesBackAsGiven) {
    PoolOwner pool = make_pool();
    for (uint32_t type = 0; type < MORPH_MAX_TYPES; type++) {
        size_t size = type % 17;
        void* object = morph_pool_alloc_typed(pool.get(), size, type);
        MorphAddressInfo info = morph_pool_query(pool.get(), object);
        ASSERT_TRUE(info.allocated);
        ASSERT_EQ(info.type, type);
        ASSERT_EQ(info.size, size);
        if (type % 3 != 0) {
            ASSERT_EQ(morph_pool_free(pool.get(), object, size), MORPH_OK);
        }
    }
    for (uint32_t type :
         {0u, 1u, MORPH_NARROW_TYPES - 1, MORPH_NARROW_TYPES, MORPH_MAX_TYPES - 1}) {
        for (size_t size = 0; size <= MORPH_POOL_MAX_SIZE; size++) {
            void* object = morph_pool_alloc_typed(pool.get(), size, type);
            std::memset(object, 0xFF, size);  // may not reach the slack's note
            MorphAddressInfo info = morph_pool_query(pool.get(), object);
            ASSERT_EQ(info.size, size);
            ASSERT_EQ(info.type, type);
            ASSERT_EQ(morph_pool_free(pool.get(), object, size), MORPH_OK);
        }
    }
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
}

TEST(Pool, SlotsAreAlignedToThePowersOfTwoInTheirSize) {
    PoolOwner pool = make_pool();
    for (size_t size = 1; size <= MORPH_POOL_MAX_SIZE; size++) {
        size_t slot = morph_size_class_bytes(morph_size_class(size));
        size_t alignment = slot & (~slot + 1);
        for (int i = 0; i < 70; i++) {
            void* object = morph_pool_alloc(pool.get(), size);
            ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u) << size;
            ASSERT_EQ(morph_pool_query(pool.get(), object).slot_size == slot, true);
        }
    }
}

// What morph_mem_alloc_with builds on.
TEST(Pool, AlignedObjectsAreAlignedForAllSizesAndAlignmentsDebugOrNot) {
    for (bool debug : {false, true}) {
        morph::Source source({});
        morph::ErrorState errors;
        morph::Pool pool(source, errors, {}, debug);
        for (size_t alignment = 1; alignment <= 2048; alignment *= 2) {
            for (size_t size = 0; size <= 1030; size++) {
                size_t rounded = ((size == 0 ? 1 : size) + alignment - 1) / alignment * alignment;
                void* object = pool.allocate_aligned(size, alignment, 200);
                ASSERT_EQ(object != nullptr, pool.slot_class(size, alignment) != 0);
                ASSERT_TRUE(debug || (object != nullptr) == (rounded <= 1024)) << size;
                if (object == nullptr) {
                    ASSERT_EQ(errors.last.code, MORPH_ERROR_TOO_LARGE);
                    continue;
                }
                ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
                ASSERT_EQ(pool.query(object).size, size);
                morph::ObjectInfo freed = {};
                if (size % 2 == 0) {
                    ASSERT_EQ(pool.release_unsized(object, &freed), MORPH_OK);
                    ASSERT_EQ(freed.size, size);
                    ASSERT_EQ(freed.type, 200u);
                }
            }
        }
        EXPECT_EQ(pool.verify(), nullptr);
    }
}

TEST(Pool, FreeOfNullIsFine) {
    PoolOwner pool = make_pool();
    EXPECT_EQ(morph_pool_free(pool.get(), nullptr, 7), MORPH_OK);
    ASSERT_NE(morph_pool_alloc(pool.get(), 1), nullptr);
    EXPECT_EQ(morph_pool_free(pool.get(), nullptr, 0), MORPH_OK);
}

// double free hands out one block twice (mimalloc 161); cyclic free list (snmalloc 813).
TEST(Pool, DoubleFreeIsRefusedInEveryStateOfTheBlock) {
    for (uint32_t type : {3u, 3000u}) {
        PoolOwner pool = make_pool();
        std::vector<void*> objects(5000);
        for (void*& object : objects) object = morph_pool_alloc_typed(pool.get(), 64, type);
        for (void* object : objects) {
            ASSERT_EQ(morph_pool_free(pool.get(), object, 64), MORPH_OK);
            // The last frees of blocks gave chunks back; those addresses are foreign then.
            if (morph_pool_query(pool.get(), object).room != MORPH_ROOM_POOL) continue;
            ASSERT_EQ(morph_pool_free(pool.get(), object, 64), MORPH_ERROR_NOT_AN_OBJECT);
            ASSERT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_NOT_AN_OBJECT);
        }
        EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
        std::set<void*> seen;
        for (int i = 0; i < 5000; i++) {
            ASSERT_TRUE(seen.insert(morph_pool_alloc_typed(pool.get(), 64, type)).second);
        }
    }
}

TEST(Pool, AddressesInsideObjectsAndOfItsOwnRecordsAreRefused) {
    PoolOwner pool = make_pool();
    std::vector<unsigned char*> objects;
    for (int i = 0; i < 200; i++) objects.push_back(bytes_of(morph_pool_alloc(pool.get(), 100)));
    for (unsigned char* object : objects) {
        for (size_t offset = 1; offset < 104; offset++) {
            ASSERT_EQ(morph_pool_free(pool.get(), object + offset, 100), MORPH_ERROR_NOT_AN_OBJECT);
        }
    }
    auto* chunk = reinterpret_cast<unsigned char*>(morph::chunk_of(objects[0]));
    size_t accepted = 0;
    for (size_t offset = 0; offset < morph::kChunkBytes; offset += 8) {
        if (morph_pool_free(pool.get(), chunk + offset, 100) == MORPH_OK) accepted++;
    }
    EXPECT_LE(accepted, 200u);
    for (int i = 0; i < 200; i++) {
        EXPECT_FALSE(morph_pool_query(pool.get(), objects[static_cast<size_t>(i)]).allocated &&
                     morph::chunk_of(objects[static_cast<size_t>(i)]) ==
                         morph::chunk_of(objects[0]));
    }
    EXPECT_EQ(morph_pool_verify(pool.get()), MORPH_OK);
}

TEST(Pool, AddressesOutsideTheSpanOfItsChunksAreRefused) {
    PoolOwner pool = make_pool();
    int local = 0;
    auto heap = std::make_unique<int>(0);
    for (int round = 0; round < 2; round++) {  // without a chunk, then with one
        for (void* address : {static_cast<void*>(&local), static_cast<void*>(heap.get()),
                              reinterpret_cast<void*>(8), reinterpret_cast<void*>(UINTPTR_MAX)}) {
            EXPECT_EQ(morph_pool_free(pool.get(), address, 4), MORPH_ERROR_NOT_AN_OBJECT);
            EXPECT_EQ(morph_pool_realloc(pool.get(), address, 4), nullptr);
        }
        ASSERT_NE(morph_pool_alloc(pool.get(), 4), nullptr);
    }
}

TEST(Pool, AnObjectOfAnotherPoolIsRefusedAndStaysLive) {
    PoolOwner one = make_pool();
    PoolOwner two = make_pool();
    std::vector<void*> theirs;
    for (int i = 0; i < 3000; i++) {
        ASSERT_NE(morph_pool_alloc(one.get(), 40), nullptr);
        theirs.push_back(morph_pool_alloc(two.get(), 40));
    }
    for (void* object : theirs) {
        ASSERT_EQ(morph_pool_free(one.get(), object, 40), MORPH_ERROR_NOT_AN_OBJECT);
        ASSERT_EQ(morph_pool_query(one.get(), object).room, MORPH_ROOM_NONE);
        ASSERT_TRUE(morph_pool_query(two.get(), object).allocated);
        ASSERT_EQ(morph_pool_free(two.get(), object, 40), MORPH_OK);
    }
}

TEST(Pool, ASuccessfulCallLeavesTheLastErrorAlone) {
    PoolOwner pool = make_pool();
    EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_OK);
    EXPECT_EQ(morph_pool_alloc(pool.get(), 5000), nullptr);
    ASSERT_NE(morph_pool_alloc(pool.get(), 50), nullptr);
    EXPECT_EQ(morph_pool_last_error(pool.get()).code, MORPH_ERROR_TOO_LARGE);
    EXPECT_NE(std::string(morph_pool_last_error(pool.get()).text).find("5,000"), std::string::npos);
}

}  // namespace
}  // namespace pool_test
