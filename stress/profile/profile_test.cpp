#include "stress/profile/profile.h"

#include <gtest/gtest.h>

namespace {

TEST(Profile, MixHasTheStatedPayload) {
    const profile::Report report = profile::run({.lines = 20});
    EXPECT_EQ(report.wrong, "");
    EXPECT_EQ(report.objects, 2000u);
    EXPECT_EQ(report.payload, 2u * 39472u);
}

TEST(Profile, PhasesAreGoodWithAndWithoutReplacement) {
    for (const bool replace : {false, true}) {
        const profile::Report report = profile::run({.lines = 300, .seed = 7, .replace = replace});
        EXPECT_EQ(report.wrong, "");
        EXPECT_FALSE(report.out_of_memory);
        EXPECT_GE(report.mapped, report.payload);
        EXPECT_LE(report.mapped_again, report.mapped);
    }
}

TEST(Profile, ATightBoundIsOutOfMemoryAndClean) {
    const profile::Report report = profile::run({.lines = 3000, .setup = {.bytes_max = 8000000}});
    EXPECT_EQ(report.wrong, "");
    EXPECT_TRUE(report.out_of_memory);
}

struct Schedule {
    uint64_t force;
    bool major;
    bool debug;
};

class RuntimeProfile : public testing::TestWithParam<Schedule> {};

TEST_P(RuntimeProfile, PhasesAreGoodWhereverObjectsMove) {
    const auto [force, major, debug] = GetParam();
    profile::Settings settings = {.lines = force == 1 ? 6u : 30u, .seed = 8, .replace = true};
    settings.setup.mode = MORPH_MODE_RUNTIME;
    settings.setup.force = force;
    settings.setup.force_major = major;
    settings.setup.debug = debug;
    settings.setup.nursery = MORPH_NURSERY_BYTES_MIN;
    const profile::Report report = profile::run(settings);
    EXPECT_EQ(report.wrong, "");
    EXPECT_FALSE(report.out_of_memory);
    EXPECT_EQ(report.objects, settings.lines * profile::kObjectsPerLine);
    if (force != 0) {
        EXPECT_GE(report.forced, 3 * report.objects / force) << "the schedule did not fire";
    }
}

INSTANTIATE_TEST_SUITE_P(Profile, RuntimeProfile,
                         testing::Values(Schedule{0, false, false}, Schedule{1, false, false},
                                         Schedule{7, false, false}, Schedule{97, false, false},
                                         Schedule{1, true, false}, Schedule{97, true, false},
                                         Schedule{7, false, true}, Schedule{97, true, true}));

TEST(Profile, RuntimeModeAtTheSizesOfCompilerModeIsGood) {
    profile::Settings settings = {.lines = 300, .seed = 9, .replace = true};
    settings.setup.mode = MORPH_MODE_RUNTIME;
    const profile::Report report = profile::run(settings);
    EXPECT_EQ(report.wrong, "");
    EXPECT_GE(report.mapped, report.payload);
}

TEST(Profile, RuntimeModeInATightBoundIsOutOfMemoryAndClean) {
    profile::Settings settings = {.lines = 3000};
    settings.setup.mode = MORPH_MODE_RUNTIME;
    settings.setup.bytes_max = 11000000;
    const profile::Report report = profile::run(settings);
    EXPECT_EQ(report.wrong, "");
    EXPECT_TRUE(report.out_of_memory);
}

TEST(Profile, FootprintIsFivePercentAndTwoMebibytes) {
    EXPECT_EQ(profile::footprint_max(0), 2u << 20);
    EXPECT_EQ(profile::footprint_max(100), (2u << 20) + 105);
}

}  // namespace
