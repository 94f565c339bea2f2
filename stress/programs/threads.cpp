// threads: eight threads run all workloads at once, each on memory systems of its own, and must get
// what one thread alone gets; then memory systems are handed from thread to thread.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "stress/pressure/attempts.h"
#include "stress/threads/crew.h"
#include "stress/threads/handover.h"
#include "stress/threads/race.h"

namespace {

using stress::Exit;
using Clock = std::chrono::steady_clock;

struct Settings {
    unsigned threads = 8;
    uint64_t rounds = 1;
    double seconds = 0;
    uint64_t seed = 1;
    std::string only;
    std::string plant;
    bool list = false;
    threads::Choice choice;
};

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

// What a round found; empty: nothing. The first round's results are printed.
std::string run_one(const std::vector<threads::Job>& jobs, const Settings& settings, uint64_t seed,
                    bool print) {
    const threads::RoundReport round = threads::run_round(jobs, settings.threads, seed);
    if (!round.wrong.empty()) return round.wrong;
    const threads::HandoverReport alone = threads::hand_over(settings.choice, 1, seed);
    if (!alone.wrong.empty()) return "handover, alone: " + alone.wrong;
    const threads::HandoverReport passed =
        threads::hand_over(settings.choice, settings.threads, seed);
    if (!passed.wrong.empty()) return "handover: " + passed.wrong;
    if (passed.result != alone.result) return "THREADS-HANDOVER: other results than alone";
    if (!print) return {};
    for (const std::string& result : round.results) std::printf("result %s\n", result.c_str());
    std::printf("result handover %s\n", alone.result.c_str());
    std::printf("%llu jobs on %u threads, %llu stages, %llu of them on another thread\n",
                number(round.runs), settings.threads, number(passed.stages), number(passed.passed));
    return {};
}

int run(const Settings& settings) {
    std::vector<threads::Job> jobs = threads::jobs(settings.choice);
    if (!settings.only.empty()) {
        std::erase_if(jobs, [&](const threads::Job& job) { return job.name != settings.only; });
    }
    if (jobs.empty()) {
        std::fprintf(stderr, "threads: there is no job \"%s\"\n", settings.only.c_str());
        return Exit::usage;
    }
    if (settings.list) {
        for (const threads::Job& job : jobs) std::printf("%s\n", job.name.c_str());
        return Exit::good;
    }
    const auto start = Clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    std::printf("seed %llu\n", number(settings.seed));
    double told = 0;
    uint64_t done = 0;
    const auto wanted = [&] {
        return settings.seconds > 0 ? elapsed() < settings.seconds : done < settings.rounds;
    };
    for (; done == 0 || wanted(); ++done) {
        const uint64_t seed = settings.seed + done;
        const std::string wrong = run_one(jobs, settings, seed, done == 0);
        if (!wrong.empty()) {
            std::fprintf(stderr, "threads: seed %llu: %s\n", number(seed), wrong.c_str());
            return Exit::broken;
        }
        if (elapsed() - told > 10) {
            told = elapsed();
            std::fprintf(stderr, "threads: %llu rounds, %.0f s\n", number(done + 1), told);
        }
    }
    std::printf("threads: %llu rounds of %zu jobs on %u threads, %.1f s, good\n", number(done),
                jobs.size(), settings.threads, elapsed());
    return Exit::good;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app{
        "Run every workload on many threads at once, each on memory systems of its own.\n"
        "Exit status: 0 good, 2 usage, 4 broken (a thread got something else than alone)."};
    app.add_option("--threads", settings.threads, "how many (8)")->check(CLI::Range(1, 256));
    app.add_option("--rounds", settings.rounds, "of all jobs (1)");
    app.add_option("--seconds", settings.seconds, "rounds until that time is up, instead");
    app.add_option("--seed", settings.seed, "of the first round; the next has the next one");
    app.add_option("--only", settings.only, "one job");
    app.add_flag("--list", settings.list, "names of the jobs");
    app.add_flag("--debug", settings.choice.debug, "debug mode of the memory systems");
    app.add_flag("--small", settings.choice.small, "small sizes, for Valgrind");
    app.add_option("--plant", settings.plant,
                   "race: two threads use one context, for tools that must report it")
        ->check(CLI::IsMember({"race"}));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : Exit::usage;
    }
    if (!settings.plant.empty()) {
        threads::race(settings.choice.debug);
        return Exit::good;
    }
    return run(settings);
}
