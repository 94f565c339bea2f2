// The judgement: do a workload's memory and time grow with its input, and no faster?
//
//   memory per line              time per line
//   |  x                         |            x    x      x      constants weigh on small sizes,
//   |     x  x    x      x       |  x  x  x                      so that a fall is good; a rise
//   +-------------------- lines  +-------------------- lines     must end
//
// SCALE-ENDS    every size ends with exit status 0, and tells its figures
// SCALE-MEMORY  mapped memory per line: that of every size over the least of any smaller size is
//               bounded
// SCALE-TIME    CPU time per line, the least of the runs (neighbours only add to it): likewise
// SCALE-LAST    CPU time per line of the largest size over that of the next smaller one is bounded,
//               and more tightly: whatever rose on the way is flat in the end
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stress/scale/figures.h"

namespace scale {

enum class Ending : uint8_t { good, skipped, failed };

// One size of one workload in one mode.
struct Cell {
    uint64_t lines = 0;
    Ending ending = Ending::good;
    std::string text = {};           // why it was skipped, or how it failed
    std::vector<Figures> runs = {};  // of those that ended well
};

struct Bounds {  // ratios
    double memory = 1.25;
    double time = 1.25;
    double last = 1.25;
};

// All sizes of a workload in a mode, by number of lines.
struct Series {
    std::string work;
    std::string mode;
    Bounds bounds;
    std::vector<Cell> cells;
};

// Least squares of relative errors: mapped = constant + slope * lines.
struct Fit {
    double constant = 0;
    double slope = 0;
    double deviation = 0;  // the largest, as a share of what was measured
};

struct Verdict {
    double memory_ratio = 0;  // 0: fewer than two sizes
    double time_ratio = 0;
    double last_ratio = 0;
    Fit fit;
    std::vector<std::string> failures;  // each begins with an id
};

// Of the runs of a cell: the least time, the median one; the largest memory.
[[nodiscard]] double least_seconds(const Cell& cell);
[[nodiscard]] double median_seconds(const Cell& cell);
[[nodiscard]] uint64_t mapped_peak(const Cell& cell);
[[nodiscard]] uint64_t resident_peak(const Cell& cell);

[[nodiscard]] Verdict judge(const Series& series);

}  // namespace scale
