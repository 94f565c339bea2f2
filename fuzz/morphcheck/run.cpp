// morphcheck run: programs from consecutive seeds until enough operations have run.
//
// They run in one child process, which notes each seed in memory that both share: a crash is a
// finding of that seed, which is then run again alone for the details.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/generate.h"
#include "fuzz/morphcheck/commands.h"
#include "fuzz/morphcheck/files.h"
#include "fuzz/morphcheck/report.h"
#include "fuzz/sweep.h"
#include "fuzz/text.h"

namespace suite {
namespace {

using Clock = std::chrono::steady_clock;

// Long programs compare figures and invariants about so many times; short ones each time.
constexpr size_t kComparisons = 256;
constexpr double kSecondsAlone = 600;

struct Shared {
    std::atomic<uint64_t> seed;
    std::atomic<uint64_t> programs, operations, allocations, refusals, runs;
    std::atomic<uint64_t> fail_from, fail_count;  // of a sweep's finding
    std::atomic<bool> found, done;
};

Program program_of(uint64_t seed, const RunCommand& command, const SubjectEntry& subject) {
    GenerateOptions options;
    options.kind = subject.kind;
    options.abilities = subject.abilities;
    options.operations_max = command.program_operations;
    if (options.operations_max == 0) options.operations_max = command.sweep ? 64 : 512;
    options.operations_max = std::min<uint64_t>(options.operations_max, command.operations);
    // One long program asked for is one long program.
    if (command.program_operations > 4096) options.operations_min = options.operations_max;
    return generate(seed, options);
}

RunOptions options_of(const Program& program, const RunCommand& command) {
    RunOptions options;
    for (const std::string& name : command.without) {
        if (const auto checker = checker_of(name)) {
            options.without |= uint32_t{1} << static_cast<unsigned>(*checker);
        }
    }
    options.metrics_interval = std::max<size_t>(1, program.operations.size() / kComparisons);
    options.verify_interval = options.metrics_interval;
    return options;
}

// The child's loop.
void run_seeds(const RunCommand& command, const SubjectEntry& subject, Shared& shared) {
    const Clock::time_point start = Clock::now();
    for (uint64_t seed = command.seed; shared.operations < command.operations; ++seed) {
        if (command.seconds > 0 && seconds_since(start) >= command.seconds) break;
        shared.seed = seed;
        const Program program = program_of(seed, command, subject);
        bool found = false;
        if (command.sweep) {
            SweepOptions options;
            options.run = options_of(program, command);
            const SweepResult result = sweep(program, subject, options);
            shared.runs += result.runs;
            shared.refusals += result.refusals;
            found = result.finding.has_value();
            if (found) {
                shared.fail_from = result.finding->fail_from;
                shared.fail_count = result.finding->fail_count;
            }
        } else {
            const RunResult result = run(program, subject, options_of(program, command));
            shared.runs += 1;
            shared.refusals += result.refusals;
            shared.allocations += result.allocations;
            found = result.finding.has_value();
        }
        shared.programs += 1;
        // At least 1, so that a program that is refused its configuration brings the end nearer.
        shared.operations += std::max<size_t>(program.operations.size(), 1);
        if (found) {
            shared.found = true;
            break;
        }
    }
    shared.done = true;
}

void wait_for(pid_t child, const RunCommand& command, const Shared& shared) {
    Progress progress;
    const Clock::time_point start = Clock::now();
    int status = 0;
    for (;;) {
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR)) return;
        const double seconds = seconds_since(start);
        const uint64_t operations = shared.operations;
        char text[160];
        std::snprintf(text, sizeof text,
                      "%s: seed %llu, %llu of %llu operations, %.0f/s, %llu refusals",
                      command.subject.c_str(), static_cast<unsigned long long>(shared.seed),
                      static_cast<unsigned long long>(operations),
                      static_cast<unsigned long long>(command.operations),
                      static_cast<double>(operations) / std::max(seconds, 0.001),
                      static_cast<unsigned long long>(shared.refusals));
        progress.show(text);
        usleep(5000);
    }
}

// Runs the seed again, alone, and tells what there is to tell.
int report_seed(const RunCommand& command, const SubjectEntry& subject, const Shared& shared) {
    const uint64_t seed = shared.seed;
    Program program = program_of(seed, command, subject);
    IsolateOptions options;
    options.seconds = kSecondsAlone;
    options.track = true;
    options.run = options_of(program, command);
    std::string reproduce = "morphcheck run --subject " + command.subject + " --seed " +
                            std::to_string(seed) + " --ops 1";
    if (command.program_operations != 0) {
        reproduce += " --program-ops " + std::to_string(command.program_operations);
    }
    for (const std::string& name : command.without) reproduce += " --without " + name;
    if (command.sweep) {
        reproduce += " --sweep";
        SweepOptions sweep_options;
        sweep_options.run = options.run;
        options.run.fixed_point = false;
        options.run.fail_from = shared.fail_from;
        options.run.fail_count = shared.fail_count;
        if (shared.found) {  // it did not crash, so it may run here
            const SweepResult result = sweep(program, subject, sweep_options);
            if (result.finding && result.finding->program) {
                program = *result.finding->program;
                options.run.fail_count = 0;
            }
        }
    }
    Outcome outcome = run_isolated(program, subject, options);
    if (outcome.end == End::passed) {
        outcome.end = End::crash;
        outcome.text = "the process ended at this seed, which passes when it runs alone";
    }
    std::string error;
    if (!command.out.empty()) {
        const std::string note = "# " + signature(outcome) + " on " + subject.name + ", seed " +
                                 std::to_string(seed) + "\n";
        if (!store_file(command.out, note + print(program), &error)) return usage_error(error);
        reproduce = "morphcheck replay --subject " + command.subject + " " + command.out;
    }
    print_finding(outcome, program, subject, reproduce);
    return kExitFinding;
}

}  // namespace

int run_command(const RunCommand& command) {
    const std::optional<SubjectEntry> subject = subject_or_complain(command.subject);
    if (!subject) return kExitUsage;
    if (command.operations == 0) return usage_error("--ops must be at least 1");
    for (const std::string& name : command.without) {
        if (!checker_of(name)) return usage_error("--without: there is no checker '" + name + "'");
    }
    if (command.sweep && !subject->abilities.limits) {
        return usage_error("--sweep: subject '" + command.subject + "' takes no memory limits");
    }
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return usage_error("no memory");
    Shared& shared = *new (memory) Shared{};
    const Clock::time_point start = Clock::now();
    (void)std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) return usage_error("fork failed");
    if (child == 0) {
        run_seeds(command, *subject, shared);
        _exit(0);
    }
    wait_for(child, command, shared);
    const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "%s: %llu programs, %llu operations, %llu runs, %llu allocations, %llu refused "
        "requests in %.1f s\n",
        subject->name.c_str(), number(shared.programs), number(shared.operations),
        number(shared.runs), number(shared.allocations), number(shared.refusals),
        seconds_since(start));
    const bool bad = shared.found || !shared.done;
    const int status = bad ? report_seed(command, *subject, shared) : kExitOk;
    munmap(memory, sizeof(Shared));
    return status;
}

}  // namespace suite
