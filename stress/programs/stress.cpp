// stress: all workloads, round after round with new seeds, until the time is up. Every finding is
// printed with the commands that show it. Last line: "stress: W workloads, F failures".
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "stress/driver/workloads.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Tally {
    unsigned workloads = 0;
    unsigned failures = 0;
};

// false when the time is up.
bool run_round(const stress::Places& places, uint64_t seed, Clock::time_point start,
               Clock::time_point deadline, Tally* tally) {
    for (const stress::Workload& workload : stress::workloads(places, seed)) {
        const Clock::time_point began = Clock::now();
        if (began >= deadline) return false;
        const stress::Judgement judgement = stress::judge(workload, deadline);
        if (judgement.verdict == stress::Verdict::out_of_time) {
            std::printf("[%6.1f s] stopped %-50s the time is up\n", seconds_since(start),
                        workload.name.c_str());
            return false;
        }
        const bool good = judgement.verdict == stress::Verdict::good;
        tally->workloads += 1;
        tally->failures += good ? 0 : 1;
        std::printf("[%6.1f s] %-7s %-50s %.1f s\n", seconds_since(start), good ? "good" : "FAILED",
                    workload.name.c_str(), seconds_since(began));
        if (!good) std::printf("%s\n", judgement.text.c_str());
        std::fflush(stdout);
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    double seconds = 60;
    uint64_t seed = 1;
    uint64_t rounds = 0;
    stress::Places places;
    std::error_code error;
    places.programs = std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
    places.corpus = "corpora/fox";
    CLI::App app{
        "Run the Fox front end and the profile on library, reference and malloc, compare."};
    app.add_option("--seconds", seconds, "wall time for the whole run");
    app.add_option("--seed", seed, "of the first round; each round has the next");
    app.add_option("--rounds", rounds, "at most so many (0: as many as there is time for)");
    app.add_option("--programs", places.programs, "directory of fox-library and the others");
    app.add_option("--corpus", places.corpus, "directory with accepted/ and rejected/ sources");
    CLI11_PARSE(app, argc, argv);

    const Clock::time_point start = Clock::now();
    const auto deadline =
        start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    Tally tally;
    for (uint64_t round = 0; rounds == 0 || round < rounds; ++round) {
        std::printf("round %llu, seed %llu\n", static_cast<unsigned long long>(round + 1),
                    static_cast<unsigned long long>(seed + round));
        if (!run_round(places, seed + round, start, deadline, &tally)) break;
    }
    // A run that had no time for anything has shown nothing.
    if (tally.workloads == 0) {
        std::printf("no workload ended within %.1f s\n", seconds);
        tally.failures += 1;
    }
    std::printf("stress: %u workloads, %u failures\n", tally.workloads, tally.failures);
    return tally.failures == 0 ? 0 : 1;
}
