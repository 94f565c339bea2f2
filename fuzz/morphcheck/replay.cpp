// morphcheck replay, explain, shrink: programs from files.
#include <algorithm>
#include <cstdio>
#include <unistd.h>

#include "fuzz/cpp_program.h"
#include "fuzz/explain.h"
#include "fuzz/morphcheck/commands.h"
#include "fuzz/morphcheck/files.h"
#include "fuzz/morphcheck/report.h"
#include "fuzz/sweep.h"
#include "fuzz/text.h"

namespace suite {
namespace {

constexpr double kReplaySeconds = 600;

// false: a finding, which is printed.
bool replay_one(const Program& program, const std::string& file, const SubjectEntry& subject) {
    IsolateOptions options;
    options.seconds = kReplaySeconds;
    options.track = true;
    const Outcome outcome = run_isolated(program, subject, options);
    if (outcome.end == End::passed) return true;
    print_finding(outcome, program, subject,
                  "morphcheck replay --subject " + subject.name + " " + file);
    return false;
}

bool sweep_one(const Program& program, const std::string& file, const SubjectEntry& subject) {
    if (!subject.abilities.limits) return true;
    Progress progress;
    SweepOptions options;
    options.progress = [&](size_t request, size_t requests) {
        progress.show(file + ": " + subject.name + ": request " + std::to_string(request) + " of " +
                      std::to_string(requests));
    };
    const SweepResult result = sweep(program, subject, options);
    if (!result.finding) return true;
    Outcome outcome;
    outcome.end = End::finding;
    outcome.checker = result.finding->finding.checker;
    outcome.operation = result.finding->finding.operation;
    outcome.text = result.finding->finding.text;
    print_finding(outcome, result.finding->program.value_or(program), subject,
                  "morphcheck replay --sweep --subject " + subject.name + " " + file);
    return false;
}

}  // namespace

int replay_command(const ReplayCommand& command) {
    std::vector<SubjectEntry> chosen;
    if (command.subject.empty()) {
        chosen = fitting_subjects();
    } else {
        const std::optional<SubjectEntry> subject = subject_or_complain(command.subject);
        if (!subject) return kExitUsage;
        chosen.push_back(*subject);
    }
    size_t findings = 0;
    size_t runs = 0;
    for (const std::string& file : command.files) {
        std::string error;
        const std::optional<LoadedProgram> loaded = load_program(file, &error);
        if (!loaded) return usage_error(error);
        for (const SubjectEntry& subject : chosen) {
            bool good = replay_one(loaded->program, file, subject);
            if (good && command.sweep) good = sweep_one(loaded->program, file, subject);
            findings += good ? 0 : 1;
            ++runs;
        }
    }
    std::printf("%zu files on %zu subjects: %zu runs, %zu findings\n", command.files.size(),
                chosen.size(), runs, findings);
    return findings == 0 ? kExitOk : kExitFinding;
}

int explain_command(const ExplainCommand& command) {
    std::string error;
    const std::optional<LoadedProgram> loaded = load_program(command.file, &error);
    if (!loaded) return usage_error(error);
    const std::string name = command.subject.empty() ? "context" : command.subject;
    const std::optional<SubjectEntry> subject = subject_or_complain(name);
    if (!subject) return kExitUsage;
    (void)std::fflush(stdout);
    const Outcome outcome = explain(loaded->program, *subject, STDOUT_FILENO);
    return outcome.end == End::passed ? kExitOk : kExitFinding;
}

int shrink_command(const ShrinkCommand& command) {
    std::string error;
    const std::optional<LoadedProgram> loaded = load_program(command.file, &error);
    if (!loaded) return usage_error(error);
    const std::optional<SubjectEntry> subject = subject_or_complain(command.subject);
    if (!subject) return kExitUsage;
    if (command.cpp && subject->kind == Kind::heap) {
        return usage_error(
            "--cpp: programs on collected heaps have no C++ form yet; the program "
            "as text reproduces a finding");
    }
    const Outcome first = run_isolated(loaded->program, *subject);
    if (first.end == End::passed) {
        return usage_error(command.file + ": passes on subject " + subject->name +
                           ": there is nothing to shrink");
    }
    ShrinkResult result;
    {
        Progress progress;
        ShrinkOptions options;
        options.seconds = command.seconds;
        options.progress = [&](size_t operations, size_t candidates) {
            progress.show(signature(first) + ": " + std::to_string(operations) + " operations, " +
                          std::to_string(candidates) + " candidates");
        };
        // A candidate that runs much longer than the original is no simpler program.
        IsolateOptions isolate;
        isolate.seconds = std::min(20.0, command.seconds);
        result = shrink(loaded->program, fails_like(first, *subject, isolate), options);
    }
    IsolateOptions track;
    track.track = true;
    const Outcome last = run_isolated(result.program, *subject, track);
    const std::string note = signature(last) + " on subject " + subject->name + ":\n" + last.text;
    std::string comment = "# " + signature(last) + " on subject " + subject->name + "\n";
    if (!store_file(command.out, comment + print(result.program), &error)) {
        return usage_error(error);
    }
    if (command.cpp &&
        !store_file(command.out + ".cpp", cpp_program(result.program, *subject, note), &error)) {
        return usage_error(error);
    }
    std::printf("%zu operations of %zu are left, after %zu candidates%s\n",
                result.program.operations.size(), loaded->program.operations.size(),
                result.candidates, result.finished ? "" : " (time was over: not minimal)");
    print_finding(last, result.program, *subject,
                  "morphcheck replay --subject " + subject->name + " " + command.out);
    return kExitFinding;
}

}  // namespace suite
