// Memory of this process as the kernel sees it: VmRSS and VmHWM, in bytes. Zero where the system
// does not tell.
#pragma once

#include <cstdint>

namespace profile {

struct ProcessMemory {
    uint64_t rss = 0;
    uint64_t peak = 0;
};

[[nodiscard]] ProcessMemory process_memory();

}  // namespace profile
