// The workloads of `make stress`: commands that must end as stated and, but for what is
// particular to a memory system, print the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace stress {

struct Workload {
    std::string name;
    std::vector<std::vector<std::string>> commands;
    int exit_code = 0;          // of each command
    bool results_only = false;  // compare the lines that begin with "result" only
};

struct Places {
    std::string programs;  // directory of fox-library, ...
    std::string corpus;    // directory with accepted/ and rejected/
};

// One round, the cheap ones first. Seeds in the names and in the commands.
[[nodiscard]] std::vector<Workload> workloads(const Places& places, uint64_t seed);

enum class Verdict : uint8_t { good, failed, out_of_time };

struct Judgement {
    Verdict verdict;
    std::string text;  // of a failure: what was expected, what was seen, the command
};

[[nodiscard]] Judgement judge(const Workload& workload,
                              std::chrono::steady_clock::time_point deadline);

}  // namespace stress
