// collector-library, collector-reference, collector-malloc: the classics of collector testing on
// one memory system. The line "result ..." is the same whatever the system below.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "stress/collector/workloads.h"
#include "stress/programs/setup_options.h"

namespace {

constexpr int kExitBroken = 1;
constexpr int kExitUsage = 2;
constexpr int kExitOutOfMemory = 3;

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

double milliseconds(uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e6;
}

void print_pauses(const char* name, const MorphPauses& pauses) {
    std::printf("%-6s %8llu collections, %9.2f ms in all, p50 %7.3f p99 %7.3f max %7.3f ms\n", name,
                number(pauses.count), milliseconds(pauses.total_ns), milliseconds(pauses.p50_ns),
                milliseconds(pauses.p99_ns), milliseconds(pauses.max_ns));
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

int run_one(const collector::Settings& settings) {
    const auto start = std::chrono::steady_clock::now();
    const collector::Report report = collector::run(settings);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const char* name = settings.name.c_str();
    if (!report.wrong.empty()) {
        std::fprintf(stderr, "%s: %s\n", name, report.wrong.c_str());
        return kExitBroken;
    }
    if (report.out_of_memory) {
        std::fprintf(stderr, "%s: out of memory, cleanly\n", name);
        return kExitOutOfMemory;
    }
    const MorphHeapStats& stats = report.stats;
    std::printf("%s: %.3f s, %llu objects, peak live %.2f MiB, peak mapped %.2f MiB\n", name,
                seconds.count(), number(stats.counts.allocations),
                static_cast<double>(stats.bytes_live_peak) / 1048576.0,
                static_cast<double>(stats.bytes_mapped_peak) / 1048576.0);
    print_pauses("minor", stats.minor);
    print_pauses("major", stats.major);
    std::printf("result %s %llu objects %llu\n", name, number(report.result),
                number(stats.counts.allocations));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    collector::Settings settings;
    CLI::App app{help()};
    std::vector<std::string> names;
    app.add_option("NAME", names, "workloads (default: all)");
    app.add_option("--size", settings.size, "of one workload, see above; 0: the classic one");
    app.add_option("--seed", settings.seed, "of the random choices");
    stress::add_options(app, &settings.setup);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kExitUsage;
    }
    if (names.empty()) {
        for (const collector::Description& one : collector::workloads()) names.push_back(one.name);
    }
    int worst = 0;
    for (const std::string& name : names) {
        const collector::Description* found = collector::find_workload(name);
        const bool sized = settings.size != 0;
        if (found == nullptr || (sized && names.size() > 1) ||
            (sized && (settings.size < found->least || settings.size > found->most))) {
            std::fprintf(stderr, "%s: no such workload, or a size that it does not have\n",
                         name.c_str());
            return kExitUsage;
        }
        settings.name = name;
        worst = std::max(worst, run_one(settings));
    }
    return worst;
}
