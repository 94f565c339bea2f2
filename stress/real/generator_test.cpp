// Generated sources: as long as asked, the same for a seed. That they are valid, programs_test
// says.
#include "stress/real/generator.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace real {
namespace {

using Generate = std::string (*)(uint64_t, uint64_t);

class Generator : public testing::TestWithParam<Generate> {};
INSTANTIATE_TEST_SUITE_P(Languages, Generator,
                         testing::Values(&generate_lua, &generate_javascript));

TEST_P(Generator, WritesAsManyLinesAsAsked) {
    for (const uint64_t lines : {1u, 100u, 10000u}) {
        const std::string source = GetParam()(3, lines);
        const auto written = static_cast<uint64_t>(std::count(source.begin(), source.end(), '\n'));
        EXPECT_GE(written, lines);
        EXPECT_LE(written, lines + 40);
    }
}

TEST_P(Generator, GoesByTheSeedAlone) {
    EXPECT_EQ(GetParam()(5, 2000), GetParam()(5, 2000));
    EXPECT_NE(GetParam()(5, 2000), GetParam()(6, 2000));
}

TEST_P(Generator, LeavesNoPlaceholder) {
    EXPECT_EQ(GetParam()(9, 5000).find('$'), std::string::npos);
}

}  // namespace
}  // namespace real
