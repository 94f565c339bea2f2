#include <chrono>
#include <gtest/gtest.h>

#include "stress/driver/child.h"
#include "stress/driver/workloads.h"

namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point soon() {
    return Clock::now() + std::chrono::seconds(20);
}

stress::Workload shell(std::vector<std::string> scripts, int exit_code = 0) {
    stress::Workload workload;
    workload.name = "shell";
    for (const std::string& script : scripts)
        workload.commands.push_back({"/bin/sh", "-c", script});
    workload.exit_code = exit_code;
    return workload;
}

TEST(Driver, OutputAndExitStatusOfAChildAreKept) {
    const stress::Outcome outcome =
        stress::run_child({"/bin/sh", "-c", "echo a; echo b >&2; exit 7"}, soon());
    EXPECT_EQ(outcome.exit_code, 7);
    EXPECT_EQ(outcome.output, "a\nb\n");
    EXPECT_FALSE(outcome.stopped);
}

TEST(Driver, AChildThatASignalEndsIsNotASuccess) {
    const stress::Outcome outcome = stress::run_child({"/bin/sh", "-c", "kill -SEGV $$"}, soon());
    EXPECT_EQ(outcome.exit_code, 128 + 11);
}

TEST(Driver, AProgramThatIsNotThereIsAFailure) {
    EXPECT_EQ(stress::run_child({"/no/such/program"}, soon()).exit_code, 127);
}

TEST(Driver, AChildIsStoppedAtTheDeadline) {
    const Clock::time_point start = Clock::now();
    const stress::Outcome outcome = stress::run_child({"/bin/sh", "-c", "exec sleep 30"},
                                                      start + std::chrono::milliseconds(200));
    EXPECT_TRUE(outcome.stopped);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
}

TEST(Driver, EqualOutputsAreGoodAndDifferentOnesAreNot) {
    EXPECT_EQ(stress::judge(shell({"echo a", "echo a"}), soon()).verdict, stress::Verdict::good);
    const stress::Judgement differ =
        stress::judge(shell({"echo a; echo b", "echo a; echo c"}), soon());
    EXPECT_EQ(differ.verdict, stress::Verdict::failed);
    EXPECT_NE(differ.text.find("\"b\" and \"c\""), std::string::npos) << differ.text;
}

TEST(Driver, AnotherExitStatusThanStatedFails) {
    EXPECT_EQ(stress::judge(shell({"echo a; exit 1"}), soon()).verdict, stress::Verdict::failed);
    EXPECT_EQ(stress::judge(shell({"exit 3", "exit 3"}, 3), soon()).verdict, stress::Verdict::good);
    EXPECT_EQ(stress::judge(shell({"exit 3", "exit 0"}, 3), soon()).verdict,
              stress::Verdict::failed);
}

TEST(Driver, OnlyResultLinesCountWhereFiguresDiffer) {
    stress::Workload workload = shell({"echo 1; echo result x", "echo 2; echo result x"});
    EXPECT_EQ(stress::judge(workload, soon()).verdict, stress::Verdict::failed);
    workload.results_only = true;
    EXPECT_EQ(stress::judge(workload, soon()).verdict, stress::Verdict::good);
    EXPECT_EQ(stress::judge(shell({"true", "true"}), soon()).verdict, stress::Verdict::failed);
}

TEST(Driver, EveryWorkloadComparesTheLibraryWithOtherSystems) {
    const std::vector<stress::Workload> list = stress::workloads({"bin", "corpora/fox"}, 1);
    size_t on_all = 0;
    for (const stress::Workload& workload : list) {
        ASSERT_GE(workload.commands.size(), 2u) << workload.name;
        EXPECT_NE(workload.commands[0][0].find("-library"), std::string::npos) << workload.name;
        const auto runs_on = [&workload](const char* system) {
            for (const std::vector<std::string>& command : workload.commands) {
                if (command[0].find(system) != std::string::npos) return true;
            }
            return false;
        };
        if (runs_on("-reference") && runs_on("-malloc")) ++on_all;
    }
    EXPECT_GE(on_all, list.size() / 2);
}

}  // namespace
