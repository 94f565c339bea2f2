// stress: all workloads, round after round with new seeds, until the time is up. Every finding is
// printed with the commands that show it. Last line: "stress: W workloads, F failures".
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "stress/driver/child.h"
#include "stress/driver/run.h"

namespace {

constexpr int kExitUsage = 2;

// SIGINT, SIGTERM and SIGHUP become something that can be waited for, in every thread; children are
// started without this (child.cpp).
int signals_as_descriptor() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
    (void)pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

// The signal that came; 0: none.
int signal_of(int descriptor) {
    signalfd_siginfo info = {};
    return read(descriptor, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                               : 0;
}

void add_all(CLI::App& app, stress::RunSettings* settings) {
    const std::map<std::string, stress::Plan> plans = {{"brief", stress::Plan::brief},
                                                       {"full", stress::Plan::full}};
    app.add_option("--seconds", settings->seconds, "wall time of the whole run")
        ->check(CLI::Range(0.0, 1e7));
    app.add_option("--seed", settings->seed, "of the first round; each round has the next");
    app.add_option("--rounds", settings->rounds,
                   "at most so many (0: as many as there is time for)");
    app.add_option("--plan", settings->plan, "brief (default): seconds each; full: a night's")
        ->transform(CLI::CheckedTransformer(plans));
    app.add_option("--rooms", settings->rooms, "only these, with commas between")->delimiter(',');
    app.add_option("--only", settings->only,
                   "workloads where \"room: name\" has this in it (regex)");
    app.add_option("--state", settings->state,
                   "directory of the journal: a run that was killed goes on where it stopped");
    app.add_option("--jobs", settings->jobs, "workloads at a time")->check(CLI::Range(1u, 64u));
    app.add_option("--programs", settings->places.programs,
                   "directory of fox-library and the others");
    app.add_option("--corpus", settings->places.corpus,
                   "directory with accepted/ and rejected/ sources");
    app.add_option("--traces", settings->places.traces, "directory of recorded traces");
}

}  // namespace

int main(int argc, char** argv) {
    stress::RunSettings settings;
    std::error_code error;
    settings.program = argv[0];
    settings.programs_beside =
        std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
    settings.places.programs = settings.programs_beside;
    bool list = false;
    CLI::App app{
        "Run what compilers, interpreters and servers do to a memory system, compare and judge.\n"
        "Exit status: 0 good, 1 findings, 2 usage; 128 + signal when one ended a good run."};
    add_all(app, &settings);
    app.add_flag("--list", list, "print the workloads of the first round, run none");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        return app.exit(wrong) == 0 ? 0 : kExitUsage;
    }
    if (list) return stress::print_list(settings) ? 0 : kExitUsage;
    settings.stop = signals_as_descriptor();
    stress::adopt_orphans();
    const int status = stress::run(settings);
    stress::kill_descendants();
    const int signal = signal_of(settings.stop);
    if (signal != 0) std::fprintf(stderr, "stress: ended by signal %d\n", signal);
    return status == 0 && signal != 0 ? 128 + signal : status;
}
