// How much RAM this process may use: physical memory, control groups, address space limit.
//
// 0 means "no such limit, or the system does not tell" everywhere here: what cannot be read never
// makes a limit, and never widens one that could be read.
#pragma once

#include <cstdint>

namespace morph {

struct RamLimits {
    uint64_t physical;       // bytes of memory in the machine
    uint64_t group;          // least limit of the process's control groups (Linux)
    uint64_t address_space;  // RLIMIT_AS

    // The least limit that is there; 0 without any.
    [[nodiscard]] uint64_t least() const;
};

// root is put before /proc and /sys ("" for the real system), so that tests bring their own.
// address_space is passed through.
RamLimits read_ram_limits(const char* root, uint64_t address_space);

// RLIMIT_AS of this process.
uint64_t address_space_limit();

}  // namespace morph
