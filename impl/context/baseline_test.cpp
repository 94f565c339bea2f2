// COMPILER mode on V1: the promises of mem.h, on another heap.
#include "context/baseline.h"

#include <map>
#include <string>

#include "chunk/memory_marks.h"
#include "context/baseline_for_tests.h"

namespace {

using Baseline = morph::BaselineTest;
using morph::expect_counts;

TEST_F(Baseline, IsSeenInTheFiguresAndHasNoHeapToShow) {
    open();
    EXPECT_TRUE(stats().v1);
    EXPECT_EQ(stats().mode, MORPH_MODE_COMPILER);
    EXPECT_EQ(morph_mem_heap(context), nullptr);
    EXPECT_EQ(morph_mem_alloc(context, 8, 7), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
    expect_exact();
    verify();
}

TEST_F(Baseline, EveryObjectIsKeptUntilItIsFreed) {
    config.v1.threshold = 4096;
    open();
    std::vector<unsigned char*> objects;
    for (size_t i = 0; i < 3000; ++i) objects.push_back(make(i % 300));
    EXPECT_GT(stats().heap.major.count, 10u) << "its threshold is met again and again";
    for (size_t i = 0; i < objects.size(); ++i) {
        ASSERT_TRUE(intact(objects[i], i % 300)) << i;
    }
    expect_counts(stats().total, 3000, 0, stats().total.bytes_live, 0);
    verify();
    for (unsigned char* object : objects) ASSERT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_EQ(stats().total.objects_live, 0u);
    EXPECT_EQ(stats().total.bytes_live, 0u);
    for (size_t i = 0; i < 3000; ++i) make(i % 300 + 1000);
    verify();
    expect_exact();
}

TEST_F(Baseline, AFreedObjectOfTheSameSizeIsReused) {
    open();
    unsigned char* object = make(48);
    ASSERT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_NE(make_raw(56), object) << "an exact fit, or none";
    EXPECT_EQ(make_raw(48), object);
    // Undefined, as the tools know; and in truth as the first system left it.
    if (!morph::marks_active()) {
        EXPECT_EQ(object[5], 5 * 7 + 1);
    }
    auto* zeroed = static_cast<unsigned char*>(morph_mem_alloc_zeroed(context, 4096, 0));
    EXPECT_EQ(std::count(zeroed, zeroed + 4096, 0), 4096);
    ASSERT_EQ(morph_mem_free(context, object), MORPH_OK);
    EXPECT_EQ(morph_mem_alloc_zeroed(context, 48, 0), object);
    EXPECT_EQ(std::count(object, object + 48, 0), 48);
}

TEST_F(Baseline, PlacementsAndAlignmentsAreCheckedInOrder) {
    open();
    uint32_t type = add_type("placed", MORPH_PLACE_POOL);
    EXPECT_EQ(type_stats(type).placement, MORPH_PLACE_POOL);
    EXPECT_NE(morph_mem_alloc(context, 5000, type), nullptr) << "no pool, no limit of a pool";
    EXPECT_EQ(morph_mem_free(context, morph_mem_alloc_with(context, 64, 8, 0, MORPH_PLACE_ARENA)),
              MORPH_OK);
    auto bad = static_cast<MorphMemPlacement>(3);
    struct Case {
        uint32_t type;
        MorphMemPlacement placement;
        size_t alignment, size;
        MorphCode code;
        const char* text;
    };
    const Case cases[] = {
        {9, bad, 3, SIZE_MAX, MORPH_ERROR_UNKNOWN_TYPE, "type 9"},
        {0, bad, 3, SIZE_MAX, MORPH_ERROR_INVALID_ARGUMENT, "placement: 3"},
        {0, MORPH_PLACE_POOL, 3, SIZE_MAX, MORPH_ERROR_INVALID_ARGUMENT, "alignment: 3"},
        {0, MORPH_PLACE_POOL, 0, 8, MORPH_ERROR_INVALID_ARGUMENT, "alignment: 0"},
        {0, MORPH_PLACE_POOL, MORPH_MAX_ALIGNMENT * 2, 8, MORPH_ERROR_INVALID_ARGUMENT,
         "alignment: "},
        {0, MORPH_PLACE_POOL, 8, SIZE_MAX, MORPH_ERROR_TOO_LARGE, "size: 18446744073709551615"},
        {0, MORPH_PLACE_POOL, 8, MORPH_MAX_REQUEST + 1, MORPH_ERROR_TOO_LARGE, "size: "},
        {0, MORPH_PLACE_POOL, 8, MORPH_MAX_REQUEST, MORPH_ERROR_OUT_OF_MEMORY, ""}};
    for (const Case& wrong : cases) {
        EXPECT_EQ(
            morph_mem_alloc_with(context, wrong.size, wrong.alignment, wrong.type, wrong.placement),
            nullptr);
        EXPECT_EQ(error().code, wrong.code) << error().text;
        EXPECT_EQ(std::string(error().text).find(wrong.text), 0u) << error().text;
    }
    for (size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        void* object = morph_mem_alloc_with(context, 24, alignment, 0, MORPH_PLACE_BY_SIZE);
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
    }
    MorphMemTypeInfo info = {};
    info.placement = bad;
    EXPECT_EQ(morph_mem_register_type(context, &info), MORPH_TYPE_INVALID);
    EXPECT_EQ(morph_mem_register_type(context, nullptr), MORPH_TYPE_INVALID);
    verify();
}

TEST_F(Baseline, SizeZeroGivesUniqueAddresses) {
    open();
    void* first = make_raw(0);
    void* second = make_raw(0);
    ASSERT_NE(first, nullptr);
    EXPECT_NE(first, second);
    EXPECT_EQ(morph_mem_free(context, first), MORPH_OK);
    EXPECT_EQ(resize(second, 0, 0), second);
    EXPECT_EQ(morph_mem_free(context, second), MORPH_OK);
}

TEST_F(Baseline, AReallocationStaysOnlyWhenTheSizeStays) {
    open();
    uint32_t type = add_type("grown");
    unsigned char* object = make(100, type);
    EXPECT_EQ(resize(object, 100, 100, type), object);
    EXPECT_EQ(stats().resizes, 1u);
    unsigned char* larger = resize(object, 100, 101, type);
    ASSERT_NE(larger, nullptr);
    EXPECT_NE(larger, object);
    EXPECT_TRUE(intact(larger, 100));
    EXPECT_EQ(morph_mem_free(context, object), MORPH_ERROR_NOT_AN_OBJECT) << "the old one is gone";
    unsigned char* smaller = resize(larger, 101, 3, type);
    EXPECT_TRUE(intact(smaller, 3));
    unsigned char* huge = resize(smaller, 3, 100000, type);
    EXPECT_TRUE(intact(huge, 3));
    expect_counts(type_stats(type).counts, 4, 3, 100 + 101 + 3 + 100000, 100 + 101 + 3);
    EXPECT_EQ(stats().resizes, 1u);
    EXPECT_NE(resize(nullptr, 7, 10, type), nullptr) << "as an allocation";
    verify();
}

TEST_F(Baseline, QueryAndWalkKnowLiveObjects) {
    open();
    uint32_t type = add_type("seen");
    unsigned char* small = make(100, type);
    unsigned char* large = make(10000, type);
    unsigned char* freed = make(50, type);
    ASSERT_EQ(morph_mem_free(context, freed), MORPH_OK);
    for (auto [object, size] : {std::pair{small, size_t{100}}, {large, size_t{10000}}}) {
        for (size_t offset : {size_t{0}, size_t{1}, size - 1}) {
            MorphAddressInfo info = morph_mem_query(context, object + offset);
            EXPECT_TRUE(info.allocated);
            EXPECT_EQ(info.object, object);
            EXPECT_EQ(info.size, size);
            EXPECT_EQ(info.type, type);
        }
    }
    EXPECT_EQ(morph_mem_query(context, small).room, MORPH_ROOM_OLD);
    EXPECT_EQ(morph_mem_query(context, large).room, MORPH_ROOM_LARGE);
    EXPECT_FALSE(morph_mem_query(context, freed).allocated);
    EXPECT_EQ(morph_mem_query(context, &small).room, MORPH_ROOM_NONE);
    EXPECT_EQ(morph_mem_query(context, nullptr).room, MORPH_ROOM_NONE);
    std::map<void*, size_t> seen;
    morph_mem_walk(
        context,
        [](void* user, void* object, size_t size, uint32_t) {
            (*static_cast<std::map<void*, size_t>*>(user))[object] = size;
            return true;
        },
        &seen);
    EXPECT_EQ(seen, (std::map<void*, size_t>{{small, 100}, {large, 10000}}));
}

TEST_F(Baseline, ResetFreesAllAndKeepsTypes) {
    open();
    uint32_t type = add_type("again");
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 200; ++i) make(static_cast<size_t>(i) * 30, type);
        morph_mem_reset(context);
        EXPECT_EQ(stats().total.objects_live, 0u);
        EXPECT_EQ(stats().total.bytes_live, 0u);
        verify();
    }
    EXPECT_EQ(stats().resets, 3u);
    EXPECT_EQ(stats().types, 2u);
    EXPECT_STREQ(type_stats(type).name, "again");
    EXPECT_EQ(type_stats(type).counts.allocations, 600u);
    expect_exact();
}

TEST_F(Baseline, WithoutMetricsNothingCountedIsShown) {
    config.enable_metrics = false;
    open();
    make(100);
    resize(make(8), 8, 8);
    MorphMemStats figures = stats();
    EXPECT_FALSE(figures.metrics);
    EXPECT_EQ(figures.total.allocations + figures.resizes + figures.bytes_live_peak, 0u);
    EXPECT_EQ(figures.heap.counts.allocations, 0u);
    EXPECT_GT(figures.bytes_mapped, 0u);
    expect_exact();
}

}  // namespace
