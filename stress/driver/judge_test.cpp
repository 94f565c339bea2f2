#include "stress/driver/judge.h"

#include <chrono>
#include <gtest/gtest.h>

#include "stress/driver/child.h"

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

TEST(Judge, EqualOutputsAreGoodAndDifferentOnesAreNot) {
    EXPECT_EQ(stress::judge(shell({"echo a", "echo a"}), soon()).verdict, stress::Verdict::good);
    const stress::Judgement differ =
        stress::judge(shell({"echo a; echo b", "echo a; echo c"}), soon());
    EXPECT_EQ(differ.verdict, stress::Verdict::failed);
    EXPECT_NE(differ.text.find("\"b\" and \"c\""), std::string::npos) << differ.text;
}

TEST(Judge, AnotherExitStatusThanStatedFails) {
    EXPECT_EQ(stress::judge(shell({"echo a; exit 1"}), soon()).verdict, stress::Verdict::failed);
    EXPECT_EQ(stress::judge(shell({"exit 3", "exit 3"}, 3), soon()).verdict, stress::Verdict::good);
    EXPECT_EQ(stress::judge(shell({"exit 3", "exit 0"}, 3), soon()).verdict,
              stress::Verdict::failed);
}

TEST(Judge, OnlyResultLinesCountWhereFiguresDiffer) {
    stress::Workload workload = shell({"echo 1; echo result x", "echo 2; echo result x"});
    EXPECT_EQ(stress::judge(workload, soon()).verdict, stress::Verdict::failed);
    workload.results_only = true;
    EXPECT_EQ(stress::judge(workload, soon()).verdict, stress::Verdict::good);
    EXPECT_EQ(stress::judge(shell({"true", "true"}), soon()).verdict, stress::Verdict::failed);
}

TEST(Judge, AWorkloadThatExceedsItsOwnTimeHangs) {
    stress::Workload workload = shell({"echo begun; sleep 30"});
    workload.seconds_max = 0.3;
    const stress::Judgement judgement = stress::judge(workload, soon());
    EXPECT_EQ(judgement.verdict, stress::Verdict::failed);
    EXPECT_NE(judgement.text.find("hangs"), std::string::npos) << judgement.text;
    EXPECT_NE(judgement.text.find("sleep 30"), std::string::npos) << judgement.text;
    EXPECT_NE(judgement.text.find("begun"), std::string::npos) << judgement.text;
}

TEST(Judge, ItsTimeIsThatOfAllCommandsTogether) {
    stress::Workload workload = shell({"sleep 0.4; echo a", "sleep 0.4; echo a", "sleep 5"});
    workload.seconds_max = 0.6;
    EXPECT_EQ(stress::judge(workload, soon()).verdict, stress::Verdict::failed);
}

TEST(Judge, AWorkloadThatTheWholeRunStopsDoesNotHang) {
    stress::Workload workload = shell({"sleep 30"});
    workload.seconds_max = 20;
    const auto deadline = Clock::now() + std::chrono::milliseconds(200);
    EXPECT_EQ(stress::judge(workload, deadline).verdict, stress::Verdict::out_of_time);
}

TEST(Judge, TheEnvironmentReachesEveryCommandAndItsCommandLine) {
    stress::Workload workload = shell({"echo $MORPH_A; exit 0", "echo $MORPH_A; exit 0"});
    workload.environment = {"MORPH_A=two words"};
    EXPECT_EQ(stress::judge(workload, soon()).verdict, stress::Verdict::good);
    workload.commands[1][2] = "echo $MORPH_A; exit 1";
    const stress::Judgement judgement = stress::judge(workload, soon());
    EXPECT_NE(judgement.text.find("env 'MORPH_A=two words' /bin/sh -c"), std::string::npos)
        << judgement.text;
}

TEST(Judge, AWorkloadWithoutCommandsShowsNothing) {
    EXPECT_EQ(stress::judge(shell({}), soon()).verdict, stress::Verdict::failed);
}

}  // namespace
