#include "stress/trace/record.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

namespace trace {

namespace files = std::filesystem;

std::string recorder_beside_this_program() {
    std::error_code error;
    const files::path self = files::read_symlink("/proc/self/exe", error);
    const files::path recorder = self.parent_path() / "libmorph-trace.so";
    return files::exists(recorder, error) ? recorder.string() : std::string();
}

int record(const std::vector<std::string>& command, const std::string& output,
           const std::string& recorder) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) return 127;
    if (child == 0) {
        const std::string main = std::to_string(getpid());
        setenv("LD_PRELOAD", recorder.c_str(), 1);
        setenv("MORPH_TRACE_FILE", output.c_str(), 1);
        setenv("MORPH_TRACE_MAIN", main.c_str(), 1);
        execvp(arguments[0], arguments.data());
        std::fprintf(stderr, "%s: %s\n", arguments[0], std::strerror(errno));
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<std::string> recorded_files(const std::string& output) {
    std::vector<std::string> found;
    const files::path path(output);
    const files::path folder = path.has_parent_path() ? path.parent_path() : files::path(".");
    const std::string name = path.filename().string();
    std::error_code error;
    for (const auto& entry : files::directory_iterator(folder, error)) {
        const std::string other = entry.path().filename().string();
        if (other == name || other.starts_with(name + '.')) {
            found.push_back(entry.path().string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace trace
