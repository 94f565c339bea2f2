#include "stress/driver/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stress {

namespace {

using Clock = std::chrono::steady_clock;

// More than this is read but not kept: a broken child must not take our memory.
constexpr size_t kOutputMax = size_t{16} << 20;

constexpr int kCannotRun = 127;

// What a shell takes as it is.
constexpr std::string_view kPlain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%";

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> list;
    list.reserve(words.size() + 1);
    for (const std::string& word : words) list.push_back(const_cast<char*>(word.c_str()));
    list.push_back(nullptr);
    return list;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& more) {
    std::vector<std::string> all = more;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string ours(*entry);
        const std::string name = ours.substr(0, ours.find('=') + 1);
        const bool replaced = std::any_of(
            more.begin(), more.end(), [&name](const auto& one) { return one.starts_with(name); });
        if (!replaced) all.push_back(ours);
    }
    return all;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, char* const* environment, int output,
                         pid_t parent) {
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kCannotRun);  // it died before we asked to be told
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) (void)dup2(nothing, 0);
    (void)dup2(output, 1);
    (void)dup2(output, 2);
    (void)execve(arguments[0], arguments, environment);
    _exit(kCannotRun);
}

pid_t start(const std::vector<std::string>& command, const std::vector<std::string>& environment,
            int output) {
    const std::vector<char*> arguments = pointers(command);
    const std::vector<std::string> merged = merged_environment(environment);
    const std::vector<char*> variables = pointers(merged);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) become(arguments.data(), variables.data(), output, parent);
    if (child > 0) (void)setpgid(child, child);  // whoever comes first
    return child;
}

// Everything that can be read at once; false at the end.
bool drain(int input, std::string* output) {
    std::array<char, 65536> buffer;
    while (true) {
        const ssize_t got = read(input, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN;
        if (got == 0) return false;
        if (output->size() < kOutputMax) output->append(buffer.data(), static_cast<size_t>(got));
    }
}

// Reads until the child has ended; false when it is to be stopped.
bool follow(int input, int child, int stop, Clock::time_point deadline, Outcome* outcome) {
    std::array<pollfd, 3> wait = {pollfd{child, POLLIN, 0}, pollfd{stop, POLLIN, 0},
                                  pollfd{input, POLLIN, 0}};
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return false;
        const int ready =
            poll(wait.data(), wait.size(), static_cast<int>(std::min<int64_t>(left, 60000)));
        if (ready <= 0) continue;
        if ((wait[1].revents & POLLIN) != 0) {
            outcome->told = true;
            return false;
        }
        // A child that closed its output still runs: only its end counts.
        if (wait[2].revents != 0 && !drain(input, &outcome->output)) wait[2].fd = -1;
        if ((wait[0].revents & POLLIN) != 0) return true;
    }
}

// By /proc, zombies included.
std::vector<pid_t> children_of_ours() {
    std::vector<pid_t> children;
    std::error_code error;
    for (const auto& process : std::filesystem::directory_iterator("/proc", error)) {
        std::ifstream stat(process.path() / "stat");
        std::string line;
        if (!std::getline(stat, line)) continue;
        // "17 (any name) S 1 ...": the parent is the second word behind the name.
        const size_t name_end = line.rfind(')');
        int pid = 0;
        int parent = 0;
        if (name_end == std::string::npos || std::sscanf(line.c_str(), "%d", &pid) != 1 ||
            std::sscanf(line.c_str() + name_end + 1, " %*c %d", &parent) != 1) {
            continue;
        }
        if (parent == getpid()) children.push_back(pid);
    }
    return children;
}

}  // namespace

Outcome run_child(const std::vector<std::string>& command, Clock::time_point deadline,
                  const ChildOptions& options) {
    Outcome outcome;
    outcome.exit_code = kCannotRun;
    outcome.output = "cannot run " + (command.empty() ? "nothing" : command[0]) + '\n';
    int pipe_ends[2];
    if (command.empty() || access(command[0].c_str(), X_OK) != 0) return outcome;
    if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) return outcome;
    // Only our end does not block: programs do not expect it of their output.
    (void)fcntl(pipe_ends[1], F_SETFL, 0);
    const pid_t child = start(command, options.environment, pipe_ends[1]);
    close(pipe_ends[1]);
    const int handle = child < 0 ? -1 : static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (handle >= 0) {
        outcome.output.clear();
        outcome.stopped = !follow(pipe_ends[0], handle, options.stop, deadline, &outcome);
        close(handle);
    }
    if (child > 0) {
        (void)kill(-child, SIGKILL);
        int status = 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        (void)drain(pipe_ends[0], &outcome.output);
    }
    close(pipe_ends[0]);
    return outcome;
}

std::string shell_line(const std::vector<std::string>& command,
                       const std::vector<std::string>& environment) {
    std::string line;
    const auto add = [&line](const std::string& word) {
        if (!line.empty()) line += ' ';
        if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
            line += word;
            return;
        }
        line += '\'';
        for (const char letter : word) line += letter == '\'' ? "'\\''" : std::string(1, letter);
        line += '\'';
    };
    if (!environment.empty()) line = "env";
    for (const std::string& variable : environment) add(variable);
    for (const std::string& argument : command) add(argument);
    return line;
}

void adopt_orphans() {
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void kill_descendants() {
    // Those that are killed leave their children to us: until there is none.
    for (int round = 0; round < 1000; ++round) {
        const std::vector<pid_t> children = children_of_ours();
        if (children.empty()) return;
        for (const pid_t child : children) (void)kill(child, SIGKILL);
        while (waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        (void)usleep(1000);
    }
}

}  // namespace stress
