// A child process: run to its end or to a deadline, its output collected.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace stress {

struct Outcome {
    int exit_code = -1;    // 128 + signal when one ended it; 127 when it could not be run
    bool stopped = false;  // by us, at the deadline
    std::string output;    // standard output and standard error as they came
};

// command[0] is a path. Blocks until the child has ended.
[[nodiscard]] Outcome run_child(const std::vector<std::string>& command,
                                std::chrono::steady_clock::time_point deadline);

// The command as a shell would take it.
[[nodiscard]] std::string shell_line(const std::vector<std::string>& command);

}  // namespace stress
