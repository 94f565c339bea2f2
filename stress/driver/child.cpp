#include "stress/driver/child.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace stress {

namespace {

using Clock = std::chrono::steady_clock;

// More than this is read but not kept: a broken child must not take our memory.
constexpr size_t kOutputMax = size_t{16} << 20;

pid_t spawn(const std::vector<std::string>& command, int output) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    pid_t child = -1;
    const int error =
        posix_spawn(&child, command[0].c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? child : -1;
}

// Until the other end is closed; false when the deadline came first.
bool collect(int input, Clock::time_point deadline, std::string* output) {
    std::array<char, 65536> buffer;
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        pollfd descriptor = {input, POLLIN, 0};
        const int ready = poll(&descriptor, 1, static_cast<int>(left.count()));
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        const ssize_t got = read(input, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        if (output->size() < kOutputMax) output->append(buffer.data(), static_cast<size_t>(got));
    }
}

}  // namespace

Outcome run_child(const std::vector<std::string>& command, Clock::time_point deadline) {
    Outcome outcome;
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return outcome;
    const pid_t child = spawn(command, pipe_ends[1]);
    close(pipe_ends[1]);
    if (child < 0) {
        close(pipe_ends[0]);
        outcome.exit_code = 127;
        outcome.output = "cannot run " + command[0] + '\n';
        return outcome;
    }
    outcome.stopped = !collect(pipe_ends[0], deadline, &outcome.output);
    close(pipe_ends[0]);
    if (outcome.stopped) kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return outcome;
}

std::string shell_line(const std::vector<std::string>& command) {
    std::string line;
    for (const std::string& argument : command) line += (line.empty() ? "" : " ") + argument;
    return line;
}

}  // namespace stress
