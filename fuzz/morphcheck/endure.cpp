// morphcheck endure: one long seeded life of each subject, a billion operations where that is
// asked for.
//
// Each runs in a child process, which notes in shared memory where it is: a crash or a hang is a
// finding at that operation.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/endurance.h"
#include "fuzz/morphcheck/commands.h"
#include "fuzz/morphcheck/report.h"

namespace suite {
namespace {

using Clock = std::chrono::steady_clock;

// No operation takes so long: a collection of the largest heap of a run takes milliseconds.
constexpr double kHangSeconds = 120;

struct Shared {
    std::atomic<uint64_t> position;
    std::atomic<bool> done;
    EnduranceCounts counts;
    char checker[32];  // of a finding, "": none
    char text[512];
};

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

void run_child(const SubjectEntry& subject, const EndureCommand& command, Shared* shared) {
    const Clock::time_point start = Clock::now();
    EnduranceOptions options;
    options.seed = command.seed;
    options.operations = command.operations;
    options.position = &shared->position;
    options.out_of_time = [&](const EnduranceReport&) {
        return command.seconds > 0 && seconds_since(start) >= command.seconds;
    };
    const EnduranceReport report = endure(subject, options);
    if (report.finding.has_value()) {
        std::snprintf(shared->checker, sizeof shared->checker, "%s",
                      checker_name(report.finding->checker));
        std::snprintf(shared->text, sizeof shared->text, "%s", report.finding->text.c_str());
        shared->position = report.finding->operation;
    }
    shared->counts = static_cast<const EnduranceCounts&>(report);
    shared->done = true;
}

// Waits for the child; "" or how it ended wrongly.
std::string wait_for(pid_t child, const EndureCommand& command, const std::string& name,
                     const Shared& shared) {
    Progress progress;
    const Clock::time_point start = Clock::now();
    Clock::time_point moved = start;
    uint64_t last = 0;
    for (;;) {
        int status = 0;
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended < 0 && errno != EINTR) return "the process was lost";
        if (ended == child) {
            if (shared.done) return "";
            return WIFSIGNALED(status) ? std::string("crash: ") + strsignal(WTERMSIG(status))
                                       : "the process ended early";
        }
        const uint64_t position = shared.position;
        if (position != last) moved = Clock::now();
        last = position;
        if (seconds_since(moved) > kHangSeconds) {
            kill(child, SIGKILL);
            while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
            }
            return "no operation ended for 120 s";
        }
        char text[160];
        std::snprintf(text, sizeof text, "%s: seed %llu, %llu of %llu operations, %.0f/s",
                      name.c_str(), number(command.seed), number(position),
                      number(command.operations),
                      static_cast<double>(position) / std::max(seconds_since(start), 0.001));
        progress.show(text);
        usleep(20000);
    }
}

void print_counts(const EnduranceCounts& report) {
    std::printf(
        "  %llu seasons, %llu allocations, %llu frees, %llu resizes, %llu resets, %llu "
        "releases, %llu refused requests, %llu wrong frees\n",
        number(report.seasons), number(report.allocations), number(report.frees),
        number(report.resizes), number(report.resets), number(report.releases),
        number(report.refusals), number(report.misuses));
    if (report.collections != 0) {
        std::printf("  %llu collections, %llu finalizers run, %llu weak references cleared\n",
                    number(report.collections), number(report.finalizers),
                    number(report.weak_cleared));
    }
    std::printf("  at most %llu objects live, %.1f MiB mapped\n", number(report.live_peak),
                static_cast<double>(report.bytes_mapped_peak) / 1048576.0);
}

int endure_one(const SubjectEntry& subject, const EndureCommand& command) {
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return usage_error("no memory");
    Shared& shared = *new (memory) Shared{};
    const Clock::time_point start = Clock::now();
    (void)std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) return usage_error("fork failed");
    if (child == 0) {
        run_child(subject, command, &shared);
        _exit(0);
    }
    const std::string crash = wait_for(child, command, subject.name, shared);
    const double seconds = seconds_since(start);
    const bool found = !crash.empty() || shared.checker[0] != '\0';
    const uint64_t position = shared.position;
    if (found) {
        std::printf("finding: %s on subject %s at operation %llu\n  %s\n",
                    crash.empty() ? shared.checker : "crash", subject.name.c_str(),
                    number(position), crash.empty() ? shared.text : crash.c_str());
        std::printf("reproduce: morphcheck endure --subject %s --seed %llu --ops %llu\n",
                    subject.name.c_str(), number(command.seed), number(position + 1));
    }
    print_counts(shared.counts);
    std::printf(
        "endure: %s: seed %llu, %llu operations in %.1f s, %.0f operations/s, "
        "%llu collections, %d findings\n",
        subject.name.c_str(), number(command.seed), number(position), seconds,
        static_cast<double>(position) / std::max(seconds, 0.001), number(shared.counts.collections),
        found ? 1 : 0);
    (void)std::fflush(stdout);
    munmap(memory, sizeof(Shared));
    return found ? kExitFinding : kExitOk;
}

}  // namespace

int endure_command(const EndureCommand& command) {
    if (command.operations == 0) return usage_error("--ops must be at least 1");
    std::vector<SubjectEntry> chosen;
    for (const std::string& name : command.subjects) {
        std::optional<SubjectEntry> subject = subject_or_complain(name);
        if (!subject) return kExitUsage;
        chosen.push_back(*std::move(subject));
    }
    int worst = kExitOk;
    for (const SubjectEntry& subject : chosen) {
        worst = std::max(worst, endure_one(subject, command));
    }
    return worst;
}

}  // namespace suite
