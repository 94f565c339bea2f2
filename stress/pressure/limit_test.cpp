#include "stress/pressure/limit.h"

#include <chrono>
#include <gtest/gtest.h>

#include "stress/driver/child.h"

namespace {

using stress::Command;
using stress::LimitKind;

const std::string kLauncher = std::string(MORPH_RELEASED) + "/pressure";

stress::Outcome run(const Command& command) {
    return stress::run_child(command, std::chrono::steady_clock::now() + std::chrono::seconds(30));
}

Command shell(const std::string& script) {
    return {"/bin/sh", "-c", script};
}

TEST(Limit, TheChildReadsBackTheLimitThatItIsUnder) {
    // The shell counts in KiB. -S: what holds; -H: what it may be lifted to.
    const struct {
        LimitKind kind;
        const char* letter;
    } kinds[] = {{LimitKind::as, "v"}, {LimitKind::data, "d"}};
    for (const auto& [kind, letter] : kinds) {
        const std::string script =
            std::string("ulimit -S -") + letter + "; ulimit -H -" + letter + "; exit 7";
        const std::string hard = run(shell(std::string("ulimit -H -") + letter)).output;
        const stress::Outcome outcome =
            run(stress::launched(kLauncher, kind, "123456789", shell(script)));
        EXPECT_EQ(outcome.exit_code, 7) << outcome.output;
        EXPECT_EQ(outcome.output, std::to_string(123456789 / 1024) + "\n" + hard);
    }
}

TEST(Limit, ALimitAppliesToTheCommandAndItCanLiftIt) {
    const Command plain = {std::string(MORPH_RELEASED) + "/fox-library", "--generate", "2000",
                           "--hash"};
    const auto limited = [&plain](const char* more) {
        Command command = plain;
        if (more != nullptr) command.emplace_back(more);
        return run(stress::launched(kLauncher, LimitKind::data, "2000000", command));
    };
    EXPECT_EQ(run(plain).exit_code, 0);
    EXPECT_EQ(limited(nullptr).exit_code, 3);
    const stress::Outcome again = limited("--again");
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_NE(again.output.find("out of memory first, then good"), std::string::npos);
}

TEST(Limit, WhatTheLauncherCannotDoItSays) {
    for (const Command& arguments :
         {Command{}, Command{"as"}, Command{"as", "100000000"}, Command{"as", "", "/bin/true"},
          Command{"as", "12x", "/bin/true"}, Command{"as", "99999999999999999999", "/bin/true"},
          Command{"bound", "1", "/bin/true"}, Command{"speed", "1", "/bin/true"},
          Command{"as", "1000000000", "/no/such/program"},
          Command{"cgroup", "/no/such/file", "/bin/true"}}) {
        Command command = {kLauncher, stress::kLaunch};
        command.insert(command.end(), arguments.begin(), arguments.end());
        const stress::Outcome outcome = run(command);
        EXPECT_EQ(outcome.exit_code, 127) << stress::shell_line(command);
        EXPECT_EQ(outcome.output.find("launch: "), 0u) << outcome.output;
    }
}

TEST(Limit, NamesAreReadAsTheyAreWritten) {
    for (const auto kind : {LimitKind::as, LimitKind::data, LimitKind::bound, LimitKind::cgroup}) {
        EXPECT_EQ(stress::limit_named(stress::limit_name(kind)), kind);
    }
    EXPECT_FALSE(stress::limit_named("ass"));
    EXPECT_FALSE(stress::limit_named(""));
}

}  // namespace
