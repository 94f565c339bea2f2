#include "bench/compare/resident.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace compare {

namespace {

constexpr size_t kFileBytes = 8192;

// The number of kilobytes behind name in a file of /proc, in bytes.
uint64_t number_of(const char* path, const char* name) {
    char text[kFileBytes];
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t got = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    text[got < 0 ? 0 : got] = '\0';
    const char* at = std::strstr(text, name);
    if (at == nullptr) {
        std::fprintf(stderr, "compare: %s does not tell %s\n", path, name);
        std::abort();
    }
    return std::strtoull(at + std::strlen(name), nullptr, 10) * 1024;
}

}  // namespace

void bring_in_files() {
    std::FILE* maps = std::fopen("/proc/self/maps", "re");
    if (maps == nullptr) return;
    char line[512];
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long begin = 0;
        unsigned long end = 0;
        char rights[5] = {};
        char path[2] = {};
        // begin-end rights offset device inode path
        const int found =
            std::sscanf(line, "%lx-%lx %4s %*s %*s %*s %1s", &begin, &end, rights, path);
        if (found != 4 || path[0] != '/' || rights[0] != 'r') continue;
        (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_READ);
    }
    (void)std::fclose(maps);
}

uint64_t resident_now() {
    return number_of("/proc/self/status", "VmRSS:");
}

uint64_t resident_peak() {
    return number_of("/proc/self/status", "VmHWM:");
}

}  // namespace compare
