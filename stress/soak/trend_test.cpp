#include "stress/soak/trend.h"

#include <cmath>
#include <gtest/gtest.h>

#include "stress/generate/random.h"

namespace {

using soak::Point;
using soak::trend_of;

constexpr double kBase = 30e6;

double noise(fox::Random& random, double size) {
    return (static_cast<double>(random.below(2000001)) / 1e6 - 1) * size;
}

std::vector<Point> points(size_t count, double slope, double noise_bytes, uint64_t seed) {
    fox::Random random(seed);
    std::vector<Point> made;
    for (size_t i = 1; i <= count; ++i) {
        const auto unit = static_cast<double>(i);
        made.push_back({unit, kBase + slope * unit + noise(random, noise_bytes)});
    }
    return made;
}

TEST(Trend, ALevelFigureDoesNotGrow) {
    const soak::Trend trend = trend_of(points(400, 0, 0, 1));
    EXPECT_TRUE(trend.judged);
    EXPECT_FALSE(trend.grows);
    EXPECT_EQ(trend.slope, 0);
}

TEST(Trend, NoiseAloneIsNotGrowth) {
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        EXPECT_FALSE(trend_of(points(400, 0, 4e6, seed)).grows) << seed;
    }
}

TEST(Trend, APageAUnitIsFoundUnderNoise) {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        const soak::Trend trend = trend_of(points(600, 4096, 5e5, seed));
        EXPECT_TRUE(trend.grows) << seed;
        EXPECT_NEAR(trend.slope, 4096, 800) << seed;
    }
}

TEST(Trend, TheLimitIsAMebibyteOverTheWholeRun) {
    EXPECT_FALSE(trend_of(points(256, 4000, 0, 1)).grows);
    EXPECT_TRUE(trend_of(points(258, 4096, 0, 1)).grows);
}

TEST(Trend, OrOnePercentOfALargeFigure) {
    std::vector<Point> large = points(400, 20000, 0, 1);
    EXPECT_TRUE(trend_of(large).grows);
    for (Point& point : large) point.bytes += 1e9;
    EXPECT_FALSE(trend_of(large).grows);
}

TEST(Trend, TheFirstHalfIsWarmUp) {
    std::vector<Point> made = points(400, 0, 1000, 3);
    for (size_t i = 0; i < 200; ++i) made[i].bytes = static_cast<double>(i) * 100000;
    EXPECT_FALSE(trend_of(made).grows);
}

TEST(Trend, AStepOrASpikeIsNotASlope) {
    std::vector<Point> made = points(400, 0, 1000, 4);
    for (size_t i = 0; i < 60; ++i) made[220 + i].bytes += 50e6;
    EXPECT_FALSE(trend_of(made).grows);
}

TEST(Trend, AShrinkingFigureDoesNotGrow) {
    EXPECT_FALSE(trend_of(points(400, -10000, 1000, 5)).grows);
}

TEST(Trend, PointsNeedNotLieEquallyFarApart) {
    std::vector<Point> made;
    for (size_t i = 1; i <= 3000; ++i) {
        const double unit = std::pow(1.005, static_cast<double>(i));
        made.push_back({unit, kBase + 0.7 * unit});
    }
    const soak::Trend trend = trend_of(made);
    EXPECT_TRUE(trend.grows);
    EXPECT_NEAR(trend.slope, 0.7, 0.01);
}

TEST(Trend, FewPointsTellNothing) {
    EXPECT_FALSE(trend_of({}).judged);
    EXPECT_FALSE(trend_of(points(30, 1e6, 0, 1)).judged);
    EXPECT_TRUE(trend_of(points(32, 1e6, 0, 1)).grows);
}

TEST(Trend, PointsOfOneUnitDoNotDivideByZero) {
    std::vector<Point> made(100, Point{5, kBase});
    EXPECT_FALSE(trend_of(made).grows);
}

}  // namespace
