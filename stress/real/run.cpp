#include "stress/real/run.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <time.h>

#include "stress/pressure/attempts.h"
#include "stress/profile/process_memory.h"
#include "stress/programs/setup_options.h"
#include "stress/real/compare.h"
#include "stress/real/sweep.h"

namespace real {
namespace {

using stress::append;
using stress::Attempt;
using stress::Exit;

struct Settings {
    Request request;
    MemoryOptions memory;
    uint64_t repeat = 1;
    uint64_t fail_sweep = 0;
    bool compare = false;
    stress::Setup setup;
};

// Of this process: wall time says little on a machine that others use.
double cpu_seconds() {
    timespec now = {};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

int add_options_and_parse(CLI::App& app, const Program& program, Settings* settings, int argc,
                          char** argv) {
    const std::map<std::string, Kind> kinds = {{"malloc", Kind::malloc},
                                               {"context", Kind::context},
                                               {"general", Kind::general},
                                               {"v1", Kind::v1}};
    const std::map<std::string, Fault> faults = {
        {"overlap", Fault::overlap},       {"lost-byte", Fault::lost_byte},
        {"wrong-size", Fault::wrong_size}, {"leak", Fault::leak},
        {"misaligned", Fault::misaligned}, {"vanish", Fault::vanish}};
    const std::map<std::string, bool> switches = {{"on", true}, {"off", false}};
    settings->request.size = program.classic;
    app.add_option("--allocator", settings->memory.kind, "malloc, context, general (default), v1")
        ->transform(CLI::CheckedTransformer(kinds));
    app.add_option(
           "--size", settings->request.size,
           std::string(program.unit) + "; classic (default): " + std::to_string(program.classic))
        ->check(CLI::Range(uint64_t{1}, uint64_t{10000000}));
    app.add_option("--seed", settings->request.seed, "of generated sources and data");
    app.add_option("--repeat", settings->repeat, "runs in one allocator, reset in between")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1000000}));
    app.add_option("--verify-every", settings->memory.verify_every,
                   "calls from one check of everything to the next; 0: only at the end");
    app.add_option("--ledger", settings->memory.ledger, "on (default), off")
        ->transform(CLI::CheckedTransformer(switches));
    app.add_flag("!--no-library", settings->request.library,
                 "leave out what works on packaged sources");
    app.add_option("--fail-sweep", settings->fail_sweep,
                   "so many runs, each with another call of the hooks failing");
    app.add_flag("--compare", settings->compare, "a table of time and memory on each allocator");
    app.add_option("--plant", settings->memory.fault, "a fault that the ledger must find")
        ->transform(CLI::CheckedTransformer(faults))
        ->group("");
    stress::add_options(app, &settings->setup);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? Exit::good : Exit::usage;
    }
    return -1;
}

Attempt run_sweep(const Program& program, const Settings& settings, const MemoryOptions& options) {
    const SweepResult result = sweep(program, options, settings.request, settings.fail_sweep);
    if (!result.wrong.empty()) {
        std::fprintf(stderr, "%s: %s\n", program.name, result.wrong.c_str());
        return {Exit::broken, {}};
    }
    Attempt attempt;
    attempt.output = result.results;
    append(&attempt.output, "fail sweep: %llu calls; %llu runs good, %llu out of memory\n",
           number(result.calls), number(result.good), number(result.out_of_memory));
    return attempt;
}

// What one attempt knows of the runs before.
struct Rounds {
    std::string results;
    size_t mapped_peak = 0;
};

// An exit status, broken where round differs from those before.
int run_round(const Program& program, const Settings& settings, Memory& memory, uint64_t round,
              Rounds* rounds) {
    Request request = settings.request;
    const bool last = round == settings.repeat;
    request.close =
        last || round % 2 == 1 || !program.abandons || settings.memory.kind == Kind::malloc;
    const Report report = program.run(memory, request);
    if (report.ending != Ending::good) {
        std::fprintf(stderr, "%s: %s\n", program.name, report.wrong.c_str());
        if (report.ending == Ending::broken) return Exit::broken;
        std::fprintf(stderr, "%s: out of memory, cleanly\n", program.name);
        memory.check_closed();
        return Exit::out_of_memory;
    }
    if (request.close) memory.check_closed();
    if (!last) memory.abandon();
    if (round == 1) rounds->results = report.results;
    if (report.results != rounds->results) {
        std::fprintf(stderr, "REAL-RESULTS: others in run %llu:\n%s", number(round),
                     report.results.c_str());
        return Exit::broken;
    }
    const size_t peak = memory.figures().mapped_peak;
    if (round > 2 && peak > rounds->mapped_peak) {
        std::fprintf(stderr, "REAL-FIXED: %zu bytes mapped at most in run %llu, %zu before\n", peak,
                     number(round), rounds->mapped_peak);
        return Exit::broken;
    }
    rounds->mapped_peak = peak;
    return Exit::good;
}

Attempt run_attempt(const Program& program, const Settings& settings, const stress::Setup& setup) {
    MemoryOptions options = settings.memory;
    options.setup = setup;
    if (settings.fail_sweep != 0) return run_sweep(program, settings, options);
    const double begin = cpu_seconds();
    const uint64_t resident = profile::process_memory().rss;
    Memory memory(options, program.sizes);
    if (!memory.open()) return {stress::exit_of_creation(morph_creation_error()), {}};
    Rounds rounds;
    for (uint64_t round = 1; round <= settings.repeat; ++round) {
        const int code = run_round(program, settings, memory, round, &rounds);
        if (code != Exit::good) return {code, {}};
    }
    const double seconds = cpu_seconds() - begin;
    Attempt attempt;
    attempt.output = rounds.results;
    append(&attempt.output, "seed %llu, %llu %s\n", number(settings.request.seed),
           number(settings.request.size), program.unit);
    append(&attempt.output, "figures seconds %.3f resident %llu mapped %zu\n", seconds,
           number(profile::process_memory().peak - resident), rounds.mapped_peak);
    if (const Ledger* ledger = memory.ledger()) {
        append(&attempt.output, "ledger: %llu calls, %llu bytes live at most\n",
               number(ledger->calls()), number(ledger->bytes_peak()));
    }
    return attempt;
}

}  // namespace

int real_main(int argc, char** argv, const Program& program) {
    Settings settings;
    CLI::App app{std::string(program.about) +
                 "\nExit status: 0 good, 2 usage, 3 out of memory (cleanly), 4 broken."};
    const int parsed = add_options_and_parse(app, program, &settings, argc, argv);
    if (parsed >= 0) return parsed;
    if (settings.compare) return compare(program, settings.request);
    stress::take_stack();
    return stress::run_attempts(settings.setup, [&program, &settings](const stress::Setup& setup) {
        return run_attempt(program, settings, setup);
    });
}

}  // namespace real
