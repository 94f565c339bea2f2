#include "stress/scale/judge.h"

#include <cmath>
#include <gtest/gtest.h>

#include "stress/scale/report.h"

namespace {

using scale::Cell;
using scale::Ending;
using scale::Series;

constexpr uint64_t kSizes[] = {1000, 2000, 5000, 10000, 20000, 50000};

// time and memory of a size, as functions of its lines.
template <typename Time, typename Memory>
Series series_of(Time time, Memory memory) {
    Series series = {"work", "mode", {}, {}};
    for (const uint64_t lines : kSizes) {
        const auto x = static_cast<double>(lines);
        Cell cell{lines};
        for (const double noise : {1.0, 1.5, 1.1}) {
            cell.runs.push_back({time(x) * noise, static_cast<uint64_t>(memory(x)), 1000});
        }
        series.cells.push_back(cell);
    }
    return series;
}

constexpr auto kLinear = [](double x) { return x * 1e-6; };
constexpr auto kBytes = [](double x) { return 2e6 + 400 * x; };

bool fails_by(const Series& series, const std::string& id) {
    for (const std::string& failure : scale::judge(series).failures) {
        if (failure.starts_with(id)) return true;
    }
    return false;
}

TEST(ScaleJudge, WhatIsLinearIsGoodWithAConstantAndWithNoise) {
    const scale::Verdict verdict = scale::judge(series_of(kLinear, kBytes));
    EXPECT_TRUE(verdict.failures.empty()) << verdict.failures[0];
    EXPECT_NEAR(verdict.fit.slope, 400, 1e-3);
    EXPECT_NEAR(verdict.fit.constant, 2e6, 10);
    EXPECT_NEAR(verdict.fit.deviation, 0, 1e-6);
    EXPECT_NEAR(verdict.time_ratio, 1, 1e-9);
}

TEST(ScaleJudge, QuadraticTimeFailsAndSoDoesALogarithmTimesTwo) {
    const Series quadratic = series_of([](double x) { return x * x * 1e-9; }, kBytes);
    EXPECT_TRUE(fails_by(quadratic, "SCALE-TIME"));
    EXPECT_TRUE(fails_by(quadratic, "SCALE-LAST"));
    EXPECT_FALSE(fails_by(quadratic, "SCALE-MEMORY"));
    EXPECT_TRUE(
        fails_by(series_of([](double x) { return x * std::log(x) * 1e-6; }, kBytes), "SCALE-TIME"));
}

TEST(ScaleJudge, TimeThatRisesAtTheEndFailsAlthoughTheWholeRiseIsAllowed) {
    Series late = series_of([](double x) { return x > 20000 ? x * 2e-6 : x * 1e-6; }, kBytes);
    late.bounds.time = 3;
    EXPECT_FALSE(fails_by(late, "SCALE-TIME"));
    EXPECT_TRUE(fails_by(late, "SCALE-LAST"));
    Series early = series_of([](double x) { return x > 2000 ? x * 2e-6 : x * 1e-6; }, kBytes);
    early.bounds.time = 3;
    EXPECT_TRUE(scale::judge(early).failures.empty());
}

TEST(ScaleJudge, MemoryThatGrowsFasterThanTheInputFailsBehindAnyConstant) {
    EXPECT_TRUE(fails_by(series_of(kLinear, [](double x) { return 1e4 + x * x; }), "SCALE-MEMORY"));
    // The constant hides the rise from the smallest size, not from those between.
    EXPECT_TRUE(
        fails_by(series_of(kLinear, [](double x) { return 3e7 + x * x / 4; }), "SCALE-MEMORY"));
}

TEST(ScaleJudge, AProgramThatTellsNothingOfItsMemoryOrTimeFails) {
    EXPECT_TRUE(fails_by(series_of(kLinear, [](double) { return 0; }), "SCALE-MEMORY"));
    EXPECT_TRUE(fails_by(series_of([](double) { return 0; }, kBytes), "SCALE-TIME"));
}

TEST(ScaleJudge, ASizeThatFailedIsAFailureAndASkippedOneIsNone) {
    Series series = series_of(kLinear, kBytes);
    series.cells[2] = Cell{5000, Ending::skipped, "no room", {}};
    EXPECT_TRUE(scale::judge(series).failures.empty());
    series.cells[3] = Cell{10000, Ending::failed, "exit status 4", {}};
    EXPECT_TRUE(fails_by(series, "SCALE-ENDS"));
    const scale::Totals totals = scale::totals({series});
    EXPECT_EQ(totals.cells, 5u);
    EXPECT_EQ(totals.skipped, 1u);
    EXPECT_EQ(totals.failures, 1u);
}

TEST(ScaleJudge, OneSizeOrNoneIsJudgedByItsEndingAlone) {
    Series series = series_of(kLinear, kBytes);
    series.cells.resize(1);
    EXPECT_TRUE(scale::judge(series).failures.empty());
    series.cells.clear();
    EXPECT_TRUE(scale::judge(series).failures.empty());
}

TEST(ScaleJudge, TheOrderOfTheSizesDoesNotMatter) {
    Series series = series_of([](double x) { return x * x * 1e-9; }, kBytes);
    const double ratio = scale::judge(series).time_ratio;
    std::swap(series.cells[0], series.cells[5]);
    EXPECT_EQ(scale::judge(series).time_ratio, ratio);
}

TEST(ScaleJudge, OfTheRunsTheLeastAndTheMedianTimeAndTheLargestMemoryCount) {
    Cell cell{1};
    EXPECT_EQ(scale::least_seconds(cell), 0);
    EXPECT_EQ(scale::median_seconds(cell), 0);
    cell.runs = {{3, 10, 7}, {1, 30, 5}, {2, 20, 6}};
    EXPECT_EQ(scale::least_seconds(cell), 1);
    EXPECT_EQ(scale::median_seconds(cell), 2);
    cell.runs.push_back({10, 1, 1});
    EXPECT_EQ(scale::median_seconds(cell), 2.5);
    EXPECT_EQ(scale::mapped_peak(cell), 30u);
    EXPECT_EQ(scale::resident_peak(cell), 7u);
}

TEST(ScaleFigures, ReadBackAsTheyWereWritten) {
    const scale::Figures figures = {1.25, 123456789012, 42};
    const auto found = scale::find_figures("a\n" + scale::format(figures) + "result x\n");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->cpu_seconds, 1.25);
    EXPECT_EQ(found->mapped_peak, 123456789012u);
    EXPECT_EQ(found->resident_peak, 42u);
}

TEST(ScaleFigures, ALineThatIsNotWholeIsNone) {
    for (const char* line : {"", "figures", "figures \n", "figures cpu_seconds 1 mapped_peak 2\n",
                             "figures cpu_seconds 1 mapped_peak 2 resident_peak 3",
                             "figures cpu_seconds 1 mapped_peak 2 resident_peak 3 more\n",
                             "figures cpu_seconds -1 mapped_peak 2 resident_peak 3\n",
                             "figures cpu_seconds nan mapped_peak 2 resident_peak 3\n"}) {
        EXPECT_FALSE(scale::find_figures(line).has_value()) << line;
    }
}

TEST(ScaleReport, JsonHoldsWhatAProgramPrintedWithoutBreaking) {
    Series series = series_of(kLinear, kBytes);
    series.cells[0] = Cell{1000, Ending::failed, "said \"\\\n\x01\xff", {}};
    const std::string json = scale::to_json({series});
    EXPECT_NE(json.find("said \\\"\\\\\\u000a\\u0001?"), std::string::npos) << json;
    EXPECT_NE(json.find("\"failures\": 1}"), std::string::npos) << json;
    EXPECT_EQ(json.find("inf"), std::string::npos);
    EXPECT_NE(scale::describe({series}).find("FAILED SCALE-ENDS: 1000 lines"), std::string::npos);
}

}  // namespace
