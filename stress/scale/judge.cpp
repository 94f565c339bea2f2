#include "stress/scale/judge.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace scale {

namespace {

std::vector<const Cell*> measured(const Series& series) {
    std::vector<const Cell*> cells;
    for (const Cell& cell : series.cells) {
        if (cell.ending == Ending::good && !cell.runs.empty()) cells.push_back(&cell);
    }
    return cells;
}

// Weights 1 / y^2, so that a size counts by its relative error.
Fit fit_memory(const std::vector<const Cell*>& cells) {
    double w = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (const Cell* cell : cells) {
        const auto lines = static_cast<double>(cell->lines);
        const auto bytes = static_cast<double>(mapped_peak(*cell));
        const double weight = bytes > 0 ? 1 / (bytes * bytes) : 0;
        w += weight;
        x += weight * lines;
        y += weight * bytes;
        xx += weight * lines * lines;
        xy += weight * lines * bytes;
    }
    Fit fit;
    const double determinant = w * xx - x * x;
    if (cells.size() < 2 || !(determinant > 0)) return fit;
    fit.slope = (w * xy - x * y) / determinant;
    fit.constant = (y - fit.slope * x) / w;
    for (const Cell* cell : cells) {
        const auto bytes = static_cast<double>(mapped_peak(*cell));
        const double told = fit.constant + fit.slope * static_cast<double>(cell->lines);
        fit.deviation = std::max(fit.deviation, std::abs(told - bytes) / bytes);
    }
    return fit;
}

// What rises most: a size, and the smaller one that it is compared with.
struct Rise {
    double ratio = 0;
    const Cell* from = nullptr;
    const Cell* to = nullptr;
};

// cells: ascending, two at least. Nothing at all for a size is a program that does not tell.
template <typename PerLine>
Rise steepest(const std::vector<const Cell*>& cells, PerLine per_line_of) {
    Rise rise;
    const Cell* least = cells.front();
    for (const Cell* cell : cells) {
        const double base = per_line_of(*least);
        const double here = per_line_of(*cell);
        const bool told = base > 0 && here > 0;
        const double ratio = told ? here / base : HUGE_VAL;
        if ((cell != cells.front() || !told) && ratio > rise.ratio) rise = {ratio, least, cell};
        if (here < base) least = cell;
    }
    return rise;
}

void expect(const char* id, const Rise& rise, double bound, Verdict* verdict) {
    if (rise.ratio <= bound) return;
    char text[160];
    std::snprintf(text, sizeof text, "%s: %.2f x from %llu to %llu lines, more than %.2f", id,
                  rise.ratio, static_cast<unsigned long long>(rise.from->lines),
                  static_cast<unsigned long long>(rise.to->lines), bound);
    verdict->failures.push_back(text);
}

}  // namespace

double least_seconds(const Cell& cell) {
    double least = HUGE_VAL;
    for (const Figures& run : cell.runs) least = std::min(least, run.cpu_seconds);
    return cell.runs.empty() ? 0 : least;
}

double median_seconds(const Cell& cell) {
    std::vector<double> seconds;
    for (const Figures& run : cell.runs) seconds.push_back(run.cpu_seconds);
    if (seconds.empty()) return 0;
    const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    if (seconds.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(seconds.begin(), middle)) / 2;
}

uint64_t mapped_peak(const Cell& cell) {
    uint64_t most = 0;
    for (const Figures& run : cell.runs) most = std::max(most, run.mapped_peak);
    return most;
}

uint64_t resident_peak(const Cell& cell) {
    uint64_t most = 0;
    for (const Figures& run : cell.runs) most = std::max(most, run.resident_peak);
    return most;
}

Verdict judge(const Series& series) {
    Verdict verdict;
    for (const Cell& cell : series.cells) {
        if (cell.ending != Ending::failed) continue;
        verdict.failures.push_back("SCALE-ENDS: " + std::to_string(cell.lines) +
                                   " lines: " + cell.text);
    }
    std::vector<const Cell*> cells = measured(series);
    std::sort(cells.begin(), cells.end(),
              [](const Cell* left, const Cell* right) { return left->lines < right->lines; });
    if (cells.size() < 2) return verdict;
    const auto bytes = [](const Cell& cell) {
        return static_cast<double>(mapped_peak(cell)) / static_cast<double>(cell.lines);
    };
    const auto seconds = [](const Cell& cell) {
        return least_seconds(cell) / static_cast<double>(cell.lines);
    };
    const Rise memory = steepest(cells, bytes);
    const Rise time = steepest(cells, seconds);
    const Rise last = steepest({cells[cells.size() - 2], cells.back()}, seconds);
    verdict.fit = fit_memory(cells);
    verdict.memory_ratio = memory.ratio;
    verdict.time_ratio = time.ratio;
    verdict.last_ratio = last.ratio;
    expect("SCALE-MEMORY", memory, series.bounds.memory, &verdict);
    expect("SCALE-TIME", time, series.bounds.time, &verdict);
    expect("SCALE-LAST", last, series.bounds.last, &verdict);
    return verdict;
}

}  // namespace scale
