#include "heap/pauses.h"

#include <algorithm>
#include <random>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

// The least value that so many percent of the values do not exceed.
uint64_t exact_percentile(std::vector<uint64_t> values, size_t percent) {
    std::sort(values.begin(), values.end());
    size_t wanted = (values.size() * percent + 99) / 100;
    return values[wanted - 1];
}

void expect_bound(uint64_t shown, uint64_t exact, uint64_t max) {
    EXPECT_GE(shown, exact);
    EXPECT_LE(shown, max);
    EXPECT_LE(shown - exact, exact / 8);
}

TEST(PausesTest, NothingRecordedIsAllZero) {
    Pauses pauses;
    MorphPauses summary = pauses.summary();
    EXPECT_EQ(summary.count + summary.total_ns + summary.max_ns, 0u);
    EXPECT_EQ(summary.p50_ns + summary.p90_ns + summary.p99_ns, 0u);
    EXPECT_EQ(pauses.check(), nullptr);
}

TEST(PausesTest, OneValueIsEveryPercentile) {
    for (unsigned power = 0; power < 64; ++power) {
        for (uint64_t value : {(uint64_t{1} << power) - 1, uint64_t{1} << power,
                               (uint64_t{1} << power) + 1, UINT64_MAX >> power}) {
            Pauses pauses;
            pauses.record(value);
            MorphPauses summary = pauses.summary();
            EXPECT_EQ(summary.count, 1u);
            EXPECT_EQ(summary.max_ns, value);
            EXPECT_EQ(summary.total_ns, value);
            EXPECT_EQ(summary.p50_ns, value) << "never above the maximum";
            EXPECT_EQ(summary.p99_ns, value);
            EXPECT_EQ(pauses.check(), nullptr);
        }
    }
}

// Every edge of every bucket, with a larger value that lifts the cap.
TEST(PausesTest, BoundsAreAtMostAnEighthTooHighAndBelowSixteenExact) {
    for (unsigned power = 0; power < 63; ++power) {
        for (uint64_t eighth = 0; eighth < 8; ++eighth) {
            uint64_t edge = (uint64_t{1} << power) + (eighth << power) / 8;
            for (uint64_t value : {edge - 1, edge, edge + 1}) {
                Pauses pauses;
                pauses.record(value);
                pauses.record(value);
                pauses.record(UINT64_MAX);
                uint64_t shown = pauses.summary().p50_ns;
                expect_bound(shown, value, UINT64_MAX);
                EXPECT_TRUE(value >= 16 || shown == value) << shown << " " << value;
                EXPECT_EQ(pauses.check(), nullptr);
            }
        }
    }
}

TEST(PausesTest, PercentilesBoundTheExactOnes) {
    std::mt19937_64 random(6);
    for (int round = 0; round < 300; ++round) {
        Pauses pauses;
        std::vector<uint64_t> values;
        size_t count = 1 + random() % 400;
        uint64_t shift = random() % 57;
        uint64_t total = 0;
        for (size_t index = 0; index < count; ++index) {
            values.push_back((random() >> 4) >> (shift + random() % 4));
            if (random() % 10 == 0) values.back() = values.front();
            pauses.record(values.back());
            if (__builtin_add_overflow(total, values.back(), &total)) total = UINT64_MAX;
        }
        MorphPauses summary = pauses.summary();
        EXPECT_EQ(summary.count, count);
        EXPECT_EQ(summary.total_ns, total);
        EXPECT_EQ(summary.max_ns, *std::max_element(values.begin(), values.end()));
        expect_bound(summary.p50_ns, exact_percentile(values, 50), summary.max_ns);
        expect_bound(summary.p90_ns, exact_percentile(values, 90), summary.max_ns);
        expect_bound(summary.p99_ns, exact_percentile(values, 99), summary.max_ns);
        EXPECT_EQ(pauses.check(), nullptr);
    }
}

TEST(PausesTest, TheTotalStopsAtTheLargestNumber) {
    Pauses pauses;
    pauses.record(UINT64_MAX);
    pauses.record(UINT64_MAX);
    EXPECT_EQ(pauses.total_ns(), UINT64_MAX);
    EXPECT_EQ(pauses.count(), 2u);
}

TEST(PausesTest, ChecksFindACountOrMaximumThatDoesNotFit) {
    Pauses pauses;
    pauses.record(100);
    TablePeek::count(pauses) = 2;
    EXPECT_STREQ(pauses.check(), "PAUSES-COUNT");
    TablePeek::count(pauses) = 1;
    TablePeek::max(pauses) = 200;
    EXPECT_STREQ(pauses.check(), "PAUSES-COUNT");
}

TEST(TimelineTest, ItGivesTheLastSamplesOldestFirst) {
    Timeline timeline;
    MorphTimelineSample samples[MORPH_TIMELINE_SAMPLES + 2] = {};
    EXPECT_EQ(timeline.copy_last(samples, 5), 0u);
    uint64_t recorded = 0;
    for (size_t upto : {1u, 3u, 255u, 256u, 257u, 600u, 1024u}) {
        for (; recorded < upto; ++recorded) {
            MorphTimelineSample sample = {};
            sample.at_ns = recorded;
            sample.major = recorded % 3 == 0;
            timeline.record(sample);
        }
        for (size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{255}, size_t{256}, SIZE_MAX}) {
            size_t expected = std::min({count, upto, size_t{MORPH_TIMELINE_SAMPLES}});
            samples[expected].at_ns = UINT64_MAX;
            ASSERT_EQ(timeline.copy_last(samples, count), expected);
            for (size_t index = 0; index < expected; ++index) {
                uint64_t at = recorded - expected + index;
                ASSERT_EQ(samples[index].at_ns, at);
                ASSERT_EQ(samples[index].major, at % 3 == 0);
            }
            EXPECT_EQ(samples[expected].at_ns, UINT64_MAX) << "no more than asked for";
        }
    }
}

}  // namespace
}  // namespace morph
