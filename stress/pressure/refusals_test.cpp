#include "stress/pressure/refusals.h"

#include <cmath>
#include <gtest/gtest.h>
#include <new>
#include <string>
#include <vector>

#include "stress/pressure/attempts.h"

namespace {

using stress::Attempt;
using stress::Exit;
using stress::Refusals;
using Limits = stress::Setup;  // gtest has a Setup of its own

TEST(Refusals, OneOfAThousandATenthAndAllAreWhatTheRateSays) {
    for (const double rate : {0.001, 0.01, 0.1, 0.5}) {
        Refusals refusals(rate, 7);
        constexpr int kRequests = 200000;
        for (int i = 0; i < kRequests; ++i) {
            if (refusals.ask(1)) refusals.give_back(1);
        }
        const auto refused = static_cast<double>(refusals.refused());
        // Within five standard deviations, of which the largest is 1.06 * 200.
        EXPECT_NEAR(refused, rate * kRequests, 5 * std::sqrt(rate * kRequests)) << rate;
        EXPECT_EQ(refusals.requests(), uint64_t{kRequests});
    }
    Refusals all(1, 7);
    Refusals none(0, 7);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_FALSE(all.ask(1));
        EXPECT_TRUE(none.ask(0));
    }
}

TEST(Refusals, ASeedIsARun) {
    const auto drawn = [](uint64_t seed) {
        Refusals refusals(0.3, seed);
        std::vector<bool> granted;
        for (int i = 0; i < 100; ++i) granted.push_back(refusals.ask(1));
        return granted;
    };
    EXPECT_EQ(drawn(5), drawn(5));
    EXPECT_NE(drawn(5), drawn(6));
}

TEST(Refusals, BytesThatAreNotReturnedAndBytesReturnedTwiceAreBroken) {
    Refusals balanced;
    ASSERT_TRUE(balanced.ask(10));
    EXPECT_NE(balanced.broken(), nullptr);
    EXPECT_EQ(balanced.bytes_out(), 10u);
    balanced.give_back(10);
    EXPECT_EQ(balanced.broken(), nullptr);
    // In between, too: 20 back and then 20 more would be even at the end.
    balanced.give_back(20);
    ASSERT_TRUE(balanced.ask(20));
    EXPECT_EQ(balanced.bytes_out(), 0u);
    EXPECT_NE(balanced.broken(), nullptr);
}

TEST(Refusals, AReasonIsOutOfMemoryWithAText) {
    MorphError error = {};
    EXPECT_NE(stress::wrong_reason(error), "");
    error.code = MORPH_ERROR_OUT_OF_MEMORY;
    EXPECT_NE(stress::wrong_reason(error), "") << "no text";
    error.text[0] = 'x';
    EXPECT_EQ(stress::wrong_reason(error), "");
    error.code = MORPH_ERROR_TOO_LARGE;
    EXPECT_NE(stress::wrong_reason(error), "");
}

// ---------------------------------------------------------------------------------- attempts

// What run_attempts prints and returns.
struct Ran {
    int code;
    std::string output;
};
Ran run(const Limits& setup, const stress::Work& work) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = stress::run_attempts(setup, work);
    (void)testing::internal::GetCapturedStderr();
    return {code, testing::internal::GetCapturedStdout()};
}

TEST(Attempts, AnAttemptThatKeepsMemoryIsBrokenWhateverItSays) {
    for (const int code : {Exit::good, Exit::out_of_memory}) {
        const Ran ran = run({}, [code](const Limits& setup) {
            EXPECT_TRUE(setup.refusals->ask(64));
            return Attempt{code, "result x\n"};
        });
        EXPECT_EQ(ran.code, Exit::broken);
    }
}

TEST(Attempts, AgainRunsWithoutLimitsAndPrintsOnlyWhatThatOneSays) {
    Limits setup;
    setup.bytes_max = 100;
    setup.refuse = 1;
    setup.again = true;
    std::vector<uint64_t> bounds;
    const Ran ran = run(setup, [&bounds](const Limits& one) {
        bounds.push_back(one.bytes_max);
        if (!one.refusals->ask(1)) return Attempt{Exit::out_of_memory, "result half\n"};
        one.refusals->give_back(1);
        return Attempt{Exit::good, "result whole\n"};
    });
    EXPECT_EQ(ran.code, Exit::good);
    EXPECT_EQ(bounds, (std::vector<uint64_t>{100, 0}));
    EXPECT_EQ(stress::result_lines(ran.output), "result whole\n");
    EXPECT_NE(ran.output.find("out of memory first, then good\n"), std::string::npos);
}

TEST(Attempts, AgainThatIsNotGoodIsBroken) {
    Limits setup;
    setup.again = true;
    EXPECT_EQ(run(setup, [](const Limits&) { return Attempt{Exit::out_of_memory, ""}; }).code,
              Exit::broken);
    setup.again = false;
    EXPECT_EQ(run(setup, [](const Limits&) { return Attempt{Exit::out_of_memory, ""}; }).code,
              Exit::out_of_memory);
}

TEST(Attempts, TheProgramsOwnMemoryRunningOutIsOutOfMemoryToo) {
    const Ran ran = run({}, [](const Limits&) -> Attempt { throw std::bad_alloc(); });
    EXPECT_EQ(ran.code, Exit::out_of_memory);
}

TEST(Attempts, UntilGoesOnWithTheNextSeedsAndComparesResults) {
    Limits setup;
    setup.refuse = 0.1;
    setup.refuse_seed = 40;
    setup.refuse_until = 25;
    uint64_t met = 0;
    std::vector<uint64_t> seeds;
    const auto work = [&](const Limits& one) {
        seeds.push_back(one.refuse_seed);
        for (int i = 0; i < 5; ++i) {
            if (!one.refusals->ask(8)) {
                met += 1;
                return Attempt{Exit::out_of_memory, ""};
            }
            one.refusals->give_back(8);
        }
        return Attempt{Exit::good, "result 5\n"};
    };
    const Ran ran = run(setup, work);
    EXPECT_EQ(ran.code, Exit::good);
    EXPECT_EQ(met, 25u);
    ASSERT_GT(seeds.size(), 25u);
    EXPECT_EQ(seeds[0], 40u);
    EXPECT_EQ(seeds[1], 41u);
    EXPECT_NE(ran.output.find("refused 25 of"), std::string::npos) << ran.output;

    // One that says something else when a request was refused and it went on.
    const Ran other = run(setup, [](const Limits& one) {
        std::string output = "result 5\n";
        for (int i = 0; i < 5; ++i) {
            if (one.refusals->ask(8)) {
                one.refusals->give_back(8);
            } else {
                output = "result 4\n";
            }
        }
        return Attempt{Exit::good, output};
    });
    EXPECT_EQ(other.code, Exit::broken);

    // One that is out of memory though nothing was refused.
    EXPECT_EQ(run(setup, [](const Limits&) { return Attempt{Exit::out_of_memory, ""}; }).code,
              Exit::broken);
}

TEST(Attempts, ResultLinesAreThoseThatBeginWithTheWord) {
    EXPECT_EQ(stress::result_lines("a\nresult 1\nno result 2\nresult 3"), "result 1\nresult 3");
    EXPECT_EQ(stress::result_lines("resulting\n"), "");
    EXPECT_EQ(stress::result_lines(""), "");
}

}  // namespace
