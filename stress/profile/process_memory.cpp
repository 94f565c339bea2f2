#include "stress/profile/process_memory.h"

#include <cstdio>
#include <fstream>
#include <string>

namespace profile {

ProcessMemory process_memory() {
    ProcessMemory memory;
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        unsigned long long kilobytes = 0;
        if (std::sscanf(line.c_str(), "VmRSS: %llu kB", &kilobytes) == 1) {
            memory.rss = kilobytes * 1024;
        } else if (std::sscanf(line.c_str(), "VmHWM: %llu kB", &kilobytes) == 1) {
            memory.peak = kilobytes * 1024;
        }
    }
    return memory;
}

}  // namespace profile
