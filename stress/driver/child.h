// A child process: run to its end or to a deadline, its output collected.
//
// CHILD-GROUP  a child leads a process group of its own; when it has ended, or is stopped, every
//              process of the group is killed, so that children of children do not outlive it
// CHILD-ORPHAN the child is killed when the thread that waits for it dies, whatever the reason
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace stress {

struct Outcome {
    int exit_code = -1;    // 128 + signal when one ended it; 127 when it could not be run
    bool stopped = false;  // by us, at the deadline or when told to
    bool told = false;     // ... when told to
    std::string output;    // standard output and standard error as they came
};

struct ChildOptions {
    std::vector<std::string> environment = {};  // "NAME=VALUE": added to ours, or instead of them
    int stop = -1;  // a descriptor: the child is stopped as soon as it can be read from
};

// command[0] is a path. Blocks until the child has ended.
[[nodiscard]] Outcome run_child(const std::vector<std::string>& command,
                                std::chrono::steady_clock::time_point deadline,
                                const ChildOptions& options = {});

// The command as a shell takes it.
[[nodiscard]] std::string shell_line(const std::vector<std::string>& command,
                                     const std::vector<std::string>& environment = {});

// Kills every process that descends from this one, also those that left their group (which come to
// us when their parents die, if adopt_orphans() was called). For the end of a program.
void kill_descendants();
void adopt_orphans();

}  // namespace stress
