#include "stress/driver/line_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace stress {

namespace {

std::string reason(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

bool read_all(int descriptor, std::string* text) {
    std::array<char, 65536> buffer;
    while (true) {
        const ssize_t got = read(descriptor, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0;
        text->append(buffer.data(), static_cast<size_t>(got));
    }
}

// A new name is on the disk when its directory is.
void sync_directory(const std::string& directory) {
    const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    (void)fsync(descriptor);
    close(descriptor);
}

// A run that was killed may have left a process between fork and exec, which still holds the lock
// that it inherited, for an instant or, on a busy machine, for more. A run that lives holds it on.
bool lock(int descriptor) {
    for (int tries = 0; tries < 300; ++tries) {
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        (void)usleep(10000);
    }
    return false;
}

}  // namespace

LineFile::~LineFile() {
    if (descriptor_ >= 0) close(descriptor_);
}

std::string LineFile::open(const std::string& directory, const std::string& name,
                           const std::function<bool(std::string_view)>& valid,
                           std::vector<std::string>* lines) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    const std::string path = directory + '/' + name;
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) return reason("cannot open " + path);
    if (!lock(descriptor_)) return path + ": another run has it open";
    std::string text;
    if (!read_all(descriptor_, &text)) return reason("cannot read " + path);
    size_t begin = 0;
    while (begin < text.size()) {
        const size_t end = text.find('\n', begin);
        const std::string line = text.substr(begin, end - begin);
        if (end == std::string::npos || !valid(line)) {
            const bool last = end == std::string::npos || end + 1 == text.size();
            if (last) break;
            return path + ": line " + std::to_string(lines->size() + 1) + " is not one of ours";
        }
        lines->push_back(line);
        begin = end + 1;
    }
    size_ = static_cast<long long>(begin);
    if (ftruncate(descriptor_, size_) != 0) return reason("cannot write " + path);
    sync_directory(directory);
    return {};
}

bool LineFile::append(std::string_view line) {
    const std::string whole = std::string(line) + '\n';
    if (write_all(descriptor_, whole) && fsync(descriptor_) == 0) {
        size_ += static_cast<long long>(whole.size());
        return true;
    }
    (void)!ftruncate(descriptor_, size_);
    return false;
}

bool write_whole(const std::string& path, std::string_view text) {
    const std::string beside = path + ".new";
    const int descriptor = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) return false;
    const bool written = write_all(descriptor, text) && fsync(descriptor) == 0;
    close(descriptor);
    if (!written || rename(beside.c_str(), path.c_str()) != 0) {
        (void)unlink(beside.c_str());
        return false;
    }
    sync_directory(std::filesystem::path(path).parent_path().string());
    return true;
}

}  // namespace stress
