#include "os/clock.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <ctime>
#endif

namespace morph::os {

uint64_t monotonic_ns() {
#if defined(_WIN32)
    LARGE_INTEGER ticks;
    LARGE_INTEGER per_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&per_second);
    auto count = static_cast<uint64_t>(ticks.QuadPart);
    auto rate = static_cast<uint64_t>(per_second.QuadPart);
    // Seconds apart: the product of count and 10^9 would wrap after some hours.
    return count / rate * 1000000000 + count % rate * 1000000000 / rate;
#else
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
#endif
}

}  // namespace morph::os
