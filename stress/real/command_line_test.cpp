// The released programs, started as users do: exit status and what they say.
#include <gtest/gtest.h>

#include "stress/driver/child.h"
#include "stress/pressure/attempts.h"

namespace real {
namespace {

using stress::Exit;

stress::Outcome run(const std::string& program, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(MORPH_RELEASED) + "/real-" + program);
    return stress::run_child(arguments,
                             std::chrono::steady_clock::now() + std::chrono::seconds(60));
}

class RealProgram : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Programs, RealProgram, testing::Values("lua", "sqlite", "duktape"));

TEST_P(RealProgram, SaysThatMemoryRanOut) {
    const stress::Outcome outcome =
        run(GetParam(), {"--size", "3000", "--no-library", "--bytes-max", "4500000"});
    EXPECT_EQ(outcome.exit_code, Exit::out_of_memory) << outcome.output;
    EXPECT_EQ(stress::result_lines(outcome.output), "");
}

TEST_P(RealProgram, DoesTheWorkWhenTheLimitIsLifted) {
    const std::vector<std::string> plain = {"--size", "1000", "--no-library"};
    std::vector<std::string> bound = plain;
    bound.insert(bound.end(), {"--bytes-max", "4500000", "--again"});
    const stress::Outcome good = run(GetParam(), plain);
    const stress::Outcome again = run(GetParam(), bound);
    EXPECT_EQ(good.exit_code, Exit::good) << good.output;
    EXPECT_EQ(again.exit_code, Exit::good) << again.output;
    EXPECT_NE(again.output.find("out of memory first, then good"), std::string::npos);
    EXPECT_EQ(stress::result_lines(again.output), stress::result_lines(good.output));
}

TEST_P(RealProgram, StopsAtAPlantedFault) {
    for (const char* fault : {"overlap", "lost-byte", "wrong-size", "leak", "misaligned"}) {
        const stress::Outcome outcome = run(GetParam(), {"--size", "100", "--no-library",
                                                         "--verify-every", "50", "--plant", fault});
        EXPECT_EQ(outcome.exit_code, Exit::broken) << fault << "\n" << outcome.output;
        EXPECT_NE(outcome.output.find("LEDGER-"), std::string::npos) << fault;
    }
}

TEST_P(RealProgram, KnowsItsOptions) {
    EXPECT_EQ(run(GetParam(), {"--size", "0"}).exit_code, Exit::usage);
    EXPECT_EQ(run(GetParam(), {"--allocator", "other"}).exit_code, Exit::usage);
    EXPECT_EQ(run(GetParam(), {"--bytes-max", "1000"}).exit_code, Exit::usage);
    EXPECT_EQ(run(GetParam(), {"--help"}).exit_code, Exit::good);
}

TEST_P(RealProgram, ReachesAFixedPointAndSweeps) {
    const stress::Outcome repeated =
        run(GetParam(), {"--size", "60", "--no-library", "--repeat", "5"});
    EXPECT_EQ(repeated.exit_code, Exit::good) << repeated.output;
    const stress::Outcome swept =
        run(GetParam(), {"--size", "20", "--no-library", "--fail-sweep", "9"});
    EXPECT_EQ(swept.exit_code, Exit::good) << swept.output;
    EXPECT_NE(swept.output.find("fail sweep: "), std::string::npos);
}

}  // namespace
}  // namespace real
