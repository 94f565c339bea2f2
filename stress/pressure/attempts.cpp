#include "stress/pressure/attempts.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <new>
#include <sys/resource.h>

namespace stress {

namespace {

// A rate so small that nothing is refused must not go on for ever.
constexpr uint64_t kAttemptsMax = 1000000;

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

// One attempt with hooks of its own, and what they found.
class Trial {
 public:
    Trial(Setup setup, const Work& work) : refusals_(setup.refuse, setup.refuse_seed) {
        setup.refusals = &refusals_;
        try {
            attempt_ = work(setup);
        } catch (const std::bad_alloc&) {
            std::fputs("no memory for the program itself\n", stderr);
            attempt_ = {Exit::out_of_memory, {}};
        }
        if (const char* broken = refusals_.broken()) {
            std::fprintf(stderr, "%s (%llu)\n", broken, number(refusals_.bytes_out()));
            attempt_.code = Exit::broken;
        }
    }

    [[nodiscard]] const Attempt& attempt() const { return attempt_; }
    [[nodiscard]] const Refusals& refusals() const { return refusals_; }
    [[nodiscard]] bool good() const { return attempt_.code == Exit::good; }
    [[nodiscard]] bool out_of_memory() const { return attempt_.code == Exit::out_of_memory; }

 private:
    Refusals refusals_;
    Attempt attempt_;
};

void print(const std::string& output) {
    std::fwrite(output.data(), 1, output.size(), stdout);
}

Setup without_limits(Setup setup) {
    setup.bytes_max = 0;
    setup.refuse = 0;
    return setup;
}

// The seed of the attempt after that.
uint64_t seed_after(uint64_t seed) {
    return seed + 1;
}

int run_once_more(const Setup& setup, const Work& work) {
    lift_limits();
    const Trial lifted(without_limits(setup), work);
    if (!lifted.good()) {
        std::fprintf(stderr, "PRESSURE-AGAIN: exit status %d with limits lifted\n",
                     lifted.attempt().code);
        return Exit::broken;
    }
    print(lifted.attempt().output);
    std::puts("out of memory first, then good");
    return Exit::good;
}

int run_refused(Setup setup, const Work& work) {
    uint64_t attempts = 0, failed = 0, requests = 0, refused = 0;
    std::string results;
    while (refused < setup.refuse_until) {
        if (attempts == kAttemptsMax) {
            std::fprintf(stderr, "%llu attempts met %llu refusals only\n", number(attempts),
                         number(refused));
            return Exit::broken;
        }
        const Trial trial(setup, work);
        if (!trial.good() && !trial.out_of_memory()) {
            std::fprintf(stderr, "broken with --refuse %g --refuse-seed %llu\n", setup.refuse,
                         number(setup.refuse_seed));
            return trial.attempt().code;
        }
        if (trial.out_of_memory() && trial.refusals().refused() == 0) {
            std::fputs("PRESSURE-REASON: out of memory without a refusal\n", stderr);
            return Exit::broken;
        }
        attempts += 1;
        failed += trial.out_of_memory() ? uint64_t{1} : 0;
        requests += trial.refusals().requests();
        refused += trial.refusals().refused();
        if (trial.good()) {
            const std::string lines = result_lines(trial.attempt().output);
            if (results.empty()) results = lines;
            if (lines != results) {
                std::fprintf(stderr, "PRESSURE-RESULTS: others with --refuse-seed %llu\n",
                             number(setup.refuse_seed));
                return Exit::broken;
            }
        }
        setup.refuse_seed = seed_after(setup.refuse_seed);
    }
    std::printf("refused %llu of %llu requests in %llu attempts, %llu of them out of memory\n",
                number(refused), number(requests), number(attempts), number(failed));
    const Trial last(without_limits(setup), work);
    print(last.attempt().output);
    if (!last.good()) {
        std::fprintf(stderr, "PRESSURE-AGAIN: exit status %d without refusals\n",
                     last.attempt().code);
        return Exit::broken;
    }
    if (!results.empty() && result_lines(last.attempt().output) != results) {
        std::fputs("PRESSURE-RESULTS: others without refusals\n", stderr);
        return Exit::broken;
    }
    return Exit::good;
}

}  // namespace

int run_attempts(const Setup& setup, const Work& work) {
    if (setup.refuse_until != 0) return run_refused(setup, work);
    {
        const Trial trial(setup, work);
        if (trial.refusals().refused() != 0) {
            std::printf("refused %llu of %llu requests, seed %llu\n",
                        number(trial.refusals().refused()), number(trial.refusals().requests()),
                        number(setup.refuse_seed));
        }
        if (!trial.out_of_memory() || !setup.again) {
            if (!trial.out_of_memory()) print(trial.attempt().output);
            return trial.attempt().code;
        }
    }
    return run_once_more(setup, work);
}

void append(std::string* text, const char* format, ...) {
    char line[512];
    std::va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length > 0) text->append(line, std::min(sizeof line - 1, static_cast<size_t>(length)));
}

int exit_of_creation(const MorphError& error) {
    std::fprintf(stderr, "no memory system: %s\n", error.text);
    if (error.code == MORPH_ERROR_INVALID_CONFIGURATION) return Exit::usage;
    const std::string wrong = wrong_reason(error);
    if (wrong.empty()) return Exit::out_of_memory;
    std::fprintf(stderr, "%s\n", wrong.c_str());
    return Exit::broken;
}

std::string result_lines(const std::string& text) {
    constexpr std::string_view kBegin = "result ";
    std::string lines;
    for (size_t at = 0; at < text.size();) {
        const size_t newline = text.find('\n', at);
        const size_t end = newline == std::string::npos ? text.size() : newline + 1;
        if (text.compare(at, kBegin.size(), kBegin) == 0) lines.append(text, at, end - at);
        at = end;
    }
    return lines;
}

void lift_limits() {
    for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
        rlimit limit = {};
        if (getrlimit(resource, &limit) != 0) continue;
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(resource, &limit);  // the attempt that follows tells
    }
}

// Not inlined: its frame is what takes the stack.
[[gnu::noinline]] void take_stack(size_t bytes) {
    constexpr size_t kFrame = 4096;
    volatile char frame[kFrame];
    frame[0] = 1;
    if (bytes > kFrame) take_stack(bytes - kFrame);
    frame[kFrame - 1] = frame[0];  // behind the call: this is no loop
}

}  // namespace stress
