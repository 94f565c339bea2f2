#include "os/append_file.h"

#include <cerrno>

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace morph::os {

#if defined(_WIN32)

int append_to_file(const char*, std::string_view) {
    return ENOSYS;
}

#else

namespace {

constexpr mode_t kPermissions = 0666;  // less the umask

// Growing over the limit would raise SIGXFSZ, which ends the program.
int check_limit(int descriptor, size_t bytes) {
    struct stat status;
    rlimit limit;
    if (fstat(descriptor, &status) != 0) return errno;
    if (!S_ISREG(status.st_mode) || getrlimit(RLIMIT_FSIZE, &limit) != 0) return 0;
    auto length = static_cast<uint64_t>(status.st_size);
    return limit.rlim_cur != RLIM_INFINITY && length + bytes > limit.rlim_cur ? EFBIG : 0;
}

int write_whole(int descriptor, std::string_view text) {
    while (!text.empty()) {
        ssize_t written = write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<size_t>(written));
    }
    return 0;
}

}  // namespace

int append_to_file(const char* path, std::string_view text) {
    constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int descriptor;
    do {
        descriptor = open(path, kFlags, kPermissions);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) return errno;
    int error = check_limit(descriptor, text.size());
    if (error == 0) error = write_whole(descriptor, text);
    // Some file systems tell only now that there is no space.
    if (close(descriptor) != 0 && error == 0) error = errno;
    return error;
}

#endif

}  // namespace morph::os
