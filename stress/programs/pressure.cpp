// pressure: runs a workload program under pressure. One of:
//   --limit as|data|bound|cgroup   a limit that falls down to where the workload must fail
//   --refuse-runs K                K requests for memory refused at random, at each of three rates
//   --neighbour BYTES              beside a process that fills memory in steps
// Last line: "pressure: S steps, smallest limit X, F failures". Lines that begin with "result " are
// those of the workload without pressure.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <sys/signalfd.h>
#include <unistd.h>
#include <vector>

#include "stress/driver/child.h"
#include "stress/pressure/attempts.h"
#include "stress/pressure/control_group.h"
#include "stress/pressure/descent.h"
#include "stress/pressure/limit.h"
#include "stress/pressure/neighbour.h"

namespace {

using Clock = std::chrono::steady_clock;
using stress::Command;
using stress::Exit;
using stress::LimitKind;

constexpr int kExitStopped = 130;

struct Settings {
    std::string launcher;
    Command command;
    std::string limit;
    unsigned steps = 8;
    uint64_t from = 0;
    uint64_t floor = 0;
    bool again = false;
    double seconds = 60;
    std::string group;
    uint64_t refusals = 0;
    std::vector<double> rates = {0.1, 0.01, 0.001};
    uint64_t seed = 1;
    uint64_t neighbour = 0;
    uint64_t runs = 3;
    int stop = -1;
};

struct Tally {
    uint64_t steps = 0;
    uint64_t smallest = 0;
    uint64_t failures = 0;
    bool stopped = false;
};

void fail(Tally* tally, const std::string& text) {
    tally->failures += 1;
    std::printf("FAILED %s\n", text.c_str());
}

void descend(const Settings& settings, LimitKind kind, Tally* tally) {
    std::unique_ptr<stress::ControlGroup> group;
    if (kind == LimitKind::cgroup) {
        std::string reason = "no --group DIRECTORY was given to make one in";
        if (!settings.group.empty()) group = stress::ControlGroup::make(settings.group, &reason);
        if (group == nullptr) {
            std::printf("skipped: %s\n", reason.c_str());
            return;
        }
        std::printf("control group %s, %s\n", group->path().c_str(), group->is_v2() ? "v2" : "v1");
    }
    stress::DescentSettings descent;
    descent.launcher = settings.launcher;
    descent.command = settings.command;
    descent.kind = kind;
    descent.steps = settings.steps;
    descent.from = settings.from;
    descent.floor = settings.floor;
    descent.again = settings.again;
    descent.seconds = settings.seconds;
    descent.group = group.get();
    descent.stop = settings.stop;
    const stress::DescentReport report = stress::Descent(descent).run();
    std::printf("limit %s, resident peak without limit %s\n%s%s", settings.limit.c_str(),
                stress::in_words(report.peak).c_str(), stress::describe(report).c_str(),
                report.results.c_str());
    for (const std::string& text : report.failures) fail(tally, text);
    tally->steps += report.steps.size();
    tally->smallest = report.smallest;
    tally->stopped = report.stopped;
}

// The command must end good within its time; its output.
std::string run_good(const Settings& settings, const Command& command, Tally* tally) {
    const auto limit = std::chrono::duration<double>(settings.seconds);
    stress::ChildOptions options;
    options.stop = settings.stop;
    const stress::Outcome outcome = stress::run_child(
        command, Clock::now() + std::chrono::duration_cast<Clock::duration>(limit), options);
    tally->steps += 1;
    tally->stopped = tally->stopped || outcome.told;
    if (outcome.told) return {};
    if (outcome.stopped || outcome.exit_code != Exit::good) {
        fail(tally, (outcome.stopped ? "hangs" : "exit status ") +
                        (outcome.stopped ? "" : std::to_string(outcome.exit_code)) + ": " +
                        stress::shell_line(command) + "\n" + outcome.output);
    }
    return outcome.output;
}

void compare(const std::string& results, const std::string& output, const Command& command,
             Tally* tally) {
    if (tally->stopped || tally->failures != 0) return;
    if (stress::result_lines(output) == results && !results.empty()) return;
    fail(tally, "other results than without pressure: " + stress::shell_line(command));
}

void refuse(const Settings& settings, Tally* tally) {
    const std::string results = stress::result_lines(run_good(settings, settings.command, tally));
    std::fputs(results.c_str(), stdout);
    for (const double rate : settings.rates) {
        if (tally->stopped) return;
        char text[32];
        std::snprintf(text, sizeof text, "%g", rate);
        Command command = settings.command;
        command.insert(command.end(),
                       {"--refuse", text, "--refuse-seed", std::to_string(settings.seed),
                        "--refuse-until", std::to_string(settings.refusals)});
        const std::string output = run_good(settings, command, tally);
        compare(results, output, command, tally);
        // At the beginning of a line: messages of single failures have the word, too.
        const size_t at = output.starts_with("refused ") ? 0 : output.find("\nrefused ") + 1;
        const std::string told =
            at == 0 && !output.starts_with("refused ") ? "" : output.substr(at);
        if (told.empty() && !tally->stopped) fail(tally, "nothing was refused");
        std::printf("rate %s, seed %llu: %s\n", text,
                    static_cast<unsigned long long>(settings.seed),
                    told.substr(0, told.find('\n')).c_str());
    }
}

void run_beside_neighbour(const Settings& settings, Tally* tally) {
    const std::string results = stress::result_lines(run_good(settings, settings.command, tally));
    std::fputs(results.c_str(), stdout);
    if (tally->stopped || tally->failures != 0) return;
    constexpr uint64_t kSteps = 16;
    constexpr double kPatience = 30;  // seconds
    const stress::Neighbour neighbour(settings.neighbour, settings.neighbour / kSteps);
    if (!neighbour.wait_until_full(kPatience)) {
        std::printf("skipped: no room for a neighbour, %s are available\n",
                    stress::in_words(stress::memory_available()).c_str());
        return;
    }
    for (uint64_t run = 0; run < settings.runs && !tally->stopped; ++run) {
        compare(results, run_good(settings, settings.command, tally), settings.command, tally);
    }
    std::printf("a neighbour held %s, %llu times\n",
                stress::in_words(neighbour.bytes_peak()).c_str(),
                static_cast<unsigned long long>(neighbour.rounds()));
}

// Signals that end this program are read from a descriptor, so that it ends in order: no child, no
// group is left.
int stop_descriptor() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int one : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, one);
    (void)sigprocmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

void add_pressure_options(CLI::App& app, Settings* settings) {
    app.add_option("--limit", settings->limit, "as, data, bound or cgroup")
        ->check(CLI::IsMember({"as", "data", "bound", "cgroup"}));
    app.add_option("--steps", settings->steps, "of the falling limit, before it is narrowed down")
        ->check(CLI::Range(2u, 1000u));
    app.add_option("--from", settings->from, "bytes of the largest limit (default: found)");
    app.add_option("--floor", settings->floor,
                   "bytes of the smallest (default: at which the command says --help)");
    app.add_flag("--again", settings->again, "what fails must succeed when its limit is lifted");
    app.add_option("--seconds", settings->seconds, "of one run; longer: it hangs")
        ->check(CLI::PositiveNumber);
    app.add_option("--group", settings->group,
                   "a control group that is ours to make groups in (--limit cgroup)");
    app.add_option("--refuse-runs", settings->refusals, "refused requests, at each rate");
    app.add_option("--rates", settings->rates, "of refusals, with commas")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--seed", settings->seed, "of refusals");
    app.add_option("--neighbour", settings->neighbour, "bytes; half of what is available at most");
    app.add_option("--runs", settings->runs, "beside the neighbour");
    app.add_option("COMMAND", settings->command, "behind --: a path, and arguments")->required();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::string(argv[1]) == stress::kLaunch) {
        return stress::launch({argv + 2, argv + argc});
    }
    Settings settings;
    CLI::App app{
        "Run a workload under a falling limit, with refused requests, or beside a neighbour.\n"
        "Exit status: 0 good, 2 usage, 4 a failure."};
    add_pressure_options(app, &settings);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : Exit::usage;
    }
    const int modes = (settings.limit.empty() ? 0 : 1) + (settings.refusals == 0 ? 0 : 1) +
                      (settings.neighbour == 0 ? 0 : 1);
    if (modes != 1) {
        std::fputs("one of --limit, --refuse-runs and --neighbour\n", stderr);
        return Exit::usage;
    }
    std::error_code error;
    settings.launcher = std::filesystem::read_symlink("/proc/self/exe", error).string();
    settings.stop = stop_descriptor();
    stress::adopt_orphans();
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(settings.seed),
                stress::shell_line(settings.command).c_str());
    Tally tally;
    if (!settings.limit.empty()) descend(settings, *stress::limit_named(settings.limit), &tally);
    if (settings.refusals != 0) refuse(settings, &tally);
    if (settings.neighbour != 0) run_beside_neighbour(settings, &tally);
    stress::kill_descendants();
    std::printf("pressure: %llu steps, smallest limit %llu, %llu failures%s\n",
                static_cast<unsigned long long>(tally.steps),
                static_cast<unsigned long long>(tally.smallest),
                static_cast<unsigned long long>(tally.failures), tally.stopped ? ", stopped" : "");
    if (tally.stopped) return kExitStopped;
    return tally.failures == 0 ? Exit::good : Exit::broken;
}
