// What morph/general.h promises, call by call, with hostile arguments.
#include <gtest/gtest.h>

#include "chunk/geometry.h"
#include "general/general_for_tests.h"
#include "general/layout.h"
#include "pool/layout.h"

namespace {

using namespace general_test;

constexpr size_t kRun = morph::kRunBytesMax / 4;  // an object that lies in a run
constexpr size_t kLarge = morph::kChunkBytes;     // and one with a mapping of its own

MorphGeneralStats stats_of(const Owner& general) {
    return morph_general_stats(general.get());
}

TEST(General, CreationMapsItsRecordsAloneAndDestroyReturnsThem) {
    Meter meter;
    Owner general = make_general(meter);
    ASSERT_NE(general, nullptr);
    EXPECT_EQ(meter.requests, 1u);
    EXPECT_LE(meter.held(), size_t{32} << 10);
    general.reset();
    EXPECT_EQ(meter.held(), 0u);
    morph_general_destroy(nullptr);
}

TEST(General, AConfigurationThatCannotServeIsRefusedByName) {
    MorphGeneralConfig config = {};
    config.memory.bytes_max = 2 * morph::kChunkBytes + (size_t{128} << 10) - 1;
    EXPECT_EQ(morph_general_create(&config), nullptr);
    EXPECT_EQ(morph_general_last_error(nullptr).code, MORPH_ERROR_INVALID_CONFIGURATION);
    EXPECT_NE(std::strstr(morph_general_last_error(nullptr).text, "bytes_max"), nullptr);
    config.memory.bytes_max += 1;
    Owner general(morph_general_create(&config));
    ASSERT_NE(general, nullptr);
    EXPECT_NE(morph_general_alloc(general.get(), 100), nullptr);
    EXPECT_NE(morph_general_alloc(general.get(), kRun), nullptr);
}

TEST(General, SizesBeyondReasonGiveNullAndAnError) {
    Meter meter;
    Owner general = make_general(meter);
    void* object = morph_general_alloc(general.get(), 10);
    for (size_t size : {MORPH_MAX_REQUEST + 1, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 255, SIZE_MAX / 2,
                        SIZE_MAX - morph::kChunkBytes}) {
        EXPECT_EQ(morph_general_alloc(general.get(), size), nullptr);
        EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_TOO_LARGE);
        EXPECT_EQ(morph_general_alloc_zeroed(general.get(), size), nullptr);
        EXPECT_EQ(morph_general_alloc_aligned(general.get(), size, 4096), nullptr);
        EXPECT_EQ(morph_general_realloc(general.get(), object, size), nullptr);
        EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_TOO_LARGE);
    }
    EXPECT_EQ(morph_general_size(general.get(), object), 10u);
    EXPECT_EQ(stats_of(general).failures, 24u);
    EXPECT_EQ(stats_of(general).total.objects_live, 1u);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
}

TEST(General, AlignmentsThatAreNoneAreRefusedAndAllOthersHold) {
    Meter meter;
    Owner general = make_general(meter);
    for (size_t alignment : {size_t{0}, size_t{3}, size_t{24}, MORPH_MAX_ALIGNMENT * 2, SIZE_MAX}) {
        EXPECT_EQ(morph_general_alloc_aligned(general.get(), 8, alignment), nullptr);
        EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_INVALID_ARGUMENT);
    }
    for (size_t alignment = 1; alignment <= MORPH_MAX_ALIGNMENT; alignment *= 2) {
        for (size_t size : {size_t{0}, size_t{1}, size_t{8}, size_t{1000}, kRun, kLarge}) {
            void* object = morph_general_alloc_aligned(general.get(), size, alignment);
            ASSERT_NE(object, nullptr);
            EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
            EXPECT_EQ(morph_general_size(general.get(), object), size);
            std::memset(object, 1, size);
            ASSERT_EQ(morph_general_verify(general.get()), MORPH_OK);
            EXPECT_EQ(morph_general_free(general.get(), object), MORPH_OK);
        }
    }
    general.reset();
    EXPECT_EQ(meter.held(), 0u);
}

TEST(General, ObjectsOfNoBytesHaveAddressesOfTheirOwn) {
    Owner general = make_general();
    void* one = morph_general_alloc(general.get(), 0);
    void* two = morph_general_alloc_zeroed(general.get(), 0);
    void* three = morph_general_alloc_aligned(general.get(), 0, morph::kChunkBytes);
    ASSERT_TRUE(one != nullptr && two != nullptr && three != nullptr);
    EXPECT_TRUE(one != two && two != three);
    void* grown = morph_general_realloc(general.get(), one, kLarge);
    ASSERT_NE(grown, nullptr);
    void* shrunk = morph_general_realloc(general.get(), grown, 0);
    ASSERT_NE(shrunk, nullptr);
    EXPECT_EQ(morph_general_size(general.get(), shrunk), 0u);
    for (void* object : {two, three, shrunk}) {
        EXPECT_EQ(morph_general_free(general.get(), object), MORPH_OK);
    }
    EXPECT_EQ(stats_of(general).total.objects_live, 0u);
}

TEST(General, ZeroedMemoryIsZeroWhereItWasUsedBefore) {
    Owner general = make_general();
    for (size_t size : {size_t{24}, size_t{1024}, kRun, kLarge}) {
        for (int round = 0; round < 4; round++) {
            auto* used = bytes_of(morph_general_alloc(general.get(), size + 300));
            std::memset(used, 0xEE, size + 300);
            morph_general_free(general.get(), used);
            auto* object = bytes_of(morph_general_alloc_zeroed(general.get(), size));
            for (size_t i = 0; i < size; i++) ASSERT_EQ(object[i], 0) << i;
            std::memset(object, 0xEE, size);
            if (round % 2 == 0) morph_general_free(general.get(), object);
        }
    }
}

TEST(General, AnObjectGrowsIntoTheFreeRunBehindIt) {
    Owner general = make_general();
    auto* object = bytes_of(morph_general_alloc(general.get(), 2000));
    std::memset(object, 7, 2000);
    for (size_t size = 2000; size + 100 < morph::kRunBytesMax; size += 1000) {
        ASSERT_EQ(morph_general_realloc(general.get(), object, size), object);
    }
    for (size_t i = 0; i < 2000; i++) ASSERT_EQ(object[i], 7);
    void* behind = morph_general_alloc(general.get(), 2000);
    void* moved = morph_general_realloc(general.get(), object, morph::kRunBytesMax - 8);
    EXPECT_NE(moved, object) << "something is in the way now";
    // What was cut off is free again: the run shrinks in place, and its tail is handed out.
    void* kept = morph_general_realloc(general.get(), moved, 3000);
    EXPECT_EQ(kept, moved);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
    EXPECT_EQ(morph_general_free(general.get(), behind), MORPH_OK);
    EXPECT_GT(stats_of(general).resizes, 2u);
}

TEST(General, NeighboursThatAreFreedInAnyOrderBecomeOneRun) {
    Meter meter;
    Owner general = make_general(meter);
    const size_t size = morph::kRunBytesMax / 2;
    for (int order = 0; order < 3; order++) {
        void* objects[4];
        for (void*& object : objects) object = morph_general_alloc(general.get(), size);
        const int orders[3][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {0, 2, 1, 3}};
        for (int index : orders[order]) {
            ASSERT_EQ(morph_general_free(general.get(), objects[index]), MORPH_OK);
            ASSERT_EQ(morph_general_verify(general.get()), MORPH_OK);
        }
        size_t held = meter.held();
        void* whole = morph_general_alloc(general.get(), morph::kRunBytesMax - 8);
        EXPECT_EQ(meter.held(), held) << "what was freed must serve it";
        morph_general_free(general.get(), whole);
    }
}

TEST(General, AMappingGoesBackWhenItsObjectIsFreed) {
    Meter meter;
    Owner general = make_general(meter);
    size_t before = meter.held();
    void* object = morph_general_alloc(general.get(), 4 * kLarge);
    EXPECT_GE(meter.held(), before + 4 * kLarge);
    EXPECT_LE(meter.held(), before + 4 * kLarge + 2 * morph::kPageBytes);
    EXPECT_EQ(stats_of(general).large_live, 1u);
    EXPECT_EQ(stats_of(general).bytes_mapped, meter.held());
    // Less than half of it in use: it moves to a smaller one; more than that: it stays.
    EXPECT_EQ(morph_general_realloc(general.get(), object, 3 * kLarge), object);
    void* moved = morph_general_realloc(general.get(), object, kLarge);
    EXPECT_NE(moved, object);
    EXPECT_LE(meter.held(), before + kLarge + 2 * morph::kPageBytes);
    EXPECT_EQ(morph_general_free(general.get(), moved), MORPH_OK);
    EXPECT_EQ(meter.held(), before);
}

TEST(General, ALargeObjectThatGrowsStepByStepIsCopiedSeldom) {
    Owner general = make_general();
    void* object = morph_general_alloc(general.get(), kLarge);
    int moves = 0;
    for (size_t size = kLarge; size < 8 * kLarge; size += kLarge / 64) {
        void* grown = morph_general_realloc(general.get(), object, size);
        ASSERT_NE(grown, nullptr);
        moves += grown != object ? 1 : 0;
        object = grown;
    }
    EXPECT_LE(moves, 20) << "an eighth is kept to grow into";
}

TEST(General, AddressesThatAreNoObjectsAreRefusedWhateverTheyAre) {
    Owner general = make_general();
    Owner other = make_general();
    int on_stack = 0;
    auto* small = bytes_of(morph_general_alloc(general.get(), 100));
    auto* run = bytes_of(morph_general_alloc(general.get(), kRun));
    auto* large = bytes_of(morph_general_alloc(general.get(), kLarge));
    void* freed_small = morph_general_alloc(general.get(), 100);
    void* freed_run = morph_general_alloc(general.get(), kRun);
    void* freed_large = morph_general_alloc(general.get(), kLarge);
    for (void* object : {freed_small, freed_run, freed_large}) {
        ASSERT_EQ(morph_general_free(general.get(), object), MORPH_OK);
    }
    void* foreign = morph_general_alloc(other.get(), 100);
    auto* chunk = bytes_of(morph::chunk_of(run));
    void* wrong[] = {&on_stack,
                     general.get(),
                     small + 1,
                     small + 8,
                     run + 1,
                     run + 256,
                     large + 16,
                     large - 1,
                     freed_small,
                     freed_run,
                     freed_large,
                     foreign,
                     chunk,
                     chunk + 64,
                     chunk + 300,
                     small + 4096,
                     reinterpret_cast<void*>(uintptr_t{8}),
                     reinterpret_cast<void*>(~uintptr_t{7}),
                     reinterpret_cast<void*>(~uintptr_t{0}),
                     bytes_of(morph::chunk_of(small)) + 256};
    uint64_t failures = 0;
    for (void* address : wrong) {
        EXPECT_EQ(morph_general_free(general.get(), address), MORPH_ERROR_NOT_AN_OBJECT) << address;
        EXPECT_EQ(morph_general_realloc(general.get(), address, 50), nullptr);
        EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_NOT_AN_OBJECT);
        EXPECT_EQ(morph_general_size(general.get(), address), 0u);
        failures += 2;
    }
    EXPECT_EQ(stats_of(general).failures, failures);
    EXPECT_EQ(stats_of(general).total.objects_live, 3u);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
    EXPECT_EQ(morph_general_free(general.get(), nullptr), MORPH_OK);
    EXPECT_EQ(morph_general_size(general.get(), nullptr), 0u);
}

// The bytes of an object may look like anything: nothing is concluded from them.
TEST(General, AnAddressInsideALargeObjectIsJudgedByTheTableAlone) {
    Owner general = make_general();
    auto* small = bytes_of(morph_general_alloc(general.get(), 64));
    auto* large = bytes_of(morph_general_alloc(general.get(), 4 * kLarge));
    // Chunks of the pool on both sides of it, so that it lies among them.
    for (size_t bytes = 0; bytes < 8 * morph::kChunkBytes; bytes += 1000) {
        ASSERT_NE(morph_general_alloc(general.get(), 1000), nullptr);
    }
    auto* twin = bytes_of(morph::chunk_of(large)) + 2 * morph::kChunkBytes;
    // A copy of a pool's chunk, descriptors and all, in the middle of a user's object.
    std::memcpy(twin, morph::chunk_of(small), sizeof(morph::PoolChunk));
    size_t offset = static_cast<size_t>(small - bytes_of(morph::chunk_of(small)));
    EXPECT_EQ(morph_general_free(general.get(), twin + offset), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_general_size(general.get(), twin + offset), 0u);
    EXPECT_EQ(morph_general_free(general.get(), small), MORPH_OK);
}

TEST(General, QueryKnowsEveryAddressOfAnObject) {
    Owner general = make_general();
    struct Case {
        size_t size;
        MorphRoom room;
    };
    for (Case each : {Case{100, MORPH_ROOM_POOL}, Case{kRun, MORPH_ROOM_RUNS},
                      Case{kLarge, MORPH_ROOM_LARGE}}) {
        auto* object = bytes_of(morph_general_alloc(general.get(), each.size));
        for (size_t offset : {size_t{0}, size_t{1}, each.size / 2, each.size - 1}) {
            MorphAddressInfo info = morph_general_query(general.get(), object + offset);
            EXPECT_EQ(info.room, each.room);
            EXPECT_TRUE(info.allocated);
            EXPECT_EQ(info.object, object);
            EXPECT_EQ(info.size, each.size);
            EXPECT_GE(info.slot_size, each.size);
        }
        morph_general_free(general.get(), object);
        EXPECT_FALSE(morph_general_query(general.get(), object).allocated);
    }
}

TEST(General, ResetFreesAllAndKeepsMemoryThatTheNextRoundUses) {
    Meter meter;
    Owner general = make_general(meter);
    size_t settled = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3000; i++) {
            ASSERT_NE(morph_general_alloc(general.get(), 50), nullptr);
            if (i % 30 == 0) {
                ASSERT_NE(morph_general_alloc(general.get(), kRun / 4), nullptr);
            }
        }
        ASSERT_NE(morph_general_alloc(general.get(), kLarge), nullptr);
        if (round == 1) settled = meter.peak;
        morph_general_reset(general.get());
        EXPECT_EQ(stats_of(general).total.bytes_live, 0u);
        ASSERT_EQ(morph_general_verify(general.get()), MORPH_OK);
    }
    EXPECT_EQ(meter.peak, settled);
    EXPECT_EQ(stats_of(general).resets, 5u);
    EXPECT_EQ(stats_of(general).large_live, 0u);
}

// The worst for reuse: what a reset kept for one kind of objects when only the other is needed.
TEST(General, ChunksKeptByAResetDoNotStayBesideNewOnes) {
    Meter meter;
    Owner general = make_general(meter);
    const int chunks = 12;
    const size_t count = chunks * morph::kChunkBytes / 512;
    for (size_t i = 0; i < count; i++) morph_general_alloc(general.get(), 512);
    size_t small_held = meter.held();
    morph_general_reset(general.get());
    for (int i = 0; i < chunks * 3; i++) {
        morph_general_alloc(general.get(), morph::kRunBytesMax - 8);
    }
    EXPECT_LE(meter.peak, small_held + 2 * morph::kChunkBytes);
    morph_general_reset(general.get());
    for (size_t i = 0; i < count; i++) morph_general_alloc(general.get(), 512);
    EXPECT_LE(meter.peak, small_held + 2 * morph::kChunkBytes);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
}

}  // namespace
