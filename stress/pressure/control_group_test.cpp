// The files of control groups, in a directory that looks like their file system.
#include "stress/pressure/control_group.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "stress/driver/child.h"
#include "stress/pressure/limit.h"

namespace {

using stress::Command;
using stress::LimitKind;

const std::string kLauncher = std::string(MORPH_RELEASED) + "/pressure";

stress::Outcome run(const Command& command) {
    return stress::run_child(command, std::chrono::steady_clock::now() + std::chrono::seconds(30));
}

// A directory that looks like one of a control group file system.
class FakeGroups : public testing::Test {
 protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "morph-groups-XXXXXX").string();
        root_ = mkdtemp(pattern.data());
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    void write(const std::string& name, const std::string& text) {
        std::ofstream(root_ + "/" + name) << text;
    }
    [[nodiscard]] static std::string read(const std::string& path) {
        std::ifstream stream(path);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    // The kernel's files go with a group; those of a directory do not.
    static void empty(const std::string& group) {
        for (const auto& entry : std::filesystem::directory_iterator(group)) {
            std::filesystem::remove(entry.path());
        }
    }

    std::string root_;
    std::string reason_;
};

TEST_F(FakeGroups, V2IsLimitedByMemoryMaxWithoutSwap) {
    write("cgroup.controllers", "cpu memory io\n");
    write("cgroup.subtree_control", "");
    std::string path;
    {
        const auto group = stress::ControlGroup::make(root_, &reason_);
        ASSERT_NE(group, nullptr) << reason_;
        path = group->path();
        EXPECT_TRUE(group->is_v2());
        EXPECT_EQ(std::filesystem::path(path).parent_path(), root_);
        EXPECT_EQ(read(root_ + "/cgroup.subtree_control"), "+memory") << "handed down";
        EXPECT_TRUE(group->set_limit(64 << 20));
        EXPECT_EQ(read(path + "/memory.max"), "67108864");
        EXPECT_EQ(read(path + "/memory.swap.max"), "0");
        EXPECT_EQ(group->kills(), 0u);
        std::ofstream(path + "/memory.events") << "low 0\nhigh 5\nmax 9\noom 2\noom_kill 3\n";
        EXPECT_EQ(group->kills(), 3u);
        empty(path);
    }
    EXPECT_FALSE(std::filesystem::exists(path)) << "removed";
}

TEST_F(FakeGroups, V1IsLimitedByLimitInBytesWithAndWithoutSwap) {
    write("memory.limit_in_bytes", "9223372036854771712\n");
    std::string path;
    {
        const auto group = stress::ControlGroup::make(root_, &reason_);
        ASSERT_NE(group, nullptr) << reason_;
        path = group->path();
        EXPECT_FALSE(group->is_v2());
        EXPECT_TRUE(group->set_limit(1 << 20));
        EXPECT_EQ(read(path + "/memory.limit_in_bytes"), "1048576");
        EXPECT_EQ(read(path + "/memory.memsw.limit_in_bytes"), "1048576");
        std::ofstream(path + "/memory.oom_control")
            << "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";
        EXPECT_EQ(group->kills(), 1u);
        empty(path);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(FakeGroups, ADirectoryWithoutMemoryControllerSaysWhy) {
    EXPECT_EQ(stress::ControlGroup::make(root_, &reason_), nullptr);
    EXPECT_NE(reason_.find("memory controller"), std::string::npos) << reason_;
    write("cgroup.controllers", "cpu memory_ext io\n");
    reason_.clear();
    EXPECT_EQ(stress::ControlGroup::make(root_, &reason_), nullptr);
    EXPECT_NE(reason_.find("no memory controller"), std::string::npos) << reason_;
    EXPECT_EQ(stress::ControlGroup::make(root_ + "/none", &reason_), nullptr);
}

TEST_F(FakeGroups, ALauncherWritesItselfIntoTheGroupBeforeTheCommandRuns) {
    write("cgroup.procs", "");
    const stress::Outcome outcome = run(stress::launched(
        kLauncher, LimitKind::cgroup, root_ + "/cgroup.procs", {"/bin/sh", "-c", "echo $$"}));
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(read(root_ + "/cgroup.procs"), outcome.output) << "its own number";
}

TEST_F(FakeGroups, WhatIsLeftInAGroupIsKilledWhenItGoes) {
    write("memory.limit_in_bytes", "0");
    const pid_t child = fork();
    if (child == 0) {
        (void)sleep(60);
        _exit(0);
    }
    {
        const auto group = stress::ControlGroup::make(root_, &reason_);
        ASSERT_NE(group, nullptr);
        std::ofstream(group->processes()) << child << "\n" << getpid() << "\n";
        // The fake one is busy until its files are gone.
        std::thread keeper([path = group->path()] {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            empty(path);
        });
        keeper.detach();
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(ControlGroup, WithoutAGivenDirectoryTheRunIsSkippedAndSaysSo) {
    const stress::Outcome outcome =
        run({kLauncher, "--limit", "cgroup", "--", "/bin/echo", "result 1"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_NE(outcome.output.find("skipped: no --group"), std::string::npos) << outcome.output;
    const stress::Outcome other =
        run({kLauncher, "--limit", "cgroup", "--group", "/proc", "--", "/bin/echo", "result 1"});
    EXPECT_EQ(other.exit_code, 0);
    EXPECT_NE(other.output.find("skipped: /proc is no control group"), std::string::npos);
}

}  // namespace
