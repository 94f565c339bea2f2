// compare-<memory>[-sampled]: one cell of the comparison in each run, its figures as JSON.
//
//   compare-library --system v2-compiler --workload profile --lines 1000 --samples 5
//   {"sample":{"seconds":0.0031,...}}                          one line each, as they are ready
//   {"timeline":[...]}                                         with --timeline
//   {"error":"...","status":"out of memory"}                   what ended it, if anything did
//
// Each sample is a life in a process of its own (life.h, apart.h). Exit status: 0 finished, 1 wrong
// result or a life that failed, 2 usage, 3 out of memory, 4 time limit.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "bench/compare/apart.h"
#include "bench/compare/life.h"
#include "bench/compare/sampler.h"
#include "bench/compare/source.h"
#include "stress/generate/generator.h"

namespace {

constexpr int kExitUsage = 2;
// Enough that a share is known within 2 points, 95 times in 100.
constexpr uint64_t kTicksWanted = 2500;
constexpr int kLivesMax = 400;

struct Options {
    compare::Plan plan;
    std::string workload = "profile";
    std::string sources = "corpora/fox/accepted";
    uint64_t samples = 1;
    double time_limit = 0;
    bool timeline = false;
    bool allocating = false;
};

int status_of(compare::Status status) {
    switch (status) {
        case compare::Status::finished:
            return 0;
        case compare::Status::failed:
            return 1;
        case compare::Status::out_of_memory:
            return 3;
        case compare::Status::time_limit:
            return 4;
    }
    return 1;
}

// What keeps this program from measuring what was asked for; empty: nothing.
std::string check(const Options& options) {
    const auto names = compare::system_names();
    if (std::find(names.begin(), names.end(), options.plan.system.name) == names.end()) {
        std::string text = "--system: this program knows";
        for (const std::string_view name : names) text += ' ' + std::string(name);
        return text;
    }
    const std::string why = compare::why_not(options.plan.system.name);
    if (!why.empty()) return why;
    if (options.plan.system.threshold != 0 && !options.plan.system.name.starts_with("v1")) {
        return "--threshold: of v1 alone";
    }
    if (!(options.time_limit >= 0)) return "--time-limit: not a number";
    const bool profile = options.workload == "profile";
    if (options.timeline && !profile) return "--timeline: of --workload profile alone";
    if (options.allocating && !profile && !compare::can_sample()) {
        return "--allocating: for this workload run the program whose name ends in -sampled";
    }
    return "";
}

class Cell {
 public:
    explicit Cell(const Options& options) : options_(options) {}

    // Prints as it goes. The program's exit status.
    int measure() {
        for (uint64_t i = 0; i < options_.samples; ++i) {
            if (!sample()) return end();
            print(compare::format_sample(*result_));
        }
        if (!options_.timeline) return 0;
        if (!run(compare::Pass::timeline)) return end();
        print(compare::format_timeline(*shared_));
        return 0;
    }

 private:
    [[nodiscard]] bool run(compare::Pass pass) {
        compare::Plan plan = options_.plan;
        plan.pass = pass;
        compare::run_apart(shared_, options_.time_limit,
                           [&plan](compare::Sample* sample) { compare::live(plan, sample); });
        return shared_->status == compare::Status::finished;
    }

    // One whole life, and those that tell how much of it was spent allocating.
    [[nodiscard]] bool sample() {
        if (!run(compare::Pass::whole)) return false;
        *result_ = *shared_;
        if (!options_.allocating) return true;
        return compare::can_sample() ? sample_share() : time_calls();
    }

    [[nodiscard]] bool time_calls() {
        if (!run(compare::Pass::allocate)) return false;
        result_->allocating_seconds = shared_->allocating_seconds;
        if (!run(compare::Pass::first_touch)) return false;
        result_->allocating_with_first_touch_seconds = shared_->allocating_with_first_touch_seconds;
        return true;
    }

    // As many lives as are needed to know the share.
    [[nodiscard]] bool sample_share() {
        uint64_t inside = 0;
        for (int lives = 0; result_->ticks < kTicksWanted && lives < kLivesMax; ++lives) {
            if (!run(compare::Pass::sampled)) return false;
            result_->ticks += shared_->ticks;
            inside += shared_->ticks_inside;
        }
        const auto ticks = static_cast<double>(std::max<uint64_t>(result_->ticks, 1));
        const double work = result_->seconds - result_->teardown_seconds;
        result_->allocating_seconds = work * static_cast<double>(inside) / ticks;
        return true;
    }

    int end() {
        print(compare::format_error(*shared_));
        return status_of(shared_->status);
    }

    static void print(const std::string& line) {
        std::printf("%s\n", line.c_str());
        std::fflush(stdout);
    }

    const Options& options_;
    compare::SharedSample shared_;  // of the last child
    compare::SharedSample result_;
};

int parse(int argc, char** argv, Options* options) {
    compare::Plan& plan = options->plan;
    CLI::App app{
        "Measure one workload on one memory system; JSON on standard output.\n"
        "Exit status: 0 finished, 1 failed, 2 usage, 3 out of memory, 4 time limit."};
    app.add_option("--system", plan.system.name, "which")->required();
    app.add_option("--workload", options->workload, "profile, fox-generated or fox-real")
        ->check(CLI::IsMember({"profile", "fox-generated", "fox-real"}));
    app.add_option("--lines", plan.lines, "of source (fox-real: whole files, so some more)")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1000000}));
    app.add_option("--seed", plan.seed, "of the profile's order, of the generated program");
    app.add_option("--samples", options->samples, "lives to measure, each in a process of its own")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1000}));
    app.add_option("--threshold", plan.system.threshold,
                   "v1: bytes live that start a collection; 0: its default");
    app.add_option("--sources", options->sources, "fox-real: the folder with the sources");
    app.add_option("--time-limit", options->time_limit, "seconds for each life; 0: none")
        ->check(CLI::Range(0.0, 86400.0));
    app.add_flag("--timeline", options->timeline, "profile: memory over one more life");
    app.add_flag("--allocating", options->allocating,
                 "measure the time spent allocating, in lives of its own");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? -1 : kExitUsage;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    const int parsed = parse(argc, argv, &options);
    if (parsed != 0) return parsed < 0 ? 0 : parsed;
    const std::string wrong = check(options);
    if (!wrong.empty()) {
        std::fprintf(stderr, "compare: %s\n", wrong.c_str());
        return kExitUsage;
    }
    std::optional<compare::Source> source;
    if (options.workload != "profile") {
        source.emplace([&options] {
            const uint64_t lines = options.plan.lines;
            return options.workload == "fox-real" ? compare::join_sources(options.sources, lines)
                                                  : fox::generate(options.plan.seed, lines);
        });
        options.plan.workload = compare::Workload::fox;
        options.plan.source = source->text();
        if (options.plan.source.empty()) {
            std::fprintf(stderr, "compare: %s: no sources there\n", options.sources.c_str());
            return kExitUsage;
        }
    }
    return Cell(options).measure();
}
