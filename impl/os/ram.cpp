#include "os/ram.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <sys/resource.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "os/cgroup.h"
#include "os/small_file.h"

namespace morph {

uint64_t RamLimits::least() const {
    uint64_t least = 0;
    for (uint64_t limit : {physical, group, address_space}) {
        if (limit != 0 && (least == 0 || limit < least)) least = limit;
    }
    return least;
}

#if defined(_WIN32)

RamLimits read_ram_limits(const char*, uint64_t address_space) {
    MEMORYSTATUSEX status = {};
    status.dwLength = sizeof status;
    uint64_t physical = GlobalMemoryStatusEx(&status) ? status.ullTotalPhys : 0;
    return {physical, 0, address_space};
}

uint64_t address_space_limit() {
    return 0;
}

#else

uint64_t address_space_limit() {
    rlimit limit = {};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
    return static_cast<uint64_t>(limit.rlim_cur);
}

#if defined(__APPLE__)

RamLimits read_ram_limits(const char*, uint64_t address_space) {
    uint64_t physical = 0;
    size_t size = sizeof physical;
    if (sysctlbyname("hw.memsize", &physical, &size, nullptr, 0) != 0) physical = 0;
    return {physical, 0, address_space};
}

#else

namespace {

// MemTotal:       16302736 kB
uint64_t physical_memory(const char* root) {
    PathBuffer path;
    path.append(root);
    path.append("/proc/meminfo");
    LineReader lines(path);
    while (auto line = lines.next()) {
        std::string_view rest = *line;
        if (take_until(&rest, ':') != "MemTotal") continue;
        rest = trim(rest);
        auto kibibytes = parse_decimal(take_until(&rest, ' '));
        uint64_t bytes;
        if (!kibibytes || trim(rest) != "kB") return 0;
        return __builtin_mul_overflow(*kibibytes, uint64_t{1024}, &bytes) ? 0 : bytes;
    }
    return 0;
}

}  // namespace

RamLimits read_ram_limits(const char* root, uint64_t address_space) {
    return {physical_memory(root), cgroup_memory_limit(root), address_space};
}

#endif
#endif

}  // namespace morph
