// A falling limit over small shell scripts that are good, or broken in the ways that matter; and
// over the real programs. The scripts are judged by the bound, which they get as --bytes-max.
#include "stress/pressure/descent.h"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

using stress::DescentReport;
using stress::DescentSettings;
using stress::Ending;
using stress::LimitKind;

const std::string kPrograms = MORPH_RELEASED;
const std::string kLauncher = kPrograms + "/pressure";

// $bound: what --bytes-max says, "none" without; $again: the flag was given.
const std::string kArguments =
    "bound=none; again=no; while [ $# -gt 0 ]; do case $1 in --bytes-max) bound=$2; shift;; "
    "--again) again=yes;; esac; shift; done\n";
// Refused below 1 MiB; needs 40 MB.
const std::string kGood =
    "[ $bound = none ] || [ $bound -ge 1048576 ] || exit 2\n"
    "[ $bound = none ] || [ $bound -ge 40000000 ] || FAILS\n"
    "echo result 7\n";
const std::string kClean = "{ [ $again = yes ] || exit 3; echo out of memory first, then good; }";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    return text.replace(text.find(what), what.size(), by);
}

DescentReport descend(const std::string& script, double seconds = 20) {
    DescentSettings settings;
    settings.launcher = kLauncher;
    settings.command = {"/bin/sh", "-c", kArguments + script, "workload"};
    settings.kind = LimitKind::bound;
    settings.steps = 5;
    settings.again = true;
    settings.seconds = seconds;
    return stress::Descent(settings).run();
}

bool mentions(const DescentReport& report, const char* id) {
    for (const std::string& failure : report.failures) {
        if (failure.find(id) != std::string::npos) return true;
    }
    return false;
}

TEST(Descent, FindsTheSmallestLimitAtWhichAWorkloadIsGood) {
    const DescentReport report = descend(replaced(kGood, "FAILS", kClean));
    EXPECT_EQ(report.failures, std::vector<std::string>{});
    EXPECT_EQ(report.results, "result 7\n");
    EXPECT_GE(report.smallest, 40000000u);
    EXPECT_LE(report.smallest, 40000000u + 40000000 / 100);
    ASSERT_GT(report.steps.size(), 5u);
    EXPECT_EQ(report.steps.back().ending, Ending::out_of_memory);
    EXPECT_LE(report.steps.back().limit, 1048576u + 65536) << "down to what is taken as a bound";
    for (const stress::Step& step : report.steps) {
        EXPECT_EQ(step.ending == Ending::good, step.limit >= 40000000) << step.limit;
    }
}

TEST(Descent, ALeakOnTheWayOfFailureIsReported) {
    // What the programs do when bytes are out at the end.
    EXPECT_TRUE(mentions(descend(replaced(kGood, "FAILS", "{ echo PRESSURE-RETURNED; exit 4; }")),
                         "DESCENT-ENDING: PRESSURE-RETURNED"));
}

TEST(Descent, ACrashIsReported) {
    const DescentReport report = descend(replaced(kGood, "FAILS", "kill -SEGV $$"));
    EXPECT_TRUE(mentions(report, "exit status 139")) << report.failures.size();
    EXPECT_TRUE(mentions(descend(replaced(kGood, "FAILS", "kill -ABRT $$")), "exit status 134"));
    EXPECT_TRUE(mentions(descend(replaced(kGood, "FAILS", "exit 127")), "exit status 127"));
    EXPECT_TRUE(mentions(descend(replaced(kGood, "FAILS", "exit 1")), "exit status 1"));
}

TEST(Descent, AHangIsReportedAndStopped) {
    const auto start = std::chrono::steady_clock::now();
    // At one limit only, since it takes its time.
    const std::string hangs = "{ [ $bound -lt 2000000 ] && exec sleep 100; " + kClean + "; }";
    EXPECT_TRUE(mentions(descend(replaced(kGood, "FAILS", hangs), 0.5), "DESCENT-ENDING: hangs"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Descent, OtherResultsUnderPressureAreReported) {
    const std::string other =
        "if [ $bound != none ] && [ $bound -lt 60000000 ]; then\n"
        "echo result 8; exit 0; fi\n";
    EXPECT_TRUE(mentions(descend(other + replaced(kGood, "FAILS", kClean)), "DESCENT-RESULTS"));
    // No result at all is no equal one.
    const std::string none = "[ $bound = none ] || [ $bound -gt 60000000 ] || exit 0\n";
    EXPECT_TRUE(mentions(descend(none + replaced(kGood, "FAILS", kClean)), "DESCENT-RESULTS"));
}

TEST(Descent, OneThatDoesNotSucceedWhenItsLimitIsLiftedIsReported) {
    EXPECT_TRUE(mentions(descend(replaced(kGood, "FAILS", "exit 3")), "DESCENT-AGAIN"));
    const std::string differs = "{ [ $again = yes ] || exit 3; echo result 9; exit 0; }";
    EXPECT_TRUE(mentions(descend(replaced(kGood, "FAILS", differs)), "DESCENT-AGAIN"));
}

TEST(Descent, OneThatFailsFarAboveWhereItIsGoodIsReported) {
    const std::string hole =
        "if [ $bound != none ] && [ $bound -gt 300000000 ] && "
        "[ $bound -lt 700000000 ]; then\n" +
        kClean + "; fi\n";
    DescentSettings settings;
    settings.launcher = kLauncher;
    settings.command = {"/bin/sh", "-c", kArguments + hole + replaced(kGood, "FAILS", kClean),
                        "workload"};
    settings.kind = LimitKind::bound;
    settings.steps = 12;
    settings.from = 1000000000;
    EXPECT_TRUE(mentions(stress::Descent(settings).run(), "DESCENT-MONOTONE"));
}

TEST(Descent, OneThatNeverFailsHasShownNothing) {
    EXPECT_TRUE(mentions(descend("echo result 7"), "DESCENT-FAILS"));
}

TEST(Descent, OneThatIsNotGoodWithoutLimitIsReportedAtOnce) {
    EXPECT_TRUE(mentions(descend("exit 5"), "without limit: exit status 5"));
    EXPECT_TRUE(mentions(descend("echo 7"), "no result line"));
    EXPECT_TRUE(mentions(descend("[ $bound = none ] || exit 3; echo result 7"), "at any limit"));
}

TEST(Descent, TheFrontEndGoesDownUnderEveryLimitThatThereIs) {
    for (const auto kind : {LimitKind::as, LimitKind::data, LimitKind::bound}) {
        DescentSettings settings;
        settings.launcher = kLauncher;
        settings.command = {kPrograms + "/fox-library", "--generate", "4000", "--hash", "--check"};
        settings.kind = kind;
        settings.again = true;
        const DescentReport report = stress::Descent(settings).run();
        EXPECT_EQ(report.failures, std::vector<std::string>{}) << stress::limit_name(kind);
        EXPECT_GT(report.smallest, uint64_t{2} << 20);
        EXPECT_LT(report.smallest, uint64_t{64} << 20);
        uint64_t failed = 0;
        for (const stress::Step& step : report.steps) {
            if (step.ending == Ending::out_of_memory) ++failed;
        }
        EXPECT_GE(failed, 3u) << stress::describe(report);
    }
}

// ------------------------------------------------------------------------------ the program

stress::Outcome pressure(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kLauncher);
    return stress::run_child(arguments,
                             std::chrono::steady_clock::now() + std::chrono::seconds(30));
}

TEST(Pressure, ALeakIsAFailureInItsLastLineAndItsStatus) {
    const std::string script =
        kArguments + replaced(kGood, "FAILS", "{ echo PRESSURE-RETURNED; exit 4; }");
    const stress::Outcome outcome =
        pressure({"--limit", "bound", "--steps", "3", "--", "/bin/sh", "-c", script, "workload"});
    EXPECT_EQ(outcome.exit_code, 4) << outcome.output;
    EXPECT_NE(outcome.output.find("FAILED DESCENT-ENDING"), std::string::npos);
    EXPECT_EQ(outcome.output.find(", 0 failures"), std::string::npos);
}

TEST(Pressure, RefusalsAreMetAtEachRateAndAWorkloadThatLosesSomethingIsReported) {
    const stress::Outcome good =
        pressure({"--refuse-runs", "20", "--rates", "0.1,0.5", "--", kPrograms + "/fox-library",
                  "--generate", "50", "--hash", "--check", "--mode", "runtime"});
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_NE(good.output.find("rate 0.1, seed 1: refused 2"), std::string::npos) << good.output;
    EXPECT_NE(good.output.find("rate 0.5, seed 1: refused 2"), std::string::npos) << good.output;
    const std::string lossy =
        "case $* in *--refuse*) echo refused 20 of 30; echo result 1;; "
        "*) echo result 2;; esac";
    EXPECT_EQ(pressure({"--refuse-runs", "20", "--", "/bin/sh", "-c", lossy, "workload"}).exit_code,
              4);
    const std::string unmet = "echo result 2";
    EXPECT_EQ(pressure({"--refuse-runs", "20", "--", "/bin/sh", "-c", unmet, "workload"}).exit_code,
              4);
}

TEST(Pressure, BesideANeighbourTheWorkloadRunsAsBefore) {
    const stress::Outcome good =
        pressure({"--neighbour", "33554432", "--runs", "2", "--", kPrograms + "/fox-library",
                  "--generate", "500", "--hash", "--check"});
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_NE(good.output.find("a neighbour held 32.00 MiB"), std::string::npos) << good.output;
}

TEST(Pressure, ItsUsageIsChecked) {
    EXPECT_EQ(pressure({}).exit_code, 2);
    EXPECT_EQ(pressure({"--", "/bin/true"}).exit_code, 2);
    EXPECT_EQ(pressure({"--limit", "speed", "--", "/bin/true"}).exit_code, 2);
    EXPECT_EQ(pressure({"--limit", "as", "--steps", "1", "--", "/bin/true"}).exit_code, 2);
    EXPECT_EQ(pressure({"--limit", "as", "--refuse-runs", "1", "--", "/bin/true"}).exit_code, 2);
    EXPECT_EQ(pressure({"--limit", "as", "--", "/no/such/program"}).exit_code, 4);
}

TEST(Pressure, ASignalEndsItInOrderAndNothingOfItIsLeft) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], 1);
        // The workload says when it is there; its child outlives it if nobody looks after it.
        (void)execl(kLauncher.c_str(), "pressure", "--neighbour", "8388608", "--", "/bin/sh", "-c",
                    "sleep 98765 & sleep 98765", nullptr);
        _exit(1);
    }
    close(ends[1]);
    const auto sleepers = [] {
        return stress::run_child({"/bin/sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"},
                                 std::chrono::steady_clock::now() + std::chrono::seconds(10))
                   .output.find("sleep 98765 ") != std::string::npos;
    };
    for (int i = 0; i < 100 && !sleepers(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_TRUE(sleepers());
    EXPECT_EQ(kill(child, SIGTERM), 0);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130) << status;
    EXPECT_FALSE(sleepers());
    close(ends[0]);
}

}  // namespace
