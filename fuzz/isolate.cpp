#include "fuzz/isolate.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace suite {
namespace {

constexpr size_t kOutputMax = 4096;  // of what a crashing run printed

// What the child tells: in memory that both share, so that it survives however the child ends.
struct Shared {
    std::atomic<uint64_t> steps;  // operations finished
    bool done;
    bool found;
    Checker checker;
    uint64_t operation;
    uint64_t operations_run;
    uint64_t refusals;
    std::array<char, 1024> text;
};

[[noreturn]] void run_child(const Program& program, const SubjectEntry& subject,
                            const IsolateOptions& options, Shared& shared, int output) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    RunOptions run_options = options.run;
    if (options.track) {
        run_options.trace = [&](size_t index, const Operation& operation, const std::string& gave) {
            shared.steps = index + 1;
            if (options.run.trace) options.run.trace(index, operation, gave);
        };
    }
    const RunResult result = run(program, subject, run_options);
    shared.operations_run = result.operations_run;
    shared.refusals = result.refusals;
    if (result.finding) {
        shared.found = true;
        shared.checker = result.finding->checker;
        shared.operation = result.finding->operation;
        const std::string& text = result.finding->text;
        std::memcpy(shared.text.data(), text.data(), std::min(text.size(), shared.text.size() - 1));
    }
    shared.done = true;
    _exit(0);
}

// Reads what the child prints until it ends or the time is over. false: it was too late.
bool collect(int input, double seconds, std::string& output) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(seconds));
    std::array<char, 1024> buffer;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        pollfd poller{input, POLLIN, 0};
        const int ready = left.count() > 0 ? poll(&poller, 1, static_cast<int>(left.count())) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        const ssize_t got = read(input, buffer.data(), buffer.size());
        if (got <= 0) return true;
        if (output.size() < kOutputMax) output.append(buffer.data(), static_cast<size_t>(got));
    }
}

std::string how_it_ended(int status, const std::string& output) {
    std::string text;
    if (WIFSIGNALED(status)) {
        text = std::string("killed by signal ") + std::to_string(WTERMSIG(status)) + " (" +
               strsignal(WTERMSIG(status)) + ")";
    } else {
        text = "exit status " + std::to_string(WEXITSTATUS(status));
    }
    return output.empty() ? text : text + "\n" + output;
}

Outcome failed_outcome(const char* what) {
    Outcome outcome;
    outcome.end = End::crash;
    outcome.text = std::string(what) + ": " + std::strerror(errno);
    return outcome;
}

}  // namespace

std::string signature(const Outcome& outcome) {
    switch (outcome.end) {
        case End::passed:
            return "passed";
        case End::finding:
            return std::string("checker ") + checker_name(outcome.checker);
        case End::crash:
            return "crash";
        case End::timeout:
            return "timeout";
    }
    return "";
}

Outcome run_isolated(const Program& program, const SubjectEntry& subject,
                     const IsolateOptions& options) {
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return failed_outcome("mmap");
    Shared& shared = *new (memory) Shared{};
    int ends[2];
    if (pipe(ends) != 0) {
        munmap(memory, sizeof(Shared));
        return failed_outcome("pipe");
    }
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(program, subject, options, shared, ends[1]);
    }
    close(ends[1]);
    Outcome outcome;
    if (child < 0) {
        outcome = failed_outcome("fork");
    } else {
        std::string output;
        const bool in_time = collect(ends[0], options.seconds, output);
        if (!in_time) kill(child, SIGKILL);
        int status = 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        outcome.operations_run = shared.operations_run;
        outcome.refusals = shared.refusals;
        outcome.operation = shared.steps;
        if (!in_time) {
            outcome.end = End::timeout;
            outcome.text = "still running after " + std::to_string(options.seconds) + " s";
        } else if (!shared.done) {
            outcome.end = End::crash;
            outcome.text = how_it_ended(status, output);
        } else if (shared.found) {
            outcome.end = End::finding;
            outcome.checker = shared.checker;
            outcome.operation = shared.operation;
            outcome.text = shared.text.data();
        }
    }
    close(ends[0]);
    munmap(memory, sizeof(Shared));
    return outcome;
}

Fails fails_like(const Outcome& outcome, const SubjectEntry& subject, IsolateOptions options) {
    return [wanted = signature(outcome), &subject,
            options = std::move(options)](const Program& program) {
        return signature(run_isolated(program, subject, options)) == wanted;
    };
}

}  // namespace suite
