// soak: works for long in one process, sees that its memory stays flat and its results right. Last
// line: "soak: U units, resident flat|growing (slope ...), F failures".
#include "stress/soak/soak.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

constexpr int kExitUsage = 2;

// What is said when the process dies in a unit. A signal handler has nothing else to look at.
struct LastWords {
    char text[96];
    volatile sig_atomic_t length;
};
LastWords last_words = {};

void unit_begins(uint64_t unit, uint64_t seed) {
    last_words.length = 0;
    const int length = std::snprintf(
        last_words.text, sizeof last_words.text, "soak: died in unit %llu, seed %llu\n",
        static_cast<unsigned long long>(unit), static_cast<unsigned long long>(seed));
    last_words.length = length;
}

void on_death(int signal) {
    (void)!write(STDERR_FILENO, last_words.text, static_cast<size_t>(last_words.length));
    (void)raise(signal);  // the handler is gone by now (SA_RESETHAND)
}

// A sanitizer's handlers stay.
void tell_of_death() {
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE}) {
        struct sigaction action = {};
        if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
        action.sa_handler = on_death;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        (void)sigaction(signal, &action, nullptr);
    }
}

int signals_as_descriptor() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
    (void)pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

}  // namespace

int main(int argc, char** argv) {
    soak::Settings settings;
    settings.program = argv[0];
    CLI::App app{
        "Work for long with everything that the library makes, in one process, which must not "
        "grow.\nExit status: 0 good, 1 findings or growth, 2 usage; 128 + signal when one ended a "
        "good run."};
    app.add_option("--seconds", settings.seconds, "wall time")->check(CLI::Range(0.0, 1e9));
    app.add_option("--seed", settings.seed, "of the first unit; each unit has the next");
    app.add_option("--units", settings.units, "at most so many (0: as many as there is time for)");
    app.add_option("--state", settings.state,
                   "directory: a soak that was killed goes on where it stopped");
    app.add_option("--leak", settings.leak, "bytes that each unit leaks on purpose")->group("");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kExitUsage;
    }
    settings.begins = unit_begins;
    settings.stop = signals_as_descriptor();
    tell_of_death();
    const int status = soak::run(settings);
    signalfd_siginfo info = {};
    const bool told = read(settings.stop, &info, sizeof info) == sizeof info;
    return status == 0 && told ? 128 + static_cast<int>(info.ssi_signo) : status;
}
