// The ends of objects: free, realloc by every route, reset.
#include <cstring>

#include "context/testing.h"

namespace {

using Release = morph::ObjectTest;

TEST_F(Release, FreeingNullIsFine) {
    open();
    EXPECT_EQ(morph_mem_free(context, nullptr), MORPH_OK);
    EXPECT_EQ(stats().failures, 0u);
}

TEST_F(Release, APoolsObjectIsFreedAtOnce) {
    open();
    void* object = make(24);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_EQ(stats().total.objects_live, 0u);
    size_t mapped = stats().bytes_mapped;
    size_t tries = 0;
    while (make(24) != object && stats().bytes_mapped == mapped) tries += 1;
    EXPECT_EQ(stats().bytes_mapped, mapped) << "its place is used again, after " << tries;
}

TEST_F(Release, AnArenasObjectStaysUntilReset) {
    open();
    unsigned char* object = make(4000);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_EQ(stats().total.objects_live, 1u);
    EXPECT_EQ(stats().total.frees, 0u);
    EXPECT_TRUE(intact(object, 4000));
    morph_mem_reset(context);
    morph::expect_counts(stats().total, 1, 1, 4000, 4000);
}

TEST_F(Release, WhatIsNoObjectIsRefusedAlways) {
    open();
    unsigned char* object = make(24);
    make(24);
    EXPECT_EQ(morph_mem_free(context, object + 1), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_mem_free(context, object + 8), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_ERROR_NOT_AN_OBJECT) << "double free";
    int local = 0;
    EXPECT_EQ(morph_mem_free(context, &local), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(error().code, MORPH_ERROR_NOT_AN_OBJECT);
    MorphMemContext* other = morph_mem_init(nullptr);
    void* foreign = morph_mem_alloc(other, 24, 0);
    EXPECT_EQ(morph_mem_free(context, foreign), MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(morph_mem_free(other, foreign), MORPH_OK);
    morph_mem_destroy(other);
    EXPECT_EQ(stats().failures, 5u);
    morph::expect_counts(stats().total, 2, 1, 48, 24);
    EXPECT_TRUE(reports.empty());
    verify();
}

TEST_F(Release, ReallocOfNullAllocates) {
    open();
    void* object = resize(nullptr, 0, 40);
    ASSERT_NE(object, nullptr);
    morph::expect_counts(stats().pool, 1, 0, 40, 0);
    EXPECT_EQ(stats().resizes, 0u);
}

TEST_F(Release, AnObjectStaysInPlaceExactlyWhenItsClassStays) {
    for (bool debug : {false, true}) {
        config.enable_debug = debug;
        open();
        auto class_of = [&](size_t size) {
            return morph_size_class((size == 0 ? 1 : size) + (debug ? 8 : 0));
        };
        for (size_t old_size = 0; old_size <= 1024; old_size += 13) {
            for (size_t new_size = 0; new_size <= 1024; new_size += 11) {
                unsigned char* object = make(old_size);
                uint64_t resizes = stats().resizes;
                unsigned char* resized = resize(object, old_size, new_size);
                ASSERT_NE(resized, nullptr);
                bool stays = class_of(old_size) == class_of(new_size);
                ASSERT_EQ(resized == object, stays) << old_size << " to " << new_size;
                ASSERT_EQ(stats().resizes, resizes + (stays ? 1 : 0));
                ASSERT_TRUE(intact(resized, std::min(old_size, new_size)));
                ASSERT_EQ(morph_mem_query(context, resized).size, new_size);
                ASSERT_EQ(morph_mem_free(context, resized), MORPH_OK);
            }
        }
        EXPECT_EQ(stats().total.bytes_live, 0u);
        EXPECT_TRUE(reports.empty());
        verify();
        close();
    }
}

TEST_F(Release, AResizeInPlaceIsNeitherAllocationNorFree) {
    open();
    uint32_t type = add_type("t");
    unsigned char* object = make(130, type);
    EXPECT_EQ(resize(object, 130, 144, type), object);
    morph::expect_counts(stats().total, 1, 0, 144, 0);
    EXPECT_EQ(resize(object, 144, 129, type), object);
    morph::expect_counts(stats().total, 1, 0, 144, 15);
    morph::expect_counts(type_stats(type).counts, 1, 0, 144, 15);
    morph::expect_counts(stats().pool, 1, 0, 144, 15);
    EXPECT_EQ(stats().resizes, 2u);
    EXPECT_EQ(stats().bytes_live_peak, 144u);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    morph::expect_counts(stats().total, 1, 1, 144, 144);
    verify();
}

TEST_F(Release, AMoveWithinThePoolsIsAllocationAndFree) {
    open();
    uint32_t type = add_type("t");
    unsigned char* object = make(100, type);
    unsigned char* moved = resize(object, 100, 500, type);
    ASSERT_NE(moved, object);
    EXPECT_TRUE(intact(moved, 100));
    morph::expect_counts(stats().pool, 2, 1, 600, 100);
    morph::expect_counts(type_stats(type).counts, 2, 1, 600, 100);
    EXPECT_EQ(stats().bytes_live_peak, 600u) << "both were live";
    EXPECT_EQ(stats().resizes, 0u);
    EXPECT_EQ(morph_mem_query(context, moved).type, type);
    verify();
}

TEST_F(Release, APoolsObjectThatGrowsTooLargeMovesToTheArena) {
    open();
    unsigned char* object = make(1000);
    unsigned char* moved = resize(object, 1000, 3000);
    EXPECT_EQ(morph_mem_query(context, moved).room, MORPH_ROOM_ARENA);
    EXPECT_TRUE(intact(moved, 1000));
    EXPECT_FALSE(morph_mem_query(context, object).allocated);
    morph::expect_counts(stats().pool, 1, 1, 1000, 1000);
    morph::expect_counts(stats().arena, 1, 0, 3000, 0);
    EXPECT_EQ(stats().bytes_live_peak, 4000u);
    verify();
}

TEST_F(Release, AnArenasObjectIsCopiedAndTheOldOneStays) {
    open();
    unsigned char* object = make(3000);
    unsigned char* smaller = resize(object, 3000, 100);
    EXPECT_EQ(morph_mem_query(context, smaller).room, MORPH_ROOM_POOL);
    EXPECT_TRUE(intact(smaller, 100));
    EXPECT_TRUE(intact(object, 3000));
    morph::expect_counts(stats().total, 2, 0, 3100, 0);
    unsigned char* larger = resize(object, 3000, 9000);
    EXPECT_TRUE(intact(larger, 3000));
    unsigned char* same = resize(object, 3000, 3000);
    EXPECT_NE(same, object);
    morph::expect_counts(stats().arena, 3, 0, 15000, 0);
    EXPECT_EQ(stats().resizes, 0u);
    verify();
}

TEST_F(Release, ThePlacementOfTheTypeHoldsForTheNewPlace) {
    open();
    uint32_t pool = add_type("pool", MORPH_PLACE_POOL);
    uint32_t arena = add_type("arena", MORPH_PLACE_ARENA);
    unsigned char* object = make(100, pool);
    EXPECT_EQ(resize(object, 100, 2000, pool), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE);
    EXPECT_TRUE(intact(object, 100));
    morph::expect_counts(stats().total, 1, 0, 100, 0);
    unsigned char* flagged = make(100, arena, MORPH_PLACE_POOL);
    EXPECT_EQ(resize(flagged, 100, 98, arena), flagged) << "same class: stays where it is";
    EXPECT_EQ(morph_mem_query(context, resize(flagged, 98, 200, arena)).room, MORPH_ROOM_ARENA);
    verify();
}

TEST_F(Release, ReallocToZeroKeepsAUniqueAddress) {
    open();
    unsigned char* object = make(100);
    unsigned char* empty = resize(object, 100, 0);
    ASSERT_NE(empty, nullptr);
    EXPECT_EQ(stats().total.objects_live, 1u);
    EXPECT_EQ(stats().total.bytes_live, 0u);
    EXPECT_EQ(morph_mem_query(context, empty).size, 0u);
    EXPECT_EQ(morph_mem_free(context, empty), MORPH_OK);
}

TEST_F(Release, WhatIsNoObjectOrOfAnotherTypeIsNotReallocated) {
    open();
    uint32_t type = add_type("t");
    unsigned char* object = make(100, type);
    int local = 0;
    EXPECT_EQ(resize(&local, 4, 8), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(resize(object + 8, 92, 200, type), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_NOT_AN_OBJECT);
    EXPECT_EQ(resize(object, 100, 200, 0), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(resize(object, 100, 200, 99), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(resize(object, 100, SIZE_MAX, type), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE);
    unsigned char* large = make(3000);
    EXPECT_EQ(resize(large, SIZE_MAX, 10), nullptr) << "would read past the arena";
    EXPECT_EQ(error().code, MORPH_ERROR_WRONG_SIZE);
    EXPECT_TRUE(intact(object, 100));
    morph::expect_counts(stats().total, 2, 0, 3100, 0);
    EXPECT_EQ(stats().failures, 6u);
    verify();
}

TEST_F(Release, ResetFreesEverythingAndKeepsTypesAndMemory) {
    open();
    uint32_t type = add_type("t");
    size_t mapped = 0;
    for (int round = 0; round < 5; ++round) {
        for (size_t i = 0; i < 5000; ++i) make(i % 1500, i % 2 == 0 ? type : 0);
        if (round == 0) mapped = stats().bytes_mapped;
        EXPECT_LE(stats().bytes_mapped, mapped) << "the same again needs no more";
        morph_mem_reset(context);
        EXPECT_EQ(stats().total.objects_live, 0u);
        EXPECT_EQ(stats().pool.bytes_live, 0u);
        EXPECT_EQ(stats().arena.bytes_live, 0u);
        EXPECT_EQ(stats().arena_bytes_used, 0u);
        EXPECT_EQ(stats().resets, static_cast<uint64_t>(round) + 1);
        EXPECT_EQ(stats().types, 2u);
        morph::expect_counts(type_stats(type).counts, type_stats(type).counts.allocations,
                             type_stats(type).counts.allocations,
                             type_stats(type).counts.bytes_allocated,
                             type_stats(type).counts.bytes_allocated);
        verify();
    }
}

TEST_F(Release, ThePeakOutlivesAReset) {
    open();
    make(1000);
    make(5000);
    morph_mem_reset(context);
    EXPECT_EQ(stats().bytes_live_peak, 6000u);
    make(100);
    EXPECT_EQ(stats().bytes_live_peak, 6000u);
    make(7000);
    EXPECT_EQ(stats().bytes_live_peak, 7100u);
}

TEST_F(Release, ResetReturnsTheArenasLargeObjects) {
    open();
    make(100);
    size_t before = stats().bytes_mapped;
    size_t before_arena = stats().arena_bytes_mapped;
    ASSERT_NE(morph_mem_alloc(context, morph_chunk_bytes() * 8, 0), nullptr);
    EXPECT_GT(stats().arena_bytes_mapped, before_arena + morph_chunk_bytes() * 8);
    morph_mem_reset(context);
    EXPECT_LE(stats().bytes_mapped, before + morph_chunk_bytes());
}

}  // namespace
