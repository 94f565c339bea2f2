#include "stress/scale/run.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "stress/driver/child.h"

namespace scale {

namespace {

struct Work {
    const char* name;
    const char* size_option;
    std::vector<uint64_t> lines;
    double bytes_per_line[2];  // of the process, to begin with: COMPILER and RUNTIME mode
    Bounds bounds[2];
};

const std::vector<Work>& works() {
    // Bounds and how they came about: docs/scale.md.
    static const std::vector<Work> all = {
        {"fox",
         "--generate",
         {10000, 50000, 100000, 200000, 500000, 1000000, 2000000},
         {2000, 4000},
         {{1.25, 1.25, 1.25}, {1.25, 2.5, 1.25}}},
        {"profile",
         "--lines",
         {10000, 50000, 100000, 250000, 500000, 1000000},
         {6000, 16000},
         {{1.25, 1.25, 1.25}, {1.25, 2.5, 1.25}}},
    };
    return all;
}

const Work* find_work(const std::string& name) {
    for (const Work& work : works()) {
        if (work.name == name) return &work;
    }
    return nullptr;
}

size_t mode_index(const std::string& mode) {
    return mode == "runtime" ? 1 : 0;
}

// What a larger size may take beyond what the last one did for each line.
constexpr double kSlack = 1.3;

std::string in_mebibytes(double bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f MiB", bytes / 1048576.0);
    return text;
}

std::string last_line(const std::string& output) {
    const size_t end = output.find_last_not_of('\n');
    if (end == std::string::npos) return "(no output)";
    const size_t begin = output.rfind('\n', end);
    return output.substr(begin == std::string::npos ? 0 : begin + 1,
                         end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

void run_cell(const Settings& settings, const Series& series, Cell* cell) {
    const std::vector<std::string> command = command_of(settings, series, *cell);
    const auto deadline = std::chrono::steady_clock::now() +
                          std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                              std::chrono::duration<double>(settings.seconds_max));
    const stress::Outcome outcome = stress::run_child(command, deadline);
    const std::optional<Figures> figures = find_figures(outcome.output);
    if (!outcome.stopped && outcome.exit_code == 0 && figures.has_value()) {
        cell->runs.push_back(*figures);
        return;
    }
    cell->ending = Ending::failed;
    if (outcome.stopped) {
        cell->text = "not done after " + std::to_string(settings.seconds_max) + " s";
    } else if (outcome.exit_code != 0) {
        cell->text =
            "exit status " + std::to_string(outcome.exit_code) + ", " + last_line(outcome.output);
    } else {
        cell->text = "no line of figures";
    }
    cell->text += "\n    " + stress::shell_line(command);
}

double expected_bytes(const Series& series, const Cell& cell) {
    double per_line = find_work(series.work)->bytes_per_line[mode_index(series.mode)];
    for (const Cell& smaller : series.cells) {
        if (smaller.lines >= cell.lines || smaller.runs.empty()) continue;
        per_line = kSlack * static_cast<double>(resident_peak(smaller)) /
                   static_cast<double>(smaller.lines);
    }
    return per_line * static_cast<double>(cell.lines);
}

// Before each run: a neighbour may have taken memory since the last one.
bool fits(const Settings& settings, const Series& series, Cell* cell) {
    const uint64_t left = memory_available();
    auto budget = static_cast<double>(left) * 0.9;
    if (settings.memory_max != 0) {
        const auto most = static_cast<double>(settings.memory_max);
        budget = left == 0 ? most : std::min(budget, most);
    } else if (left == 0) {
        return true;
    }
    const double wanted = expected_bytes(series, *cell);
    if (wanted <= budget) return true;
    cell->ending = Ending::skipped;
    cell->text = "would take " + in_mebibytes(wanted) + ", there are " + in_mebibytes(budget);
    return false;
}

}  // namespace

uint64_t memory_available() {
    std::ifstream stream("/proc/meminfo");
    std::string line;
    while (std::getline(stream, line)) {
        unsigned long long kilobytes = 0;
        if (std::sscanf(line.c_str(), "MemAvailable: %llu kB", &kilobytes) == 1) {
            return uint64_t{kilobytes} * 1024;
        }
    }
    return 0;
}

std::vector<Series> plan(const Settings& settings) {
    std::vector<Series> all;
    for (const std::string& name : settings.works) {
        const Work* work = find_work(name);
        if (work == nullptr) return {};
        for (const std::string& mode : settings.modes) {
            if (mode != "compiler" && mode != "runtime") return {};
            Series series = {name, mode, work->bounds[mode_index(mode)], {}};
            if (settings.time_ratio > 0) series.bounds.time = settings.time_ratio;
            if (settings.last_ratio > 0) series.bounds.last = settings.last_ratio;
            if (settings.memory_ratio > 0) series.bounds.memory = settings.memory_ratio;
            std::vector<uint64_t> sizes = settings.lines.empty() ? work->lines : settings.lines;
            std::sort(sizes.begin(), sizes.end());
            sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
            for (const uint64_t lines : sizes) {
                if (settings.lines_max != 0 && lines > settings.lines_max) continue;
                series.cells.push_back(Cell{lines});
            }
            if (!series.cells.empty()) all.push_back(std::move(series));
        }
    }
    return all;
}

std::vector<std::string> command_of(const Settings& settings, const Series& series,
                                    const Cell& cell) {
    return {settings.programs + '/' + series.work + "-library",
            find_work(series.work)->size_option,
            std::to_string(cell.lines),
            "--seed",
            std::to_string(settings.seed),
            "--mode",
            series.mode,
            "--figures"};
}

// Round after round, so that a noisy moment falls on one run of each size, not on one size.
void run(const Settings& settings, std::vector<Series>* all,
         const std::function<void(const std::string&)>& note) {
    for (Series& series : *all) {
        for (unsigned round = 0; round < settings.repeat; ++round) {
            for (Cell& cell : series.cells) {
                if (cell.ending != Ending::good || !fits(settings, series, &cell)) continue;
                run_cell(settings, series, &cell);
                if (!note) continue;
                std::string text = series.work + ' ' + series.mode + ' ' +
                                   std::to_string(cell.lines) + " lines, run " +
                                   std::to_string(round + 1) + ": ";
                if (cell.ending == Ending::good) {
                    char seconds[32];
                    std::snprintf(seconds, sizeof seconds, "%.3f s", cell.runs.back().cpu_seconds);
                    text += seconds;
                } else {
                    text += cell.text;
                }
                note(text);
            }
        }
    }
}

}  // namespace scale
