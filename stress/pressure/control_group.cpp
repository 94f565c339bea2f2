#include "stress/pressure/control_group.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace stress {

namespace {

bool exists(const std::string& path) {
    struct stat status = {};
    return stat(path.c_str(), &status) == 0;
}

std::string contents(const std::string& path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
}

bool write_to(const std::string& path, const std::string& text) {
    std::ofstream stream(path);
    stream << text << std::flush;
    return static_cast<bool>(stream);
}

bool has_word(const std::string& text, const char* wanted) {
    std::istringstream words(text);
    std::string word;
    while (words >> word) {
        if (word == wanted) return true;
    }
    return false;
}

// Of a file of lines "name value".
uint64_t value_of(const std::string& text, const char* name) {
    std::istringstream words(text);
    std::string word;
    uint64_t value = 0;
    while (words >> word >> value) {
        if (word == name) return value;
    }
    return 0;
}

void kill_processes(const std::string& list) {
    std::istringstream numbers(contents(list));
    pid_t process = 0;
    while (numbers >> process) {
        if (process > 1 && process != getpid()) (void)kill(process, SIGKILL);
    }
}

}  // namespace

ControlGroup::ControlGroup(std::string path, bool v2) : path_(std::move(path)), v2_(v2) {}

std::unique_ptr<ControlGroup> ControlGroup::make(const std::string& parent, std::string* reason) {
    const std::string controllers = contents(parent + "/cgroup.controllers");
    const bool v2 = exists(parent + "/cgroup.controllers");
    if (v2 && !has_word(controllers, "memory")) {
        *reason = parent + " has no memory controller";
        return nullptr;
    }
    if (!v2 && !exists(parent + "/memory.limit_in_bytes")) {
        *reason = parent + " is no control group with a memory controller, v1 or v2";
        return nullptr;
    }
    // v2: the parent hands the controller down to its children, if it does not yet.
    if (v2 && !has_word(contents(parent + "/cgroup.subtree_control"), "memory") &&
        !write_to(parent + "/cgroup.subtree_control", "+memory")) {
        *reason = parent + " does not let us hand its memory controller down";
        return nullptr;
    }
    const std::string path = parent + "/morph-pressure-" + std::to_string(getpid());
    if (mkdir(path.c_str(), 0755) != 0) {
        *reason = path + " cannot be made: " + std::strerror(errno);
        return nullptr;
    }
    return std::unique_ptr<ControlGroup>(new ControlGroup(path, v2));
}

// The kernel lets a group go only when its processes have been buried, which takes them a moment.
ControlGroup::~ControlGroup() {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries && rmdir(path_.c_str()) != 0 && errno != ENOENT; ++i) {
        kill_processes(processes());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (exists(path_)) std::fprintf(stderr, "%s cannot be removed\n", path_.c_str());
}

bool ControlGroup::set_limit(uint64_t bytes) {
    const std::string text = std::to_string(bytes);
    if (v2_) {
        (void)write_to(path_ + "/memory.swap.max", "0");
        return write_to(path_ + "/memory.max", text);
    }
    // v1: the limit with swap is never below the one without; so the order depends on the way.
    (void)write_to(path_ + "/memory.swappiness", "0");
    const std::string plain = path_ + "/memory.limit_in_bytes";
    const std::string with_swap = path_ + "/memory.memsw.limit_in_bytes";
    const bool first = write_to(plain, text);
    (void)write_to(with_swap, text);
    return first || write_to(plain, text);
}

uint64_t ControlGroup::kills() const {
    return v2_ ? value_of(contents(path_ + "/memory.events"), "oom_kill")
               : value_of(contents(path_ + "/memory.oom_control"), "oom_kill");
}

}  // namespace stress
