#include "os/ticker.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/refused_calls_for_tests.h"

namespace {

using morph::SystemCall;
using morph::os::monotonic_ns;
using morph::os::Ticker;

constexpr uint64_t kSecond = 1000000000;

// What the other thread saw; waits are bounded generously and end as soon as they can.
struct Ticks {
    std::atomic<int> count{0};
    std::atomic<bool> takes_signals{false};

    static void tick(void* user) {
        auto* ticks = static_cast<Ticks*>(user);
        sigset_t blocked;
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        if (sigismember(&blocked, SIGALRM) != 1) ticks->takes_signals = true;
        ticks->count += 1;
    }
    bool wait_for(int wanted) {
        uint64_t end = monotonic_ns() + 30 * kSecond;
        while (count < wanted && monotonic_ns() < end) usleep(200);
        return count >= wanted;
    }
};

TEST(Ticker, TicksUntilItIsStoppedAndNotAfter) {
    Ticks ticks;
    Ticker ticker;
    ASSERT_EQ(ticker.start(1, Ticks::tick, &ticks), 0);
    EXPECT_TRUE(ticks.wait_for(3));
    ticker.stop();
    int count = ticks.count;
    usleep(20000);
    EXPECT_EQ(ticks.count, count);
    EXPECT_FALSE(ticks.takes_signals) << "the program's handlers must not run there";
}

TEST(Ticker, StopsAtOnceHoweverLongTheInterval) {
    Ticks ticks;
    Ticker ticker;
    for (int round = 0; round < 20; ++round) {
        uint64_t begin = monotonic_ns();
        ASSERT_EQ(ticker.start(3600u * 1000, Ticks::tick, &ticks), 0);
        if (round % 2 == 1) usleep(5000);  // it sleeps by now; else it may just begin to
        ticker.stop();
        EXPECT_LT(monotonic_ns() - begin, 20 * kSecond);
    }
    EXPECT_EQ(ticks.count, 0);
}

TEST(Ticker, IsRefusedWhileItRunsAndStartsAgainLater) {
    Ticks ticks;
    Ticker ticker;
    ticker.stop();
    ASSERT_EQ(ticker.start(0, Ticks::tick, &ticks), 0) << "0 is 1 ms";
    EXPECT_EQ(ticker.start(1, Ticks::tick, &ticks), EBUSY);
    ticker.stop();
    ticker.stop();
    int count = ticks.count;
    ASSERT_EQ(ticker.start(1, Ticks::tick, &ticks), 0);
    EXPECT_TRUE(ticks.wait_for(count + 2));
}

// The thread is not in the child: stop must not wait for it.
TEST(Ticker, StopReturnsInAChildOfFork) {
    Ticks ticks;
    Ticker ticker;
    ASSERT_EQ(ticker.start(1, Ticks::tick, &ticks), 0);
    ASSERT_TRUE(ticks.wait_for(1));
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        alarm(20);
        ticker.stop();
        _exit(7);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
    int count = ticks.count;
    EXPECT_TRUE(ticks.wait_for(count + 1)) << "the parent's goes on";
}

TEST(Ticker, ACallThatFailsIsItsErrorAndItCanBeStartedLater) {
    auto start = [](const morph::RefusedCall& refused, const morph::SystemCallForTests& each) {
        SCOPED_TRACE(each.name);
        Ticks ticks;
        Ticker ticker;
        int error = ticker.start(1, Ticks::tick, &ticks);
        // A stack of the usual size does as well.
        bool needed = each.call != SystemCall::pthread_attr_setstacksize;
        EXPECT_EQ(error, refused.happened() && needed ? each.error : 0);
        if (error != 0) {
            ticker.stop();
            ASSERT_EQ(ticker.start(1, Ticks::tick, &ticks), 0);
        }
        EXPECT_TRUE(ticks.wait_for(1));
    };
    EXPECT_EQ(morph::refuse_each_call(start), 7u) << "one of each of the threads' calls";
}

TEST(Ticker, WhereItsStackIsTooSmallForAThreadItHasAnother) {
    Ticks ticks;
    Ticker ticker;
    morph::RefusedCall refused(SystemCall::pthread_create, EINVAL);
    ASSERT_EQ(ticker.start(1, Ticks::tick, &ticks), 0);
    EXPECT_TRUE(refused.happened());
    EXPECT_TRUE(ticks.wait_for(1));
}

}  // namespace
