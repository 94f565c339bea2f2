#include "stress/driver/child.h"

#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using stress::run_child;

Clock::time_point soon() {
    return Clock::now() + std::chrono::seconds(20);
}

stress::Outcome shell(const std::string& script, Clock::time_point deadline = soon(),
                      const stress::ChildOptions& options = {}) {
    return run_child({"/bin/sh", "-c", script}, deadline, options);
}

// Whoever reaps orphans here may take a moment to do so.
bool ends(pid_t process) {
    for (int i = 0; i < 500; ++i) {
        std::string state =
            shell("grep ^State /proc/" + std::to_string(process) + "/status").output;
        if (state.find("Z (zombie)") != std::string::npos || kill(process, 0) != 0) return true;
        (void)usleep(10000);
    }
    return false;
}

TEST(Child, OutputAndExitStatusAreKept) {
    const stress::Outcome outcome = shell("echo a; echo b >&2; exit 7");
    EXPECT_EQ(outcome.exit_code, 7);
    EXPECT_EQ(outcome.output, "a\nb\n");
    EXPECT_FALSE(outcome.stopped);
}

TEST(Child, OneThatASignalEndsIsNotASuccess) {
    EXPECT_EQ(shell("kill -SEGV $$").exit_code, 128 + SIGSEGV);
}

TEST(Child, AProgramThatIsNotThereIsAFailure) {
    EXPECT_EQ(run_child({"/no/such/program"}, soon()).exit_code, 127);
    EXPECT_EQ(run_child({"/etc"}, soon()).exit_code, 127);
    EXPECT_EQ(run_child({}, soon()).exit_code, 127);
}

TEST(Child, IsStoppedAtTheDeadline) {
    const Clock::time_point start = Clock::now();
    const stress::Outcome outcome = shell("exec sleep 30", start + std::chrono::milliseconds(200));
    EXPECT_TRUE(outcome.stopped);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
}

TEST(Child, IsStoppedWhenToldTo) {
    int ends_of_pipe[2];
    ASSERT_EQ(pipe(ends_of_pipe), 0);
    ASSERT_EQ(write(ends_of_pipe[1], "x", 1), 1);
    const Clock::time_point start = Clock::now();
    const stress::Outcome outcome = shell("exec sleep 15", soon(), {{}, ends_of_pipe[0]});
    EXPECT_TRUE(outcome.stopped && outcome.told);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
    close(ends_of_pipe[0]);
    close(ends_of_pipe[1]);
}

TEST(Child, ItsChildrenAreKilledAtTheDeadline) {
    const stress::Outcome outcome =
        shell("sleep 300 & echo $!; wait", Clock::now() + std::chrono::milliseconds(500));
    ASSERT_TRUE(outcome.stopped);
    EXPECT_TRUE(ends(std::stoi(outcome.output)));
}

TEST(Child, WhatItLeavesBehindIsKilledAndNotWaitedFor) {
    const Clock::time_point start = Clock::now();
    const stress::Outcome outcome = shell("sleep 300 & echo $!");
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_FALSE(outcome.stopped);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
    EXPECT_TRUE(ends(std::stoi(outcome.output)));
}

TEST(Child, OneThatClosesItsOutputStillCounts) {
    const stress::Outcome outcome = shell("echo a; exec >&- 2>&-; sleep 0.3; exit 5");
    EXPECT_EQ(outcome.exit_code, 5);
    EXPECT_EQ(outcome.output, "a\n");
}

TEST(Child, MoreOutputThanAPipeHoldsIsRead) {
    EXPECT_EQ(shell("head -c 3000000 /dev/zero").output.size(), 3000000u);
}

TEST(Child, AVariableIsAddedOrReplaced) {
    EXPECT_EQ(shell("echo $MORPH_A $HOME", soon(), {{"MORPH_A=1", "HOME=here"}}).output,
              "1 here\n");
}

TEST(Child, AShellTakesALineAsTheCommandItWas) {
    const std::vector<std::string> words = {"", "two words", "it's", "$HOME", "*", "a\nb", "\\"};
    std::vector<std::string> command = {"/usr/bin/printf", "<%s>"};
    command.insert(command.end(), words.begin(), words.end());
    EXPECT_EQ(shell(stress::shell_line(command)).output, run_child(command, soon()).output);
    EXPECT_EQ(shell(stress::shell_line({"/bin/sh", "-c", "echo $A"}, {"A=x y"})).output, "x y\n");
}

}  // namespace
