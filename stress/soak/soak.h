// The soak: one process that works for long, unit after unit (unit.h), and must not grow.
//
// SOAK-FLAT   resident memory (VmRSS) and the bytes that the kept worlds hold pass the slope test
//             (trend.h) in every life
// SOAK-SEED   unit N has the seed of the run + N - 1
#pragma once

#include <cstdint>
#include <string>

namespace soak {

struct Settings {
    double seconds = 60;  // wall time
    uint64_t seed = 1;
    uint64_t units = 0;   // at most so many in this process; 0: as many as there is time for
    std::string state;    // directory; empty: none
    uint64_t leak = 0;    // bytes that each unit leaks, to see that it is found
    std::string program;  // as the user called it
    int stop = -1;        // a descriptor: the soak ends when it can be read from
    // Told before each unit, for a program that dies in one; may be NULL.
    void (*begins)(uint64_t unit, uint64_t seed) = nullptr;
};

// Prints as it goes. Exit status: 0 good, 1 something was found or no unit ended, 2 usage.
[[nodiscard]] int run(const Settings& settings);

}  // namespace soak
