// For tests: a directory that goes with everything in it; and a limit of a test's child process.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace morph {

class DirectoryForTests {
 public:
    DirectoryForTests() {
        std::string pattern = (std::filesystem::temp_directory_path() / "morph-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    DirectoryForTests(const DirectoryForTests&) = delete;
    DirectoryForTests& operator=(const DirectoryForTests&) = delete;
    ~DirectoryForTests() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }
    [[nodiscard]] size_t files() const {
        std::filesystem::directory_iterator begin(path_);
        return static_cast<size_t>(std::distance(begin, {}));
    }
    [[nodiscard]] std::string contents(const char* name) const {
        std::ifstream stream(file(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

 private:
    std::string path_;
};

// Of this process.
inline size_t open_descriptors() {
    std::filesystem::directory_iterator begin("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin, {}));
}

// Files of this process may not grow beyond that. In a child: it stays.
inline void limit_file_sizes(size_t bytes) {
    rlimit limit{bytes, bytes};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(99);
}

}  // namespace morph
