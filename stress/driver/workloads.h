// The workloads of `make stress`: commands that must end as stated and, but for what is
// particular to a memory system, print the same. Each room of stress/ has a list (lists.h).
//
// WORKLOADS-NAME   room and name together are given once in a round
// WORKLOADS-ORDER  the first workloads of a round are one of each room, the next ones likewise: so
//                  a run that is cut short has touched every room
// WORKLOADS-SEED   the same arguments give the same round; in the brief plan each seed begins the
//                  rooms' lists at another place
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stress {

enum class Plan : uint8_t {
    brief,  // `make stress`: a few seconds for each workload, so that 60 s touch all rooms
    full    // a night: every size, every limit
};

// Wall time of a workload that says nothing of its own. One that takes longer hangs. A brief one
// costs at most 5 s alone, and a hang must be found within the 60 s of the short form.
inline constexpr double kBriefSecondsMax = 40;
inline constexpr double kFullSecondsMax = 1800;

struct Workload {
    std::string room;  // of stress/; workloads() writes it
    std::string name;
    std::vector<std::vector<std::string>> commands;
    int exit_code = 0;                     // of each command
    bool results_only = false;             // compare the lines that begin with "result" only
    bool alone = false;                    // it measures time: nothing else runs beside it
    std::vector<std::string> environment;  // "NAME=VALUE", of each command
    double seconds_max = 0;                // of all commands together; 0: as the plan says
};

struct Places {
    std::string programs;                   // directory of fox-library, ...
    std::string corpus = "corpora/fox";     // directory with accepted/ and rejected/
    std::string traces = "corpora/traces";  // recorded ones
};

// Names of the rooms, in the order of a round.
[[nodiscard]] std::vector<std::string> rooms();

// One round. Seeds in the names and in the commands.
[[nodiscard]] std::vector<Workload> workloads(const Places& places, uint64_t seed, Plan plan);

}  // namespace stress
