#include "stress/pressure/descent.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sys/resource.h>

#include "stress/pressure/attempts.h"

namespace stress {

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kFloorMax = 1024 * kMiB;      // of a process that has done nothing yet
constexpr uint64_t kTopMax = 64 * 1024 * kMiB;   // a workload that fails there fails for no limit
constexpr uint64_t kResolution = 64 * 1024;      // of the smallest limit, or 1 part in
constexpr uint64_t kResolutionShare = 128;       // this many
constexpr uint64_t kOwnMemoryMargin = 8 * kMiB;  // stacks, tables of pages, buffers of files

uint64_t whole_pages(uint64_t bytes) {
    return (bytes + kPage - 1) / kPage * kPage;
}

// Of all children until now, which is the first workload's: what came before is smaller.
uint64_t resident_peak() {
    rusage usage = {};
    if (getrusage(RUSAGE_CHILDREN, &usage) != 0) return 0;
    return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

std::string last_line(const std::string& text) {
    const size_t end = text.find_last_not_of('\n');
    if (end == std::string::npos) return "no output";
    const size_t newline = text.rfind('\n', end);
    return text.substr(newline == std::string::npos ? 0 : newline + 1, end + 1 - (newline + 1));
}

bool fine_enough(uint64_t failed, uint64_t good) {
    return good - failed <= std::max(kResolution, good / kResolutionShare);
}

}  // namespace

Outcome Descent::execute(const Command& command) {
    const auto limit = std::chrono::duration<double>(settings_.seconds);
    ChildOptions options;
    options.stop = settings_.stop;
    Outcome outcome = run_child(
        command, Clock::now() + std::chrono::duration_cast<Clock::duration>(limit), options);
    if (outcome.told) report_.stopped = true;
    return outcome;
}

Command Descent::limited(uint64_t limit, const Command& command) const {
    const auto bounded = [&command](uint64_t bytes) {
        Command whole = command;
        whole.insert(whole.end(), {"--bytes-max", std::to_string(bytes)});
        return whole;
    };
    if (settings_.kind == LimitKind::bound) return bounded(limit);
    if (settings_.kind != LimitKind::cgroup) {
        return launched(settings_.launcher, settings_.kind, std::to_string(limit), command);
    }
    // Too small for anything but not 0, which would be no bound.
    const uint64_t left = limit > own_memory_ ? limit - own_memory_ : 1;
    return launched(settings_.launcher, LimitKind::cgroup, settings_.group->processes(),
                    bounded(left));
}

bool Descent::run_without_limit() {
    const Outcome outcome = execute(settings_.command);
    report_.peak = resident_peak();
    report_.results = result_lines(outcome.output);
    if (report_.stopped) return false;
    if (outcome.stopped || outcome.exit_code != Exit::good) {
        fail("without limit: exit status " + std::to_string(outcome.exit_code) + ", " +
             last_line(outcome.output) + ": " + shell_line(settings_.command));
    } else if (report_.results.empty()) {
        fail("without limit: no result line to compare: " + shell_line(settings_.command));
    }
    return report_.failures.empty();
}

// as, data: the process starts and can say --help. bound: the library takes it as one.
bool Descent::starts_at(uint64_t limit) {
    if (settings_.kind == LimitKind::bound || settings_.kind == LimitKind::cgroup) {
        return execute(limited(limit, settings_.command)).exit_code != Exit::usage;
    }
    Command help = settings_.command;
    help.emplace_back("--help");
    return execute(limited(limit, help)).exit_code == Exit::good;
}

bool Descent::find_floor() {
    floor_ = settings_.floor;
    if (floor_ != 0) return true;
    uint64_t starts = kPage;
    while (starts <= kFloorMax && !report_.stopped && !starts_at(starts)) starts *= 2;
    if (starts > kFloorMax) {
        fail("does not start at any limit: " + shell_line(limited(kFloorMax, settings_.command)));
        return false;
    }
    uint64_t fails = starts / 2;
    while (!report_.stopped && !fine_enough(fails, starts)) {
        const uint64_t middle = whole_pages(fails + (starts - fails) / 2);
        (starts_at(middle) ? starts : fails) = middle;
    }
    floor_ = starts;
    return !report_.stopped;
}

bool Descent::find_top() {
    top_ = settings_.from;
    if (top_ != 0) return true;
    top_ = whole_pages(std::max(report_.peak, floor_ * 2));
    while (!report_.stopped && try_limit(top_) != Ending::good) {
        if (top_ > kTopMax) {
            fail("fails at any limit: " + shell_line(limited(top_, settings_.command)));
            return false;
        }
        top_ *= 2;
    }
    return !report_.stopped;
}

void Descent::judge(const Outcome& outcome, Step* step) const {
    step->exit_code = outcome.exit_code;
    step->ending = Ending::broken;
    const std::string results = result_lines(outcome.output);
    if (outcome.stopped) {
        step->wrong = "DESCENT-ENDING: hangs";
    } else if (outcome.exit_code == Exit::out_of_memory) {
        step->ending = Ending::out_of_memory;
    } else if (outcome.exit_code == Exit::usage && settings_.kind >= LimitKind::bound) {
        step->ending = Ending::bound_refused;
    } else if (outcome.exit_code != Exit::good) {
        step->wrong = "DESCENT-ENDING: " + last_line(outcome.output);
    } else if (results != report_.results) {
        step->wrong = "DESCENT-RESULTS: " + last_line(results);
    } else {
        step->ending = Ending::good;
    }
}

void Descent::try_again(uint64_t limit, Step* step) {
    Command command = settings_.command;
    command.emplace_back("--again");
    const Outcome outcome = execute(limited(limit, command));
    if (report_.stopped) return;
    if (outcome.exit_code == Exit::good && result_lines(outcome.output) == report_.results) return;
    step->ending = Ending::broken;
    step->exit_code = outcome.exit_code;
    step->wrong = "DESCENT-AGAIN: " + (outcome.stopped ? "hangs" : last_line(outcome.output));
}

Ending Descent::try_limit(uint64_t limit) {
    const auto known = std::find_if(report_.steps.begin(), report_.steps.end(),
                                    [limit](const Step& step) { return step.limit == limit; });
    if (known != report_.steps.end()) return known->ending;
    Step step = {limit, Ending::broken, 0, 0, {}};
    ControlGroup* group = settings_.kind == LimitKind::cgroup ? settings_.group : nullptr;
    if (group != nullptr && !group->set_limit(limit)) {
        fail("the group does not take a limit of " + std::to_string(limit));
        return Ending::broken;
    }
    const uint64_t kills = group == nullptr ? 0 : group->kills();
    const Command command = limited(limit, settings_.command);
    const Clock::time_point start = Clock::now();
    const Outcome outcome = execute(command);
    step.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (report_.stopped) return Ending::broken;
    judge(outcome, &step);
    if (group != nullptr && group->kills() != kills) {
        step.ending = Ending::broken;
        step.wrong = "DESCENT-ENDING: killed in its control group";
    }
    if (step.ending == Ending::out_of_memory && settings_.again && group == nullptr) {
        try_again(limit, &step);
    }
    if (step.ending == Ending::broken && !report_.stopped) {
        fail(step.wrong + " (exit status " + std::to_string(step.exit_code) + ", limit " +
             std::to_string(limit) + "): " + shell_line(command));
    }
    report_.steps.push_back(step);
    return step.ending;
}

void Descent::walk_ladder() {
    const double whole = static_cast<double>(top_) / static_cast<double>(floor_);
    ratio_ = std::pow(whole, 1.0 / (settings_.steps - 1));
    double limit = static_cast<double>(top_);
    for (unsigned step = 0; step < settings_.steps && !report_.stopped; ++step) {
        const bool last = step + 1 == settings_.steps;
        (void)try_limit(last ? floor_ : whole_pages(static_cast<uint64_t>(limit)));
        limit /= ratio_;
    }
}

// Between the smallest good limit and the largest that fails below it.
void Descent::bisect() {
    while (!report_.stopped) {
        uint64_t good = 0;
        for (const Step& step : report_.steps) {
            if (step.ending == Ending::good && (good == 0 || step.limit < good)) good = step.limit;
        }
        report_.smallest = good;
        uint64_t failed = 0;
        for (const Step& step : report_.steps) {
            if (step.limit < good) failed = std::max(failed, step.limit);
        }
        if (good == 0 || failed == 0 || fine_enough(failed, good)) return;
        (void)try_limit(whole_pages(failed + (good - failed) / 2));
    }
}

void Descent::check_order() {
    if (report_.smallest == 0) {
        fail("good at no limit");
        return;
    }
    bool failed = false;
    for (const Step& step : report_.steps) {
        if (step.ending == Ending::good || step.ending == Ending::broken) continue;
        failed = true;
        const double above =
            static_cast<double>(step.limit) / static_cast<double>(report_.smallest);
        if (above > ratio_ * 1.01) {
            fail("DESCENT-MONOTONE: fails at " + std::to_string(step.limit) + ", good at " +
                 std::to_string(report_.smallest) + ": " +
                 shell_line(limited(step.limit, settings_.command)));
        }
    }
    if (!failed && report_.failures.empty()) {
        fail("DESCENT-FAILS: good even at the floor, " + std::to_string(floor_) + ": " +
             shell_line(limited(floor_, settings_.command)));
    }
}

// What the process takes beside what the library maps: its peak without limit, less the smallest
// bound at which it is good.
bool Descent::learn_own_memory() {
    DescentSettings settings = settings_;
    settings.kind = LimitKind::bound;
    settings.again = false;
    settings.from = settings.floor = 0;
    const DescentReport bound = Descent(settings).run();
    report_.failures = bound.failures;
    report_.stopped = bound.stopped;
    const uint64_t library = std::min(bound.smallest, report_.peak);
    own_memory_ = report_.peak - library + kOwnMemoryMargin;
    return bound.failures.empty() && !bound.stopped;
}

DescentReport Descent::run() {
    if (!run_without_limit()) return report_;
    const bool ready = settings_.kind != LimitKind::cgroup || learn_own_memory();
    if (ready && find_floor() && find_top() && top_ > floor_) {
        walk_ladder();
        bisect();
        if (!report_.stopped) check_order();
    } else if (ready && report_.failures.empty() && !report_.stopped) {
        fail("the top is not above the floor, " + std::to_string(floor_));
    }
    std::sort(report_.steps.begin(), report_.steps.end(),
              [](const Step& left, const Step& right) { return left.limit > right.limit; });
    return report_;
}

std::string describe(const DescentReport& report) {
    std::string text;
    append(&text, "%14s %12s  %-14s %4s %8s\n", "limit, bytes", "", "ending", "exit", "seconds");
    for (const Step& step : report.steps) {
        constexpr const char* kEndings[] = {"good", "out of memory", "bound refused", "BROKEN"};
        append(&text, "%14llu %12s  %-14s %4d %8.3f\n", static_cast<unsigned long long>(step.limit),
               in_words(step.limit).c_str(), kEndings[static_cast<size_t>(step.ending)],
               step.exit_code, step.seconds);
    }
    return text;
}

}  // namespace stress
