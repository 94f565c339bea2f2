// scale: the front end and the profile from 10,000 lines on, to a million and more, in both modes:
// is memory linear, is time per line flat? Last line: "scale: C cells, F failures".
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>

#include "stress/pressure/attempts.h"
#include "stress/scale/report.h"
#include "stress/scale/run.h"

namespace {

using stress::Exit;

// Children that take more than was expected of them must fail, not swap.
void limit_children(uint64_t memory_max) {
    const uint64_t left = scale::memory_available();
    const uint64_t most = memory_max != 0 ? memory_max : left;
    rlimit limit = {};
    if (most == 0 || getrlimit(RLIMIT_DATA, &limit) != 0) return;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= most) return;
    limit.rlim_cur = most;
    (void)setrlimit(RLIMIT_DATA, &limit);  // else cells are limited by what was expected alone
}

}  // namespace

int main(int argc, char** argv) {
    scale::Settings settings;
    std::string json;
    std::error_code error;
    settings.programs =
        std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
    CLI::App app{
        "Run the front end and the profile at growing sizes; judge memory and time per line.\n"
        "Exit status: 0 good, 1 something is not linear or failed, 2 usage."};
    app.add_option("--works", settings.works, "fox, profile (default: both)")->delimiter(',');
    app.add_option("--modes", settings.modes, "compiler, runtime (default: both)")->delimiter(',');
    app.add_option("--lines", settings.lines, "sizes, instead of the usual ones")
        ->delimiter(',')
        ->check(CLI::Range(uint64_t{1}, uint64_t{2000000}));
    app.add_option("--max-lines", settings.lines_max, "leave out larger sizes");
    app.add_option("--repeat", settings.repeat, "runs of each size; the least time counts")
        ->check(CLI::Range(1u, 1000u));
    app.add_option("--seed", settings.seed, "of the sources and of the order of objects");
    app.add_option("--memory-max", settings.memory_max,
                   "bytes that a run may take; others are skipped (default: what is available)");
    app.add_option("--seconds-max", settings.seconds_max, "wall time of a run");
    app.add_option("--time-ratio", settings.time_ratio, "bound, instead of the stated ones");
    app.add_option("--last-ratio", settings.last_ratio, "bound, instead of the stated ones");
    app.add_option("--memory-ratio", settings.memory_ratio, "bound, instead of the stated ones");
    app.add_option("--programs", settings.programs, "directory of fox-library, profile-library");
    app.add_option("--json", json, "write the report there");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? 0 : Exit::usage;
    }
    std::vector<scale::Series> all = scale::plan(settings);
    if (all.empty()) {
        std::fprintf(stderr, "no such workload, mode or size\n");
        return Exit::usage;
    }
    std::printf("seed %llu, %u runs of each size\n", static_cast<unsigned long long>(settings.seed),
                settings.repeat);
    limit_children(settings.memory_max);
    scale::run(settings, &all,
               [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); });
    std::printf("%s", scale::describe(all).c_str());
    if (!json.empty()) {
        std::ofstream stream(json, std::ios::binary);
        stream << scale::to_json(all);
        if (!stream.flush()) {
            std::fprintf(stderr, "%s: cannot be written\n", json.c_str());
            return Exit::usage;
        }
    }
    const scale::Totals totals = scale::totals(all);
    if (totals.skipped != 0) std::printf("%u cells skipped\n", totals.skipped);
    // A run in which nothing could be judged has shown nothing.
    const unsigned failures = totals.failures + (totals.cells == 0 ? 1 : 0);
    std::printf("result scale %s\n", failures == 0 ? "good" : "FAILED");
    std::printf("scale: %u cells, %u failures\n", totals.cells, failures);
    return failures == 0 ? 0 : 1;
}
