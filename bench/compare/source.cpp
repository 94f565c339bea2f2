#include "bench/compare/source.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace compare {

namespace {

[[nodiscard]] bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

// Runs make in a child that writes to file. false: the child failed.
[[nodiscard]] bool make_in_child(const std::function<std::string()>& make, int file) {
    std::fflush(nullptr);  // or the child would write it again
    const pid_t child = fork();
    if (child == 0) _exit(write_all(file, make()) ? 0 : 1);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Source::Source(const std::function<std::string()>& make) {
    const int file = memfd_create("source", MFD_CLOEXEC);
    if (file < 0) return;
    struct stat status = {};
    if (make_in_child(make, file) && fstat(file, &status) == 0 && status.st_size > 0) {
        const auto size = static_cast<size_t>(status.st_size);
        void* memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
        if (memory != MAP_FAILED) {
            text_ = static_cast<const char*>(memory);
            size_ = size;
        }
    }
    (void)close(file);
}

Source::~Source() {
    if (text_ != nullptr) munmap(const_cast<char*>(text_), size_);
}

std::string join_sources(const std::string& folder, uint64_t lines) {
    std::error_code error;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".fox") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::string once;
    for (const auto& path : paths) {
        std::ifstream stream(path, std::ios::binary);
        once.append(std::istreambuf_iterator<char>(stream), {});
        if (!stream && !stream.eof()) return "";
        if (!once.empty() && once.back() != '\n') once += '\n';
    }
    const auto ends = static_cast<uint64_t>(std::count(once.begin(), once.end(), '\n'));
    if (ends == 0) return "";
    std::string joined;
    for (uint64_t made = 0; made < lines; made += ends) joined += once;
    return joined;
}

}  // namespace compare
