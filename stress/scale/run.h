// Running the cells: each in a child process, as a user would start it, small sizes first.
//
// SCALE-FITS  a cell that would not fit in memory, by what the sizes before it took, is skipped,
//             and said to be; the machine never swaps for it
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "stress/scale/judge.h"

namespace scale {

struct Settings {
    std::string programs;  // directory of fox-library and profile-library
    std::vector<std::string> works = {"fox", "profile"};
    std::vector<std::string> modes = {"compiler", "runtime"};
    std::vector<uint64_t> lines = {};  // empty: those of each workload
    uint64_t lines_max = 0;            // larger ones are left out; 0: none
    uint64_t seed = 1;
    unsigned repeat = 3;       // runs of each cell
    uint64_t memory_max = 0;   // bytes; 0: nine tenths of what the machine has left
    double seconds_max = 600;  // wall time of a run
    double time_ratio = 0;     // instead of the bounds of the series; 0: these
    double last_ratio = 0;
    double memory_ratio = 0;
};

// The series with their cells, nothing run yet. Empty: no workload or mode of that name.
[[nodiscard]] std::vector<Series> plan(const Settings& settings);

[[nodiscard]] std::vector<std::string> command_of(const Settings& settings, const Series& series,
                                                  const Cell& cell);

// Runs all cells; note(text) is told of each run as it ends.
void run(const Settings& settings, std::vector<Series>* all,
         const std::function<void(const std::string&)>& note);

// Bytes of memory that can be taken without swapping; 0 where the system does not tell.
[[nodiscard]] uint64_t memory_available();

}  // namespace scale
