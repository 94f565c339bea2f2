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
    const profile::Report report = profile::run({.lines = 3000, .bytes_max = 8000000});
    EXPECT_EQ(report.wrong, "");
    EXPECT_TRUE(report.out_of_memory);
}

TEST(Profile, FootprintIsFivePercentAndTwoMebibytes) {
    EXPECT_EQ(profile::footprint_max(0), 2u << 20);
    EXPECT_EQ(profile::footprint_max(100), (2u << 20) + 105);
}

}  // namespace
