#include "os/replace_file.h"

#include <cerrno>
#include <cstdio>

#if !defined(_WIN32)
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace morph {

#if defined(_WIN32)

ReplaceFile::ReplaceFile(const char*) : error_(ENOSYS) {}
ReplaceFile::~ReplaceFile() = default;
bool ReplaceFile::write(const char*, size_t) {
    return false;
}
bool ReplaceFile::commit() {
    return false;
}

#else

namespace {

constexpr int kNamesTried = 1000;
constexpr unsigned kNewFilePermissions = 0666;  // less the umask

void append_number(PathBuffer* path, unsigned long number) {
    char digits[24];
    size_t count = sizeof(digits);
    do {
        digits[--count] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    path->append({digits + count, sizeof(digits) - count});
}

int open_again(const char* path, int flags, unsigned permissions) {
    int descriptor;
    do {
        descriptor = open(path, flags | O_CLOEXEC | O_NOCTTY, static_cast<mode_t>(permissions));
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

}  // namespace

ReplaceFile::ReplaceFile(const char* path) {
    static_assert(PathBuffer::kBytesMax >= PATH_MAX, "realpath writes up to PATH_MAX bytes");
    char resolved[PathBuffer::kBytesMax];
    struct stat status;
    bool exists = stat(path, &status) == 0;
    if (!exists && errno != ENOENT) {
        fail();
        return;
    }
    if (exists && S_ISDIR(status.st_mode)) {
        error_ = EISDIR;
        return;
    }
    if (exists && !S_ISREG(status.st_mode)) {
        descriptor_ = open_again(path, O_WRONLY, 0);
        if (descriptor_ < 0) fail();
        return;
    }
    struct stat link;
    bool named = lstat(path, &link) == 0;
    if (!named && errno != ENOENT) {  // replacing what is a link would lose it
        fail();
        return;
    }
    if (named && S_ISLNK(link.st_mode)) {
        // A link to a file that does not exist fails here, and that is said.
        if (realpath(path, resolved) == nullptr) {
            fail();
            return;
        }
        path = resolved;
    }
    open_temporary(path, exists ? status.st_mode & 0777u : kNewFilePermissions);
    if (ok() && exists && fchmod(descriptor_, status.st_mode & 0777u) != 0) {
        fail();
        discard();
    }
}

ReplaceFile::~ReplaceFile() {
    discard();
}

// In the target's directory, since a rename does not cross file systems.
void ReplaceFile::open_temporary(const char* path, unsigned permissions) {
    std::string_view name(path);
    target_.append(name);
    size_t slash = name.rfind('/');
    size_t directory = slash == std::string_view::npos ? 0 : slash + 1;
    if (directory == name.size()) {  // "" and "some/"
        error_ = name.empty() ? ENOENT : EISDIR;
        return;
    }
    for (int attempt = 0; attempt < kNamesTried; ++attempt) {
        temporary_.clear();
        temporary_.append({path, directory});
        temporary_.append(".morph-");
        append_number(&temporary_, static_cast<unsigned long>(getpid()));
        temporary_.append("-");
        append_number(&temporary_, static_cast<unsigned long>(attempt));
        if (!temporary_.valid() || !target_.valid()) {
            temporary_.clear();
            error_ = ENAMETOOLONG;
            return;
        }
        descriptor_ = open_again(temporary_.text(), O_WRONLY | O_CREAT | O_EXCL, permissions);
        if (descriptor_ >= 0) return;
        if (errno != EEXIST) break;
    }
    fail();
    temporary_.clear();  // not ours to remove
}

bool ReplaceFile::fail() {
    if (error_ == 0) error_ = errno;
    return false;
}

void ReplaceFile::close_descriptor() {
    if (descriptor_ >= 0 && close(descriptor_) != 0) fail();
    descriptor_ = -1;
}

void ReplaceFile::discard() {
    close_descriptor();
    if (temporary_.length() > 0) unlink(temporary_.text());
    temporary_.clear();
}

bool ReplaceFile::write(const char* bytes, size_t count) {
    if (!ok()) return false;
    while (count > 0) {
        ssize_t written = ::write(descriptor_, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail();
        bytes += written;
        count -= static_cast<size_t>(written);
    }
    return true;
}

bool ReplaceFile::commit() {
    bool replaces = temporary_.length() > 0;
    // Some file systems have no fsync (EINVAL): then the rename alone must do.
    if (ok() && replaces && fsync(descriptor_) != 0 && errno != EINVAL) fail();
    close_descriptor();
    if (ok() && replaces) {
        if (rename(temporary_.text(), target_.text()) != 0) {
            fail();
        } else {
            temporary_.clear();
        }
    }
    discard();
    return ok();
}

#endif

}  // namespace morph
