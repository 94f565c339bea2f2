// collector-library, collector-reference, collector-malloc: the classics of collector testing on
// one memory system. The line "result ..." is the same whatever the system below.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "stress/collector/workloads.h"
#include "stress/programs/setup_options.h"

namespace {

using stress::Exit;

constexpr int kExitBroken = 1;

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

double milliseconds(uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e6;
}

void add_pauses(std::string* text, const char* name, const MorphPauses& pauses) {
    stress::append(
        text, "%-6s %8llu collections, %9.2f ms in all, p50 %7.3f p99 %7.3f max %7.3f ms\n", name,
        number(pauses.count), milliseconds(pauses.total_ns), milliseconds(pauses.p50_ns),
        milliseconds(pauses.p99_ns), milliseconds(pauses.max_ns));
}

void add_generations(std::string* text, const collector::Report& report) {
    const MorphHeapStats& stats = report.stats;
    stress::append(text,
                   "promoted %llu objects, %llu of them early; remembered %llu, %llu overflows; "
                   "%llu promotions refused\n",
                   number(stats.objects_promoted), number(stats.objects_promoted_early),
                   number(stats.logged), number(stats.remembered_overflows),
                   number(stats.promotions_refused));
    if (report.verifications != 0) {
        stress::append(text, "verified %llu times between allocations\n",
                       number(report.verifications));
    }
    *text += report.told;
    if (report.taken != 0) {
        stress::append(text, "footprint: at most %llu %% of what the load states\n",
                       number(report.taken));
    }
}

std::string help() {
    std::string text =
        "Run one of the classics of collector testing, with checks, on the memory system this "
        "program is linked with.\n"
        "Exit status: 0 good, 1 broken, 2 usage, 3 out of memory (cleanly).\n";
    for (const collector::Description& one : collector::workloads()) {
        text += "  " + std::string(one.name) + ": --size is " + one.size + " (" +
                std::to_string(one.classic) + ")\n";
    }
    return text;
}

int run_one(const collector::Settings& settings, std::string* output) {
    const auto start = std::chrono::steady_clock::now();
    const collector::Report report = collector::run(settings);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const char* name = settings.name.c_str();
    if (report.refused_configuration) {
        std::fprintf(stderr, "%s: %s\n", name, report.wrong.c_str());
        return Exit::usage;
    }
    if (!report.wrong.empty()) {
        std::fprintf(stderr, "%s: %s\n", name, report.wrong.c_str());
        return kExitBroken;
    }
    if (report.out_of_memory) {
        std::fprintf(stderr, "%s: out of memory, cleanly\n", name);
        return Exit::out_of_memory;
    }
    const MorphHeapStats& stats = report.stats;
    stress::append(output, "%s: %.3f s, %llu objects, peak live %.2f MiB, peak mapped %.2f MiB\n",
                   name, seconds.count(), number(stats.counts.allocations),
                   static_cast<double>(stats.bytes_live_peak) / 1048576.0,
                   static_cast<double>(stats.bytes_mapped_peak) / 1048576.0);
    add_pauses(output, "minor", stats.minor);
    add_pauses(output, "major", stats.major);
    add_generations(output, report);
    stress::append(output, "result %s %llu objects %llu\n", name, number(report.result),
                   number(stats.counts.allocations));
    return Exit::good;
}

stress::Attempt run_all(collector::Settings settings, const std::vector<std::string>& names,
                        const stress::Setup& setup) {
    settings.setup = setup;
    stress::Attempt attempt;
    for (const std::string& name : names) {
        settings.name = name;
        const int code = run_one(settings, &attempt.output);
        // Broken is worse than out of memory, whatever the numbers.
        if (attempt.code != kExitBroken && code != Exit::good) attempt.code = code;
    }
    return attempt;
}

}  // namespace

int main(int argc, char** argv) {
    stress::take_stack();
    collector::Settings settings;
    CLI::App app{help()};
    std::vector<std::string> names;
    app.add_option("NAME", names, "workloads (default: all)");
    app.add_option("--size", settings.size, "of one workload, see above; 0: the classic one");
    app.add_option("--seed", settings.seed, "of the random choices");
    app.add_option("--verify-every", settings.verify_every,
                   "verify the heap before every N-th allocation, beside what a workload does");
    CLI::Option* judge =
        app.add_flag("--judge", settings.judge, "footprints must be within what the loads state");
    app.add_flag("--squeeze", settings.squeeze,
                 "barrier-storm: the system refuses memory during half of the rounds");
    app.add_flag("--v1", settings.setup.v1, "on the V1 baseline, which states no footprint")
        ->excludes(judge);
    stress::add_options(app, &settings.setup);
    judge->excludes("--debug");  // objects are larger there
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : Exit::usage;
    }
    if (names.empty()) {
        for (const collector::Description& one : collector::workloads()) names.push_back(one.name);
    }
    for (const std::string& name : names) {
        const collector::Description* found = collector::find_workload(name);
        const bool sized = settings.size != 0;
        if (found == nullptr || (sized && names.size() > 1) ||
            (sized && (settings.size < found->least || settings.size > found->most))) {
            std::fprintf(stderr, "%s: no such workload, or a size that it does not have\n",
                         name.c_str());
            return Exit::usage;
        }
    }
    return stress::run_attempts(settings.setup, [&](const stress::Setup& setup) {
        return run_all(settings, names, setup);
    });
}
