// Memory that is refused: at every request, for a while, by the bound. Calls fail cleanly, objects
// stay as they were, and what is idle is given back before anything fails.
#include <gtest/gtest.h>

#include "chunk/geometry.h"
#include "general/general_for_tests.h"
#include "general/layout.h"

namespace {

using namespace general_test;

constexpr size_t kRun = morph::kRunBytesMax / 2;
constexpr size_t kLarge = morph::kChunkBytes;
// With real chunks the same work touches thirty times the memory: less of it, and not every k.
constexpr bool kTiny = morph::kChunkBytes <= size_t{64} << 10;
constexpr size_t kObjects = kTiny ? 40 : 10;
constexpr size_t kStep = kTiny ? 1 : 3;

struct Work {
    bool finished;
    size_t objects;
};

// Every call there is, over all rooms. Goes on where a call fails, and counts what it got.
Work work(MorphGeneral* general) {
    Work result = {true, 0};
    void* objects[kObjects] = {};
    size_t sizes[kObjects] = {};
    auto note = [&](size_t index, void* object, size_t size) {
        if (object == nullptr) {
            result.finished = false;
            EXPECT_NE(morph_general_last_error(general).code, MORPH_OK);
            return;
        }
        objects[index] = object;
        sizes[index] = size;
        std::memset(object, static_cast<int>(index), size);
    };
    for (size_t i = 0; i < kObjects; i++) {
        const size_t all[] = {0, 8, 100, 1024, 1025, kRun, kRun * 2, kLarge, kLarge * 2, 60};
        size_t size = all[i % 10] + i;
        if (i % 3 == 0) note(i, morph_general_alloc(general, size), size);
        if (i % 3 == 1) note(i, morph_general_alloc_zeroed(general, size), size);
        if (i % 3 == 2) note(i, morph_general_alloc_aligned(general, size, 512), size);
    }
    for (size_t i = 0; i < kObjects; i++) {
        if (objects[i] == nullptr) continue;
        const size_t changes[] = {sizes[i] * 2 + 1, sizes[i] / 3, sizes[i] + kRun};
        size_t size = changes[i % 3];
        void* moved = morph_general_realloc(general, objects[i], size);
        if (size <= sizes[i]) {
            EXPECT_NE(moved, nullptr) << "shrinking does not fail";
        }
        auto* kept = bytes_of(moved != nullptr ? moved : objects[i]);
        size_t common = moved != nullptr && size < sizes[i] ? size : sizes[i];
        for (size_t byte = 0; byte < common; byte += 97) EXPECT_EQ(kept[byte], i);
        if (moved == nullptr) {
            EXPECT_EQ(morph_general_size(general, objects[i]), sizes[i]);
        }
        note(i, moved, size);
    }
    EXPECT_EQ(morph_general_verify(general), MORPH_OK) << morph_general_last_error(general).text;
    for (size_t i = 0; i < kObjects; i += 2) {
        if (objects[i] == nullptr) continue;
        EXPECT_EQ(morph_general_free(general, objects[i]), MORPH_OK);
        objects[i] = nullptr;
    }
    for (void* object : objects) result.objects += object != nullptr ? 1 : 0;
    EXPECT_EQ(morph_general_stats(general).total.objects_live, result.objects);
    EXPECT_EQ(morph_general_verify(general), MORPH_OK);
    return result;
}

// refuse_count requests are refused from the k-th on, for every k.
void sweep(size_t refuse_count, bool debug) {
    size_t failed_runs = 0;
    for (size_t k = 2;; k += kStep) {
        Meter meter;
        Reports reports;
        meter.refuse(k, refuse_count);
        Owner general = debug ? make_debug_general(reports, &meter) : make_general(meter);
        ASSERT_NE(general, nullptr);
        bool finished = work(general.get()).finished;
        failed_runs += finished ? 0 : 1;
        size_t refusals = meter.refusals;
        meter.grant_all();
        morph_general_reset(general.get());
        EXPECT_TRUE(work(general.get()).finished) << "memory is there again";
        general.reset();
        ASSERT_EQ(meter.held(), 0u) << "k = " << k;
        EXPECT_TRUE(reports.seen.empty());
        if (refusals == 0) break;
        ASSERT_LT(k, 1000u);
    }
    EXPECT_GT(failed_runs, 0u);
}

TEST(GeneralFailure, ARefusalAtEveryRequestLeavesAllAsItWas) {
    sweep(1, false);
}

TEST(GeneralFailure, RefusalsWithoutEndLeaveAllAsItWas) {
    sweep(~size_t{0}, false);
}

TEST(GeneralFailure, DebugModeFailsAsCleanly) {
    sweep(2, true);
}

TEST(GeneralFailure, ACreationThatIsRefusedTellsWhy) {
    Meter meter;
    meter.refuse(1);
    EXPECT_EQ(make_general(meter), nullptr);
    EXPECT_EQ(morph_general_last_error(nullptr).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(meter.held(), 0u);
}

TEST(GeneralFailure, TheBoundHoldsToTheByteAndIsUsedToTheEnd) {
    Meter meter;
    const size_t bound = 6 * morph::kChunkBytes;
    Owner general = make_general(meter, bound);
    size_t live = 0;
    while (morph_general_alloc(general.get(), kRun - 8) != nullptr) live += kRun;
    EXPECT_EQ(morph_general_last_error(general.get()).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_LE(meter.peak, bound);
    EXPECT_GE(live, 3 * morph::kChunkBytes);
    morph_general_reset(general.get());
    // The chunks that the reset kept go back for what needs them in another shape.
    void* large = morph_general_alloc(general.get(), 5 * morph::kChunkBytes);
    EXPECT_NE(large, nullptr) << morph_general_last_error(general.get()).text;
    morph_general_free(general.get(), large);
    size_t small = 0;
    while (morph_general_alloc(general.get(), 64) != nullptr) small += 64;
    EXPECT_GE(small, 4 * morph::kChunkBytes);
    EXPECT_LE(meter.peak, bound);
}

TEST(GeneralFailure, ShrinkingNeedsNoMemory) {
    Meter meter;
    Owner general = make_general(meter);
    void* slot = morph_general_alloc(general.get(), 1000);
    void* large = morph_general_alloc(general.get(), kLarge);
    MorphError before = morph_general_last_error(general.get());
    meter.refuse(1);
    EXPECT_NE(morph_general_realloc(general.get(), slot, 30), nullptr);
    EXPECT_EQ(morph_general_realloc(general.get(), large, kRun / 2), large);
    EXPECT_EQ(morph_general_size(general.get(), large), kRun / 2);
    EXPECT_EQ(morph_general_last_error(general.get()).code, before.code) << "nothing failed";
    EXPECT_EQ(morph_general_stats(general.get()).failures, 0u);
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
    EXPECT_GT(meter.refusals, 0u);
}

TEST(GeneralFailure, SpareMemoryForGrowingIsNotInsistedOn) {
    Meter meter;
    Owner general = make_general(meter);
    void* object = morph_general_alloc(general.get(), kLarge);
    meter.refuse(1, 1);  // the request with an eighth more
    void* grown = morph_general_realloc(general.get(), object, 2 * kLarge);
    ASSERT_NE(grown, nullptr);
    EXPECT_EQ(meter.refusals, 1u);
    EXPECT_LE(meter.last_request, 2 * kLarge + 2 * morph::kPageBytes);
}

}  // namespace
