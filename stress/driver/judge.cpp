#include "stress/driver/judge.h"

#include <algorithm>

#include "stress/driver/child.h"

namespace stress {

namespace {

using Clock = std::chrono::steady_clock;

// A finding shows the beginning and the end of what was printed.
constexpr size_t kShownMax = 4000;

std::string result_lines(const std::string& output) {
    std::string lines;
    size_t begin = 0;
    while (begin < output.size()) {
        const size_t end = std::min(output.find('\n', begin), output.size() - 1) + 1;
        if (output.compare(begin, 7, "result ") == 0) lines += output.substr(begin, end - begin);
        begin = end;
    }
    return lines;
}

// The first line in which two outputs differ.
std::string first_difference(const std::string& left, const std::string& right) {
    const auto place = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    const auto offset = static_cast<size_t>(place.first - left.begin());
    const size_t begin = offset == 0 ? 0 : left.rfind('\n', offset - 1) + 1;
    const auto line_of = [begin](const std::string& text) {
        return begin < text.size() ? text.substr(begin, text.find('\n', begin) - begin)
                                   : std::string("(end)");
    };
    return '"' + line_of(left) + "\" and \"" + line_of(right) + '"';
}

std::string shown(const std::string& output) {
    if (output.size() <= 2 * kShownMax) return output;
    return output.substr(0, kShownMax) + "\n... " + std::to_string(output.size() - 2 * kShownMax) +
           " bytes ...\n" + output.substr(output.size() - kShownMax);
}

Judgement failed(const std::string& why, const Workload& workload, size_t command,
                 const std::string& more = {}) {
    return {Verdict::failed,
            why + "\n    " + shell_line(workload.commands[command], workload.environment) + more};
}

Judgement stopped(const Workload& workload, size_t command, const Outcome& outcome, bool hangs) {
    if (!hangs) return {Verdict::out_of_time, {}};
    const auto seconds = static_cast<long long>(workload.seconds_max);
    return failed("hangs: not ended within " + std::to_string(seconds) + " s", workload, command,
                  '\n' + shown(outcome.output));
}

}  // namespace

Judgement judge(const Workload& workload, Clock::time_point deadline, int stop) {
    if (workload.commands.empty()) return {Verdict::failed, "a workload without commands"};
    Clock::time_point own = deadline;
    if (workload.seconds_max > 0) {
        own = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(workload.seconds_max));
    }
    const ChildOptions options = {workload.environment, stop};
    std::string expected;
    for (size_t i = 0; i < workload.commands.size(); ++i) {
        const Outcome outcome = run_child(workload.commands[i], std::min(own, deadline), options);
        if (outcome.stopped) return stopped(workload, i, outcome, own < deadline && !outcome.told);
        if (outcome.exit_code != workload.exit_code) {
            return failed("exit status " + std::to_string(outcome.exit_code) + " instead of " +
                              std::to_string(workload.exit_code),
                          workload, i, '\n' + shown(outcome.output));
        }
        const std::string result =
            workload.results_only ? result_lines(outcome.output) : outcome.output;
        if (i == 0) {
            expected = result;
            if (result.empty() && workload.exit_code == 0) return failed("no result", workload, i);
        } else if (result != expected) {
            return failed("results differ: " + first_difference(expected, result), workload, i,
                          "\n    " + shell_line(workload.commands[0], workload.environment));
        }
    }
    return {Verdict::good, {}};
}

}  // namespace stress
