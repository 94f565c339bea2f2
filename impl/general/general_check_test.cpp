// Each invariant, broken on purpose: verification names it.
#include <gtest/gtest.h>

#include "general/general.h"
#include "general/general_for_tests.h"

namespace morph {

struct GeneralPeek {
    static Runs& runs(MorphGeneral* general) { return static_cast<General*>(general)->runs_; }
    static Mappings& mappings(MorphGeneral* general) {
        return static_cast<General*>(general)->mappings_;
    }
    static GeneralCounts& counts(MorphGeneral* general) {
        return static_cast<General*>(general)->counts_;
    }
};
struct RunsPeek {
    static uint64_t& lists_filled(Runs& runs) { return runs.lists_filled_; }
    static size_t& empty_chunks(Runs& runs) { return runs.empty_chunks_; }
};
struct MappingsPeek {
    static MappedChunk*& first(Mappings& mappings) { return mappings.first_; }
};

}  // namespace morph

namespace {

using namespace general_test;
using morph::GeneralPeek;
using morph::Granule;
using morph::MappingsPeek;
using morph::RunsPeek;

constexpr size_t kRun = morph::kRunBytesMax / 4;
constexpr size_t kLarge = morph::kChunkBytes;

// Three objects in runs, the middle one freed: live, free, live, free.
class GeneralCheck : public testing::Test {
 protected:
    Owner general = make_general();
    void* objects[3];
    morph::Run runs[3];

    void SetUp() override {
        for (void*& object : objects) object = morph_general_alloc(general.get(), kRun);
        for (int i = 0; i < 3; i++) {
            runs[i] = {static_cast<morph::RunChunk*>(morph::chunk_of(objects[i])),
                       morph::granule_of(objects[i])};
        }
        morph_general_free(general.get(), objects[1]);
        ASSERT_EQ(morph_general_verify(general.get()), MORPH_OK);
    }
    Granule& record(int index) { return morph::record_of(runs[index]); }

    // Verification names id while field is value, and nothing afterwards.
    template <typename Field, typename Value>
    void breaks(const char* id, Field& field, Value value) {
        Field before = field;
        field = static_cast<Field>(value);
        EXPECT_EQ(morph_general_verify(general.get()), MORPH_ERROR_CORRUPTION) << id;
        EXPECT_TRUE(names(general.get(), id)) << morph_general_last_error(general.get()).text;
        field = before;
        EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK) << id;
    }
};

TEST_F(GeneralCheck, RunsThatDoNotTileTheirChunkAreSeen) {
    auto* chunk = runs[0].chunk;
    breaks("RUN-TILES", record(0).length, 0);
    breaks("RUN-TILES", record(0).length, record(0).length - 1);
    breaks("RUN-TILES", record(2).length, UINT16_MAX);
    breaks("RUN-TILES", chunk->live, 1);
    breaks("RUN-TILES", chunk->untouched, morph::kHeadGranules);
    breaks("RUN-TILES", chunk->untouched, morph::kGranules + 1);
    breaks("RUN-TILES", chunk->begins[runs[2].first / 64], 0);
    breaks("RUN-TILES", chunk->begins[morph::kGranuleWords - 1], 2);
    breaks("RUN-TILES", chunk->granules[runs[2].first - 1].ends_free, false);
    breaks("RUN-TILES", chunk->granules[runs[1].first - 1].ends_free, true);
    breaks("RUN-TILES", chunk->granules[runs[2].first - 1].length, 1);
    uint64_t freed = chunk->freed[runs[0].first / 64] | uint64_t{1} << runs[0].first % 64;
    breaks("RUN-TILES", chunk->freed[runs[0].first / 64], freed);
}

TEST_F(GeneralCheck, FreeNeighboursThatWereNotJoinedAreSeen) {
    auto* chunk = runs[0].chunk;
    Granule& last = chunk->granules[morph::end_of(runs[2]) - 1];
    Granule before = last;
    last.ends_free = true;
    last.length = record(2).length;
    record(2).state = morph::RunState::free;
    chunk->live -= 1;
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_ERROR_CORRUPTION);
    EXPECT_TRUE(names(general.get(), "RUN-JOINED"));
    chunk->live += 1;
    record(2).state = morph::RunState::live;
    last = before;
    EXPECT_EQ(morph_general_verify(general.get()), MORPH_OK);
}

TEST_F(GeneralCheck, BinsThatDoNotHoldTheFreeRunsAreSeen) {
    auto* chunk = runs[0].chunk;
    uint32_t bin = morph::bin_of(record(1).length);
    breaks("RUN-BINS", chunk->first_free[bin], 0);
    breaks("RUN-BINS", chunk->first_free[bin], runs[0].first);
    breaks("RUN-BINS", chunk->first_free[bin], runs[1].first + 1);
    breaks("RUN-BINS", chunk->filled_bins, chunk->filled_bins & ~(uint64_t{1} << bin));
    breaks("RUN-BINS", chunk->filled_bins, chunk->filled_bins | 2);
    breaks("RUN-BINS", record(1).next, runs[1].first);
    breaks("RUN-BINS", record(1).previous, runs[2].first);
}

TEST_F(GeneralCheck, ChunksInTheWrongListAreSeen) {
    morph::Runs& all = GeneralPeek::runs(general.get());
    auto* chunk = runs[0].chunk;
    breaks("RUN-CHUNKS", RunsPeek::lists_filled(all), uint64_t{0});
    breaks("RUN-CHUNKS", RunsPeek::empty_chunks(all), 1);
    breaks("RUN-CHUNKS", chunk->previous, chunk);
    void* owner = chunk->owner;
    breaks("RUN-CHUNKS", chunk->owner, this);
    EXPECT_EQ(chunk->owner, owner);
}

TEST_F(GeneralCheck, ARunThatDoesNotFitItsObjectIsSeen) {
    breaks("RUN-SIZE", record(0).slack, morph::kGranuleBytes + 1);
    breaks("GENERAL-COUNT", record(0).slack, record(0).slack + 1);
}

TEST_F(GeneralCheck, MappingsThatAreNotAsTheyMustBeAreSeen) {
    void* object = morph_general_alloc(general.get(), kLarge);
    auto* chunk = static_cast<morph::MappedChunk*>(morph::chunk_of(object));
    breaks("MAPPING-OBJECT", chunk->size, 2 * kLarge);
    breaks("MAPPING-OBJECT", chunk->object, nullptr);
    breaks("MAPPING-LIST", chunk->previous, chunk);
    breaks("MAPPING-LIST", MappingsPeek::first(GeneralPeek::mappings(general.get())), nullptr);
    breaks("GENERAL-COUNT", chunk->size, kLarge - 1);
}

TEST_F(GeneralCheck, CountsThatAreOffByOneAreSeen) {
    morph::GeneralCounts& counts = GeneralPeek::counts(general.get());
    breaks("GENERAL-COUNT", counts.allocations, counts.allocations + 1);
    breaks("GENERAL-COUNT", counts.below_peak, counts.below_peak - 1);
    breaks("GENERAL-COUNT", counts.large_live, counts.large_live + 1);
}

TEST(RunBins, EveryLengthLiesInItsBinAndIsServedByAllRunsOfTheBinThatServesIt) {
    uint32_t bin_before = 0;
    for (uint32_t length = 1; length <= morph::kGranules; length++) {
        uint32_t bin = morph::bin_of(length);
        ASSERT_TRUE(bin == bin_before || bin == bin_before + 1) << length;
        ASSERT_LT(bin, morph::kRunBins);
        uint32_t serving = morph::bin_that_serves(length);
        bool first_of_bin = bin != bin_before;
        ASSERT_EQ(serving, first_of_bin ? bin : bin + 1) << length;
        bin_before = bin;
    }
}

TEST(RunBits, TheLastSetBitAtOrBelowAPlaceIsFound) {
    uint64_t words[3] = {0x8000000000000001, 0, 1};
    EXPECT_EQ(morph::last_bit(words, 62), 0u);
    EXPECT_EQ(morph::last_bit(words, 63), 63u);
    EXPECT_EQ(morph::last_bit(words, 127), 63u);
    EXPECT_EQ(morph::last_bit(words, 128), 128u);
    EXPECT_EQ(morph::last_bit(words, 191), 128u);
    uint64_t cleared[3] = {~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}};
    morph::clear_bits(cleared, 60, 130);
    EXPECT_EQ(cleared[0], (uint64_t{1} << 60) - 1);
    EXPECT_EQ(cleared[1], 0u);
    EXPECT_EQ(cleared[2], ~uint64_t{3});
}

}  // namespace
