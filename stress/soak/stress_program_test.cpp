// The released program stress, run as a user runs it, on programs that are shell scripts.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/driver/child.h"
#include "stress/driver/temporary.h"

namespace {

using Clock = std::chrono::steady_clock;
using stress::contents;
using stress::Temporary;

const std::string kStress = std::string(MORPH_RELEASED) + "/stress";

// A directory with a script for each program of the rooms front-end and collector. A script writes
// its process number and its arguments to a log, then does what it is told.
class Programs {
 public:
    explicit Programs(const std::string& work) {
        for (const char* program : {"fox", "profile", "collector"}) {
            for (const char* system : {"library", "reference", "malloc"}) {
                set(std::string(program) + '-' + system, work);
            }
        }
    }
    void set(const std::string& program, const std::string& work) {
        const std::string path = place_.file(program);
        stress::write_file(path, "#!/bin/sh\necho \"$$ $0 $*\" >> '" + log() + "'\n" + work + '\n');
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    }
    [[nodiscard]] std::string state() const { return place_.file("state"); }
    [[nodiscard]] std::string log() const { return place_.file("log"); }
    [[nodiscard]] std::vector<std::string> command(std::vector<std::string> more) const {
        std::vector<std::string> words = {kStress, "--programs", place_.path(), "--rooms",
                                          "collector"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    [[nodiscard]] stress::Outcome run(const std::vector<std::string>& more) const {
        return stress::run_child(command(more), Clock::now() + std::chrono::seconds(60));
    }

 private:
    Temporary place_;
};

size_t count(const std::string& text, const std::string& part) {
    size_t times = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        times += 1;
    }
    return times;
}

std::string last_line(const std::string& text) {
    const size_t end = text.find_last_not_of('\n');
    const size_t begin = text.rfind('\n', end);
    return text.substr(begin + 1, end - begin);
}

size_t listed(const Programs& programs) {
    const std::string list = programs.run({"--list"}).output;
    return static_cast<size_t>(std::count(list.begin(), list.end(), '\n')) - count(list, "\n    ");
}

pid_t start(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
    pid_t child = -1;
    const int error = posix_spawn(&child, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? child : -1;
}

// Until so many lines are in a file; false: it takes too long.
bool wait_for_lines(const std::string& path, size_t lines) {
    for (int i = 0; i < 3000; ++i) {
        if (count(contents(path), "\n") >= lines) return true;
        (void)usleep(10000);
    }
    return false;
}

bool runs(pid_t process) {
    const std::string status = contents("/proc/" + std::to_string(process) + "/status");
    return !status.empty() && status.find("Z (zombie)") == std::string::npos;
}

// Of every process that the scripts logged.
size_t still_running(const std::string& log) {
    for (int i = 0; i < 300; ++i) {
        size_t running = 0;
        std::istringstream lines(contents(log));
        for (std::string line; std::getline(lines, line);) {
            running += runs(std::stoi(line)) ? 1 : 0;
        }
        if (running == 0) return 0;
        (void)usleep(10000);
    }
    return 1;
}

TEST(StressProgram, GoodWorkloadsEndWell) {
    const Programs programs("echo result 1");
    const stress::Outcome outcome = programs.run({"--rounds", "2"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_EQ(last_line(outcome.output),
              "stress: " + std::to_string(2 * listed(programs)) + " workloads, 0 failures");
    EXPECT_NE(outcome.output.find("rooms touched: collector\n"), std::string::npos);
    EXPECT_NE(outcome.output.find("rooms not touched: front-end "), std::string::npos);
    EXPECT_NE(outcome.output.find("round 2, seed 2"), std::string::npos);
}

TEST(StressProgram, AFindingIsPrintedWithACommandThatShowsItAgain) {
    Programs programs("echo result 1");
    programs.set("collector-malloc",
                 "case \"$*\" in lru*512*) echo result 2;; *) echo result 1; esac");
    const stress::Outcome outcome =
        programs.run({"--rounds", "1", "--seed", "3", "--state", programs.state()});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(last_line(outcome.output).find(", 1 failures"), std::string::npos);
    EXPECT_NE(outcome.output.find("results differ: \"result 1\" and \"result 2\""),
              std::string::npos)
        << outcome.output;
    const size_t begin = outcome.output.find("again: ") + 7;
    const std::string again =
        outcome.output.substr(begin, outcome.output.find('\n', begin) - begin);
    const stress::Outcome shown =
        stress::run_child({"/bin/sh", "-c", again}, Clock::now() + std::chrono::seconds(60));
    EXPECT_EQ(shown.exit_code, 1) << again << '\n' << shown.output;
    EXPECT_EQ(last_line(shown.output), "stress: 1 workloads, 1 failures");
    const std::string file = contents(programs.state() + "/finding-0001.txt");
    EXPECT_NE(file.find(again), std::string::npos) << file;
    EXPECT_NE(file.find("seed 3"), std::string::npos) << file;
}

TEST(StressProgram, AWrongExitStatusIsAFinding) {
    const Programs programs("echo result 1; exit 4");
    const stress::Outcome outcome = programs.run({"--rounds", "1", "--only", "^collector: .*lru"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(outcome.output.find("exit status 4 instead of 0"), std::string::npos);
}

TEST(StressProgram, WhatAKillLeftUndoneIsDoneAndNothingTwice) {
    Programs programs("sleep 0.05; echo result 1");
    programs.set("collector-malloc",
                 "sleep 0.05; case \"$*\" in gcbench*97*) echo result 2;; *) "
                 "echo result 1; esac");
    const size_t all = listed(programs);
    const std::vector<std::string> arguments = {"--rounds", "1", "--state", programs.state()};
    const std::string journal = programs.state() + "/journal.jsonl";
    size_t kills = 0;
    for (size_t lines = 4; lines < all; lines += 4, ++kills) {
        const pid_t child = start(programs.command(arguments));
        ASSERT_GT(child, 0);
        ASSERT_TRUE(wait_for_lines(journal, lines));
        ASSERT_EQ(kill(child, SIGKILL), 0);
        ASSERT_EQ(waitpid(child, nullptr, 0), child);
    }
    ASSERT_GE(kills, 2u);
    const stress::Outcome outcome = programs.run(arguments);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_EQ(last_line(outcome.output),
              "stress: " + std::to_string(all) + " workloads, 1 failures");
    EXPECT_NE(outcome.output.find("found: collector: collector gcbench"), std::string::npos);
    // The head and each workload once.
    const std::string lines = contents(journal);
    EXPECT_EQ(count(lines, "\n"), all + 1);
    EXPECT_EQ(count(lines, "\"good\":false"), 1u);
    // At most what ran at the moment of a kill was begun again: 2 workers, 3 commands each.
    EXPECT_LE(count(contents(programs.log()), "\n"), 3 * all + kills * 2 * 3);
    // Nothing is left to do, and what was found stays.
    const stress::Outcome more = programs.run(arguments);
    EXPECT_EQ(more.exit_code, 1);
    EXPECT_EQ(last_line(more.output), last_line(outcome.output));
}

TEST(StressProgram, AnotherSeedForTheSameDirectoryIsRefused) {
    const Programs programs("echo result 1");
    ASSERT_EQ(programs.run({"--rounds", "1", "--state", programs.state()}).exit_code, 0);
    const stress::Outcome outcome =
        programs.run({"--rounds", "1", "--seed", "2", "--state", programs.state()});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.output.find("belongs to another run"), std::string::npos) << outcome.output;
}

TEST(StressProgram, NothingSurvivesTheDeadline) {
    const Temporary place;
    const Programs programs("(echo $(sh -c 'echo $PPID') >> " + place.file("children") +
                            "; exec sleep 300) & sleep 300");
    const Clock::time_point begin = Clock::now();
    const stress::Outcome outcome = programs.run({"--seconds", "1"});
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20));
    EXPECT_EQ(outcome.exit_code, 1);  // nothing was shown
    EXPECT_EQ(last_line(outcome.output), "stress: 0 workloads, 1 failures");
    EXPECT_GE(count(contents(programs.log()), "\n"), 1u);
    EXPECT_GE(count(contents(place.file("children")), "\n"), 1u);
    EXPECT_EQ(still_running(programs.log()), 0u);
    EXPECT_EQ(still_running(place.file("children")), 0u);
}

TEST(StressProgram, NothingSurvivesASignalNotEvenWhatLeftItsGroup) {
    const Temporary place;
    const Programs programs("setsid sh -c 'echo $$ away >> " + place.file("away") +
                            "; exec sleep 300' & sleep 300 & echo $! >> " + place.file("away") +
                            "; sleep 300");
    for (const int signal : {SIGTERM, SIGINT}) {
        const pid_t child = start(programs.command({"--seconds", "60", "--jobs", "1"}));
        ASSERT_GT(child, 0);
        ASSERT_TRUE(wait_for_lines(place.file("away"), signal == SIGTERM ? 2 : 4));
        ASSERT_EQ(kill(child, signal), 0);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_NE(WEXITSTATUS(status), 0);
        EXPECT_EQ(still_running(programs.log()), 0u);
        EXPECT_EQ(still_running(place.file("away")), 0u);
    }
}

TEST(StressProgram, RoomsAndNamesChoose) {
    const Programs programs("echo result 1");
    const std::string list = programs.run({"--list", "--only", "lru"}).output;
    EXPECT_NE(list.find("collector: collector lru"), std::string::npos) << list;
    EXPECT_EQ(list.find("gcbench"), std::string::npos) << list;
    EXPECT_TRUE(contents(programs.log()).empty());
    for (const std::vector<std::string>& wrong :
         std::vector<std::vector<std::string>>{{"--only", "nothing is called this"},
                                               {"--only", "("},
                                               {"--rooms", "kitchen"},
                                               {"--plan", "tiny"},
                                               {"--jobs", "0"},
                                               {"--seconds", "-1"},
                                               {"--nonsense"}}) {
        EXPECT_EQ(programs.run(wrong).exit_code, 2) << wrong[0];
    }
    EXPECT_TRUE(contents(programs.log()).empty());
}

}  // namespace
