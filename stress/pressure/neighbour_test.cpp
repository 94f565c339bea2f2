#include "stress/pressure/neighbour.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

TEST(Neighbour, ItsShareIsBounded) {
    EXPECT_EQ(stress::neighbour_bytes_max(100, 1000), 100u);
    EXPECT_EQ(stress::neighbour_bytes_max(600, 1000), 500u);
    EXPECT_EQ(stress::neighbour_bytes_max(UINT64_MAX, 1000), 500u);
    EXPECT_EQ(stress::neighbour_bytes_max(100, 0), 0u);
    EXPECT_EQ(stress::available_in("MemTotal: 9 kB\nMemAvailable:    2048 kB\n"), 2097152u);
    EXPECT_EQ(stress::available_in("MemTotal: 9 kB\n"), 0u);
    EXPECT_EQ(stress::available_in(""), 0u);
    EXPECT_GT(stress::memory_available(), 0u);
}

// Resident bytes of another process.
uint64_t resident(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    std::string line;
    unsigned long long kilobytes = 0;
    while (std::getline(status, line)) {
        if (std::sscanf(line.c_str(), "VmRSS: %llu kB", &kilobytes) == 1) break;
    }
    return kilobytes * 1024;
}

TEST(Neighbour, ItFillsWhatItIsToldGivesItBackAndDies) {
    constexpr uint64_t kBytes = uint64_t{24} << 20;
    pid_t process = -1;
    {
        const stress::Neighbour neighbour(kBytes, kBytes / 4);
        process = neighbour.process();
        ASSERT_TRUE(neighbour.wait_until_full(20));
        EXPECT_EQ(neighbour.bytes_peak(), kBytes);
        uint64_t most = 0;
        uint64_t least = UINT64_MAX;
        for (int i = 0; i < 300 && (most < kBytes || least > kBytes / 2); ++i) {
            const uint64_t now = resident(process);
            most = std::max(most, now);
            if (now != 0) least = std::min(least, now);
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        EXPECT_GE(most, kBytes) << "the pages are really there";
        EXPECT_LE(least + kBytes / 2, most) << "and are given back";
    }
    EXPECT_EQ(kill(process, 0), -1) << "dead and buried";
}

TEST(Neighbour, OneThatMayHoldNothingSaysSo) {
    const stress::Neighbour neighbour(0, 4096);
    EXPECT_FALSE(neighbour.wait_until_full(10));
    EXPECT_EQ(neighbour.bytes_peak(), 0u);
}

TEST(Neighbour, ItDiesWithTheProcessThatStartedIt) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t starter = fork();
    if (starter == 0) {
        const stress::Neighbour neighbour(4 << 20, 1 << 20);
        const pid_t process = neighbour.process();
        (void)!write(ends[1], &process, sizeof process);
        (void)kill(getpid(), SIGKILL);  // no destructor runs
    }
    pid_t process = -1;
    ASSERT_EQ(read(ends[0], &process, sizeof process), static_cast<ssize_t>(sizeof process));
    (void)waitpid(starter, nullptr, 0);
    const auto runs = [process] {
        std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
        std::string line;
        // Nobody may have buried it yet.
        return std::getline(stat, line) && line.find(") Z ") == std::string::npos;
    };
    for (int i = 0; i < 500 && runs(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_FALSE(runs());
    close(ends[0]);
    close(ends[1]);
}

}  // namespace
