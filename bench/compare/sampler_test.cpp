#include "bench/compare/sampler.h"

#include <chrono>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>

#include "bench/compare/spinning_memory.h"
#include "stress/generate/random.h"

#include "morph/mem.h"

namespace {

using Call = std::function<void(uint64_t microseconds)>;
constexpr double kSeconds = 1.2;  // 6,000 ticks: a share is known within 0.6 points, one sigma
constexpr double kTolerance = 0.02;

struct Shares {
    double known;
    double sampled;
    double ticks_wanted;  // sampled / expected by the clock
};

// Calls that take percent of the time, in pieces of random length: nothing is in step with a timer.
Shares measure(unsigned percent, const Call& call) {
    using Clock = std::chrono::steady_clock;
    fox::Random random(percent);
    double inside = 0;
    double outside = 0;
    const auto start = Clock::now();
    compare::Sampler sampler;
    while (inside + outside < kSeconds) {
        const uint64_t length = 20 + random.below(60);
        const auto before = Clock::now();
        call(length * percent / 100);
        inside += std::chrono::duration<double>(Clock::now() - before).count();
        outside += compare::spin(length * (100 - percent) / 100);
    }
    sampler.stop();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const auto ticks = static_cast<double>(sampler.ticks());
    return {inside / (inside + outside), static_cast<double>(sampler.ticks_inside()) / ticks,
            ticks * 1e-9 * compare::Sampler::kIntervalNanoseconds / seconds};
}

// A busy machine takes the processor away inside a call: the clock goes on, the timer may not. So
// three attempts; a sampler that misses a kind of call is wrong by 20 points in each.
void expect_share(unsigned percent, const Call& call) {
    Shares shares = measure(percent, call);
    for (int again = 0; again < 2 && !(std::abs(shares.sampled - shares.known) <= kTolerance &&
                                       std::abs(shares.ticks_wanted - 1.0) <= 0.05);
         ++again) {
        shares = measure(percent, call);
    }
    EXPECT_NEAR(shares.sampled, shares.known, kTolerance) << percent;
    EXPECT_NEAR(shares.ticks_wanted, 1.0, 0.05) << "ticks are lost";
}

TEST(Sampler, FindsTheShareOfAllocationsWithinTwoPoints) {
    expect_share(10, [](uint64_t length) { (void)morph_mem_alloc(nullptr, length, 0); });
    expect_share(90, [](uint64_t length) { (void)morph_mem_alloc(nullptr, length, 0); });
}

TEST(Sampler, CountsResizesAndFreesAsWell) {
    expect_share(40, [](uint64_t length) {
        (void)morph_mem_realloc(nullptr, nullptr, 0, length / 2, 0);
        (void)morph_mem_free(nullptr, reinterpret_cast<void*>(length - length / 2));
    });
}

TEST(Sampler, CountsNothingWhenItIsStopped) {
    compare::Sampler sampler;
    (void)compare::spin(5000);
    sampler.stop();
    const uint64_t ticks = sampler.ticks();
    EXPECT_GE(ticks, 5u);
    (void)compare::spin(5000);
    EXPECT_EQ(sampler.ticks(), ticks);
    EXPECT_EQ(sampler.ticks_inside(), 0u);
}

}  // namespace
