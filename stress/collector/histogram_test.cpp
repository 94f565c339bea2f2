#include "stress/collector/histogram.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "stress/generate/random.h"

namespace {

using collector::Histogram;

// HISTOGRAM-ABOVE for the quantiles that are printed, and some that are not.
void expect_close(const std::vector<uint64_t>& values) {
    const auto histogram = std::make_unique<Histogram>();
    for (const uint64_t value : values) histogram->add(value);
    std::vector<uint64_t> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(histogram->count(), sorted.size());
    EXPECT_EQ(histogram->max(), sorted.back());
    for (const uint64_t per_mille : {1u, 10u, 500u, 900u, 990u, 999u, 1000u}) {
        const size_t rank = (sorted.size() * per_mille + 999) / 1000;
        const uint64_t truth = sorted[rank == 0 ? 0 : rank - 1];
        EXPECT_GE(histogram->quantile(per_mille), truth) << per_mille;
        EXPECT_LE(histogram->quantile(per_mille) - truth, truth / 32) << per_mille;
    }
}

TEST(Histogram, QuantilesAreThoseOfTheSortedValuesWithinAThirtySecond) {
    fox::Random random(1);
    for (const size_t count : {1u, 2u, 9u, 10u, 11u, 999u, 1000u, 1001u, 50000u}) {
        std::vector<uint64_t> even, wide, narrow;
        for (size_t i = 0; i < count; ++i) {
            even.push_back(random.below(1000000));
            wide.push_back(random.next() >> random.below(64));
            narrow.push_back(250 + random.below(3));
        }
        expect_close(even);
        expect_close(wide);
        expect_close(narrow);
    }
}

TEST(Histogram, SmallValuesAreExactAndTheLargestFit) {
    expect_close({0, 1, 2, 3, 31, 32, 33, 63});
    expect_close({UINT64_MAX, UINT64_MAX - 1, 1ull << 63, 0});
    Histogram histogram;
    for (uint64_t value = 0; value < 64; ++value) histogram.add(value);
    EXPECT_EQ(histogram.quantile(500), 31u);
    EXPECT_EQ(histogram.quantile(1000), 63u);
    EXPECT_EQ(histogram.mean(), 31u);
}

TEST(Histogram, AnEmptyOneHasOnlyZeros) {
    const Histogram histogram;
    EXPECT_EQ(histogram.quantile(500), 0u);
    EXPECT_EQ(histogram.quantile(1000), 0u);
    EXPECT_EQ(histogram.max(), 0u);
    EXPECT_EQ(histogram.mean(), 0u);
}

}  // namespace
