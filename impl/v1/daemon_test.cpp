#include "v1/daemon.h"

#include <gtest/gtest.h>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using morph::Daemon;
using morph::ErrorState;

constexpr size_t kLive = Daemon::kLiveBytesMin + 1;
constexpr uint64_t kPatienceMs = 30000;  // a machine may be slow; nobody waits so long on one

MorphV1Settings quick(const char* swap_directory = nullptr) {
    MorphV1Settings settings = {};
    settings.daemon = true;
    settings.daemon_interval_ms = 1;
    settings.idle_ms = 5;
    settings.swap_directory = swap_directory;
    return settings;
}

template <typename Condition>
bool eventually(Condition condition) {
    uint64_t end = Daemon::now_ms() + kPatienceMs;
    while (!condition()) {
        if (Daemon::now_ms() > end) return false;
        usleep(200);
    }
    return true;
}

// Whether it is still false after many intervals.
template <typename Condition>
bool never(Condition condition) {
    uint64_t end = Daemon::now_ms() + 60;
    while (Daemon::now_ms() < end) {
        if (condition()) return false;
        usleep(200);
    }
    return true;
}

class DaemonTest : public testing::Test {
 protected:
    void start(const MorphV1Settings& settings) {
        ASSERT_EQ(daemon_.start(settings, errors_), MORPH_OK) << errors_.last.text;
    }
    bool asked() { return daemon_.take_collect_request(); }

    ErrorState errors_;
    Daemon daemon_;
};

TEST_F(DaemonTest, IsOffWhereItIsNotAskedFor) {
    MorphV1Settings settings = quick();
    settings.daemon = false;
    start(settings);
    EXPECT_FALSE(daemon_.on());
    daemon_.note_allocation(Daemon::now_ms(), kLive);
    EXPECT_TRUE(never([&] { return asked(); }));
    daemon_.stop();
}

TEST_F(DaemonTest, AsksForOneCollectionWhenAProgramHasBecomeIdle) {
    start(quick());
    EXPECT_TRUE(daemon_.on());
    for (int stretch = 0; stretch < 3; ++stretch) {
        // Clocks are in milliseconds: a stretch of idleness of its own.
        usleep(2000);
        daemon_.note_allocation(Daemon::now_ms(), kLive);
        EXPECT_TRUE(eventually([&] { return asked(); }));
        EXPECT_TRUE(never([&] { return asked(); })) << "DAEMON-ONCE";
    }
}

TEST_F(DaemonTest, LittleLiveMemoryIsNotWorthACollection) {
    start(quick());
    daemon_.note_allocation(Daemon::now_ms(), Daemon::kLiveBytesMin);
    EXPECT_TRUE(never([&] { return asked(); }));
    daemon_.note_allocation(Daemon::now_ms(), kLive);
    EXPECT_TRUE(eventually([&] { return asked(); })) << "and the daemon does run";
}

TEST_F(DaemonTest, ABusyProgramIsLeftAlone) {
    MorphV1Settings settings = quick();
    settings.idle_ms = 20000;
    start(settings);
    EXPECT_TRUE(never([&] {
        daemon_.note_allocation(Daemon::now_ms(), kLive);
        return asked();
    }));
    // A clock that has not come so far yet is no idleness either.
    daemon_.note_allocation(UINT64_MAX, kLive);
    EXPECT_TRUE(never([&] { return asked(); }));
}

TEST_F(DaemonTest, AsksForSwappingAgainAndAgainWhereThereIsADirectory) {
    start(quick("/tmp"));
    for (int round = 0; round < 3; ++round) {
        EXPECT_TRUE(eventually([&] { return daemon_.take_swap_request(); }));
    }
    daemon_.stop();
    EXPECT_FALSE(daemon_.on());
}

TEST_F(DaemonTest, NeverAsksForSwappingWithoutADirectory) {
    start(quick());
    EXPECT_TRUE(never([&] { return daemon_.take_swap_request(); }));
}

TEST_F(DaemonTest, StopsAtOnceAndStartsAgainWithoutOldRequests) {
    MorphV1Settings slow = quick();
    slow.daemon_interval_ms = UINT32_MAX;
    start(slow);
    uint64_t begin = Daemon::now_ms();
    daemon_.stop();
    daemon_.stop();
    EXPECT_LT(Daemon::now_ms() - begin, 20000u);
    start(quick("/tmp"));
    daemon_.note_allocation(Daemon::now_ms(), kLive);
    usleep(50000);
    daemon_.stop();
    start(slow);
    EXPECT_FALSE(daemon_.take_collect_request());
    EXPECT_FALSE(daemon_.take_swap_request());
}

// The traffic of an allocating program, for TSan: nothing but the four atomics is shared.
TEST_F(DaemonTest, SharesOnlyItsAtomicsWithTheProgram) {
    MorphV1Settings settings = quick("/tmp");
    settings.idle_ms = 1;
    start(settings);
    uint64_t requests = 0;
    EXPECT_TRUE(eventually([&] {
        daemon_.note_allocation(Daemon::now_ms(), kLive);
        for (int i = 0; i < 1000; ++i) requests += daemon_.take_swap_request();
        requests += daemon_.take_collect_request();
        return requests >= 20;
    }));
}

// Sanitizers need room of their own for a thread.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MORPH_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MORPH_TEST_SANITIZED 1
#endif
#endif

#if !defined(MORPH_TEST_SANITIZED)

// A process without room for another thread's stack. Some stacks of threads that are gone may be
// left over: those are used up first.
void start_without_room() {
    rlimit limit{};
    limit.rlim_cur = limit.rlim_max = 0;
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(98);
    static Daemon daemons[200];
    for (Daemon& daemon : daemons) {
        ErrorState errors;
        MorphCode code = daemon.start(quick(), errors);
        if (code == MORPH_OK) continue;
        bool told = std::string(errors.last.text).find("v1.daemon: ") == 0;
        _exit(code == MORPH_ERROR_OUT_OF_MEMORY && told && !daemon.on() ? 7 : 1);
    }
    _exit(2);
}

TEST(DaemonDeathTest, AThreadThatTheSystemRefusesIsAnError) {
    EXPECT_EXIT(start_without_room(), testing::ExitedWithCode(7), "");
}

#endif

}  // namespace
