#include <atomic>
#include <gtest/gtest.h>
#include <set>
#include <thread>

#include "stress/driver/child.h"
#include "stress/pressure/attempts.h"
#include "stress/threads/crew.h"
#include "stress/threads/handover.h"
#include "stress/threads/race.h"

namespace threads {
namespace {

constexpr Choice kSmall = {.debug = false, .small = true};
constexpr Choice kSmallDebug = {.debug = true, .small = true};

TEST(Threads, EveryJobGivesAmongOthersWhatItGivesAlone) {
    const RoundReport report = run_round(jobs(kSmall), 8, 1);
    EXPECT_EQ(report.wrong, "");
    EXPECT_EQ(report.results.size(), jobs(kSmall).size());
    EXPECT_EQ(report.runs, 8 * report.results.size());
}

TEST(Threads, DebugModeHasNothingToReportOfThem) {
    const RoundReport report = run_round(jobs(kSmallDebug), 3, 2);
    EXPECT_EQ(report.wrong, "");
    EXPECT_EQ(report.results, run_round(jobs(kSmall), 1, 2).results) << "and they are the same";
}

TEST(Threads, NamesAreGivenOnceAndResultsDependOnTheSeed) {
    std::set<std::string> names;
    for (const Job& job : jobs(kSmall)) EXPECT_TRUE(names.insert(job.name).second) << job.name;
    for (const char* name : {"storm", "arena", "pool", "general", "fox-compiler", "lru"}) {
        for (const Job& job : jobs(kSmall)) {
            if (job.name != name) continue;
            EXPECT_NE(job.run(1).result, job.run(2).result) << name;
            EXPECT_EQ(job.run(3).result, job.run(3).result) << name;
        }
    }
}

TEST(Crew, AJobThatDiffersAmongOthersIsFound) {
    const std::thread::id alone = std::this_thread::get_id();
    const std::vector<Job> differing = {
        {"steady", [](uint64_t) { return Outcome{{}, "1"}; }},
        {"shaky",
         [=](uint64_t) { return Outcome{{}, std::this_thread::get_id() == alone ? "1" : "2"}; }}};
    const RoundReport report = run_round(differing, 4, 1);
    EXPECT_EQ(report.wrong, "THREADS-RESULT: shaky: \"2\", alone \"1\"");
}

TEST(Crew, AJobThatBreaksAmongOthersIsFound) {
    std::atomic<int> calls{0};
    const std::vector<Job> breaking = {
        {"third", [&](uint64_t) { return Outcome{++calls == 3 ? "broken" : "", "1"}; }}};
    EXPECT_EQ(run_round(breaking, 4, 1).wrong, "third: broken");
    const std::vector<Job> never = {{"first", [](uint64_t) { return Outcome{"bad", ""}; }}};
    EXPECT_EQ(run_round(never, 2, 1).wrong, "first, alone: bad");
}

TEST(Crew, AllThreadsMeet) {
    std::atomic<unsigned> inside{0};
    std::atomic<unsigned> most{0};
    const std::thread::id alone = std::this_thread::get_id();
    const std::vector<Job> meeting = {{"meet", [&](uint64_t) {
                                           if (std::this_thread::get_id() == alone) {
                                               return Outcome{{}, "met"};
                                           }
                                           ++inside;
                                           while (inside < 4) std::this_thread::yield();
                                           most = inside.load();
                                           return Outcome{{}, "met"};
                                       }}};
    EXPECT_EQ(run_round(meeting, 4, 1).wrong, "");
    EXPECT_EQ(most, 4u);
}

TEST(Handover, WhatWandersComesToTheSame) {
    for (const Choice& choice : {kSmall, kSmallDebug}) {
        const HandoverReport alone = hand_over(choice, 1, 7);
        const HandoverReport passed = hand_over(choice, 5, 7);
        EXPECT_EQ(alone.wrong, "");
        EXPECT_EQ(passed.wrong, "") << "one after another is legal, in debug mode as well";
        EXPECT_EQ(alone.result, passed.result);
        EXPECT_EQ(alone.passed, 0u);
        EXPECT_EQ(passed.stages, 12u * 8);
        EXPECT_EQ(passed.passed, 12u * 7) << "THREADS-PASSED: every stage but the first";
    }
}

TEST(Race, BreaksNothingByItself) {
    race(false);
    race(true);
}

stress::Outcome run(const std::string& program, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(MORPH_RELEASED) + "/" + program);
    return stress::run_child(arguments, std::chrono::steady_clock::now() + std::chrono::minutes(2));
}

TEST(ThreadsProgram, PrintsTheSameResultsForAnyNumberOfThreads) {
    const stress::Outcome two = run("threads", {"--threads", "2", "--small", "--seed", "9"});
    const stress::Outcome eight = run("threads", {"--threads", "8", "--small", "--seed", "9"});
    EXPECT_EQ(two.exit_code, 0) << two.output;
    EXPECT_EQ(eight.exit_code, 0) << eight.output;
    EXPECT_EQ(stress::result_lines(two.output), stress::result_lines(eight.output));
    EXPECT_NE(two.output.find("seed 9\n"), std::string::npos);
    EXPECT_NE(two.output.find("\nresult handover "), std::string::npos);
}

TEST(ThreadsProgram, RefusesWhatItDoesNotHave) {
    EXPECT_EQ(run("threads", {"--only", "knitting"}).exit_code, stress::Exit::usage);
    EXPECT_EQ(run("threads", {"--threads", "0"}).exit_code, stress::Exit::usage);
    EXPECT_EQ(run("threads", {"--plant", "tree"}).exit_code, stress::Exit::usage);
    const stress::Outcome list = run("threads", {"--list"});
    EXPECT_EQ(list.exit_code, 0);
    EXPECT_NE(list.output.find("fox-compiler\n"), std::string::npos);
}

TEST(PlantedProgram, RunsEachMistakeToItsEndWithoutATool) {
    const stress::Outcome list = run("planted", {"--list"});
    ASSERT_EQ(list.exit_code, 0);
    size_t begin = 0;
    size_t count = 0;
    while (begin < list.output.size()) {
        const size_t end = list.output.find('\n', begin);
        const std::string name = list.output.substr(begin, end - begin);
        EXPECT_EQ(run("planted", {name}).exit_code, 0) << name;
        begin = end + 1;
        count += 1;
    }
    EXPECT_EQ(count, 12u);
    EXPECT_EQ(run("planted", {}).exit_code, stress::Exit::usage);
    EXPECT_EQ(run("planted", {"carrot"}).exit_code, stress::Exit::usage);
}

}  // namespace
}  // namespace threads
