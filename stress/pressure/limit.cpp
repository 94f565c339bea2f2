#include "stress/pressure/limit.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace stress {

namespace {

constexpr std::array<const char*, 4> kNames = {"as", "data", "bound", "cgroup"};
constexpr int kCannotRun = 127;

int failed(const char* what) {
    std::fprintf(stderr, "launch: %s: %s\n", what, std::strerror(errno));
    return kCannotRun;
}

bool set_limit(LimitKind kind, uint64_t bytes) {
    const auto resource = kind == LimitKind::as ? RLIMIT_AS : RLIMIT_DATA;
    rlimit limit = {};
    if (getrlimit(resource, &limit) != 0) return false;
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    return setrlimit(resource, &limit) == 0;
}

// This process goes into the group whose list of processes the file is.
bool join_group(const char* path) {
    const int list = open(path, O_WRONLY | O_CLOEXEC);
    if (list < 0) return false;
    const std::string self = std::to_string(getpid()) + '\n';
    const bool joined = write(list, self.data(), self.size()) == static_cast<ssize_t>(self.size());
    close(list);
    return joined;
}

}  // namespace

const char* limit_name(LimitKind kind) {
    return kNames[static_cast<size_t>(kind)];
}

std::optional<LimitKind> limit_named(std::string_view name) {
    for (size_t i = 0; i < kNames.size(); ++i) {
        if (name == kNames[i]) return static_cast<LimitKind>(i);
    }
    return std::nullopt;
}

Command launched(const std::string& launcher, LimitKind kind, const std::string& bytes_or_group,
                 const Command& command) {
    Command whole = {launcher, kLaunch, limit_name(kind), bytes_or_group};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

// Nothing is allocated once the limit is there.
int launch(const std::vector<std::string>& arguments) {
    const std::optional<LimitKind> kind =
        arguments.size() < 3 ? std::nullopt : limit_named(arguments[0]);
    if (!kind || *kind == LimitKind::bound) {
        std::fputs("launch: as|data|cgroup BYTES|FILE COMMAND...\n", stderr);
        return kCannotRun;
    }
    std::vector<char*> command;
    for (size_t i = 2; i < arguments.size(); ++i) {
        command.push_back(const_cast<char*>(arguments[i].c_str()));
    }
    command.push_back(nullptr);
    if (*kind == LimitKind::cgroup) {
        if (!join_group(arguments[1].c_str())) return failed("cannot join the group");
    } else {
        char* end = nullptr;
        errno = 0;
        const uint64_t bytes = std::strtoull(arguments[1].c_str(), &end, 10);
        if (errno != 0 || *end != '\0' || end == arguments[1].c_str()) {
            errno = EINVAL;
            return failed("bytes");
        }
        if (!set_limit(*kind, bytes)) return failed("cannot set the limit");
    }
    (void)execv(command[0], command.data());
    return failed(command[0]);
}

std::string in_words(uint64_t bytes) {
    char text[32];
    const double mebibytes = static_cast<double>(bytes) / 1048576.0;
    std::snprintf(text, sizeof text, mebibytes < 100 ? "%.2f MiB" : "%.0f MiB", mebibytes);
    return text;
}

}  // namespace stress
