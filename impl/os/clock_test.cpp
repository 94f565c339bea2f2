#include "os/clock.h"

#include <gtest/gtest.h>
#include <time.h>

namespace {

TEST(Clock, ItNeverGoesBackwards) {
    uint64_t last = morph::os::monotonic_ns();
    for (int times = 0; times < 100000; ++times) {
        uint64_t now = morph::os::monotonic_ns();
        ASSERT_GE(now, last);
        last = now;
    }
}

TEST(Clock, ItCountsNanoseconds) {
    uint64_t before = morph::os::monotonic_ns();
    timespec pause{0, 20000000};
    ASSERT_EQ(nanosleep(&pause, nullptr), 0);
    uint64_t passed = morph::os::monotonic_ns() - before;
    EXPECT_GE(passed, 20000000u);
    EXPECT_LT(passed, 10000000000u) << "20 ms, on however loaded a machine";
}

}  // namespace
