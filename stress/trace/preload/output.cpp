#include "stress/trace/preload/output.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stress/trace/format.h"

namespace trace {
namespace {

// Far above what programs use and close.
constexpr int kDescriptorLeast = 700;

// Appends to a text of at most size - 1 characters and says whether it fitted. (No stdio: it asks
// for memory.)
class Text {
 public:
    Text(char* buffer, size_t size) : buffer_(buffer), size_(size) { buffer_[0] = 0; }

    Text& add(const char* text) {
        for (; *text != 0; ++text) add(*text);
        return *this;
    }
    Text& add(char letter) {
        fits_ = fits_ && used_ + 1 < size_;
        if (!fits_) return *this;
        buffer_[used_++] = letter;
        buffer_[used_] = 0;
        return *this;
    }
    Text& add(uint64_t number) {
        char digits[24];
        size_t count = 0;
        do digits[count++] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        while (count != 0) add(digits[--count]);
        return *this;
    }
    [[nodiscard]] bool fits() const { return fits_; }
    [[nodiscard]] size_t used() const { return used_; }

 private:
    char* buffer_;
    size_t size_;
    size_t used_ = 0;
    bool fits_ = true;
};

// The name of the program without its directories.
const char* short_name() {
    const char* name = program_invocation_short_name;
    return name != nullptr ? name : "";
}

}  // namespace

bool Output::begin() {
    const char* pattern = getenv("MORPH_TRACE_FILE");
    if (pattern == nullptr || pattern[0] == 0) return false;
    Text text(pattern_, sizeof pattern_);
    // Absolute, for the process may change its directory.
    if (pattern[0] != '/') {
        if (getcwd(pattern_, sizeof pattern_ / 2) == nullptr) return give_up("getcwd");
        char folder[kPathMax / 2];
        memcpy(folder, pattern_, sizeof folder);
        text.add(folder).add('/');
    }
    if (!text.add(pattern).fits()) return give_up("MORPH_TRACE_FILE");
    const char* main = getenv("MORPH_TRACE_MAIN");
    if (main != nullptr) main_ = static_cast<pid_t>(strtol(main, nullptr, 10));
    return true;
}

bool Output::open_file() {
    char base[kPathMax + 32];
    Text name(base, sizeof base);
    const auto process = static_cast<uint64_t>(getpid());
    bool named = false;
    for (const char* at = pattern_; *at != 0; ++at) {
        if (at[0] == '%' && at[1] == 'p') {
            name.add(process);
            named = true;
            ++at;
        } else {
            name.add(*at);
        }
    }
    if (!named && getpid() != main_) name.add('.').add(process);
    if (!name.fits()) return give_up("MORPH_TRACE_FILE");
    for (unsigned attempt = 0; attempt <= kSameNameMax; ++attempt) {
        Text path(path_, sizeof path_);
        path.add(base);
        if (attempt != 0) path.add('.').add(uint64_t{attempt});
        descriptor_ = open(path_, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
        if (descriptor_ >= 0 || errno != EEXIST) break;
    }
    if (descriptor_ < 0) return give_up("open");
    const int high = fcntl(descriptor_, F_DUPFD_CLOEXEC, kDescriptorLeast);
    if (high >= 0) {
        close(descriptor_);
        descriptor_ = high;
    }
    struct stat status = {};
    if (fstat(descriptor_, &status) != 0) return give_up("fstat");
    device_ = status.st_dev;
    inode_ = status.st_ino;
    return write_head();
}

bool Output::write_head() {
    FileHead head;
    head.process = static_cast<uint32_t>(getpid());
    head.parent = static_cast<uint32_t>(getppid());
    head.flags = forked_ ? kAfterFork : 0;
    timespec now = {};
    clock_gettime(CLOCK_REALTIME, &now);
    head.started =
        static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
    Text(head.name.data(), head.name.size()).add(short_name());
    head.check = check_of(head);
    return write_all(reinterpret_cast<const unsigned char*>(&head), sizeof head);
}

// OUTPUT-OURS
bool Output::descriptor_is_ours() const {
    struct stat status = {};
    return fstat(descriptor_, &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

bool Output::reopen() {
    descriptor_ = open(path_, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor_ < 0) return give_up("open");
    if (!descriptor_is_ours()) {
        close(descriptor_);
        return give_up("another file has the name of the trace: open");
    }
    return true;
}

bool Output::write_all(const unsigned char* bytes, size_t count) {
    while (count != 0) {
        const ssize_t written = write(descriptor_, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return give_up("write");
        bytes += written;
        count -= static_cast<size_t>(written);
    }
    return true;
}

bool Output::give_up(const char* call) {
    const int error = errno;
    broken_ = true;
    char line[512];
    Text text(line, sizeof line);
    text.add("libmorph-trace: ").add(call).add(": error ").add(static_cast<uint64_t>(error));
    text.add(", nothing more is recorded\n");
    if (write(2, line, text.used()) < 0) errno = error;
    return false;
}

bool Output::write_frame(const unsigned char* frame, size_t bytes) {
    const Guard guard(lock_);
    if (broken_) return false;
    if (descriptor_ < 0) {
        if (!open_file()) return false;
    } else if (!descriptor_is_ours() && !reopen()) {
        return false;
    }
    return write_all(frame, bytes);
}

void Output::renew_in_child() {
    lock_.renew();
    if (descriptor_ >= 0 && descriptor_is_ours()) close(descriptor_);
    descriptor_ = -1;
    forked_ = true;
}

}  // namespace trace
