// The profile: what a compiler asks of its memory system, reduced to sizes and proportions.
//
// For each 1,000 lines of source 100,000 objects: 15.2 % tokens of 32 bytes, 23.5 % tree nodes of
// 48, 45.2 % identifiers of 24, 12.7 % strings of 64, 3.4 % others of 128: 3,947,200 bytes of
// payload. Each object is filled from its identity and verified at the end of its phase. In RUNTIME
// mode the first word of each is a link, and all are reachable from one root (objects.h).
//
//   whole     allocate everything, verify it
//   reset     free everything at once
//   again     the same program in the same context; must map no more than the first time
//   replace   (--replace) free and allocate anew objects picked at random, verify what is freed
//
// In RUNTIME mode live objects are counted, and memory is measured, after a major collection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "stress/memory/setup.h"

#include "morph/mem.h"

namespace profile {

inline constexpr uint64_t kObjectsPerLine = 100;

// The mix repeats every 1,000 objects, in an order drawn from the seed.
inline constexpr size_t kPatternObjects = 1000;

struct Kind {
    const char* name;
    uint32_t size;
    uint32_t per_thousand;
};
inline constexpr Kind kKinds[] = {{"token", 32, 152},
                                  {"node", 48, 235},
                                  {"identifier", 24, 452},
                                  {"string", 64, 127},
                                  {"other", 128, 34}};
inline constexpr size_t kKindCount = sizeof kKinds / sizeof kKinds[0];

struct Settings {
    uint64_t lines = 1000;
    uint64_t seed = 1;
    bool replace = false;
    bool metrics = true;
    stress::Setup setup = {};
};

struct Report {
    std::string wrong;                   // empty: all phases are good
    bool out_of_memory = false;          // clean: everything could be reset and returned
    bool refused_configuration = false;  // the bound is too small for any context
    uint64_t objects = 0;
    uint64_t payload = 0;       // bytes, as requested
    uint64_t mapped = 0;        // bytes from the system after phase whole
    uint64_t mapped_again = 0;  // ... and after phase again
    uint64_t rss = 0;           // growth of VmRSS in phase whole, bytes
    uint64_t rss_peak = 0;      // growth of VmHWM over all phases
    double cpu_whole = 0;       // CPU seconds of phase whole, verification not counted
    uint64_t mapped_peak = 0;   // bytes from the system at most, up to the end of phase whole
    double seconds_whole = 0;   // allocation and filling, verification not counted
    double seconds_reset = 0;
    double seconds_again = 0;
    double seconds_replace = 0;
    uint64_t minor = 0;  // collections
    uint64_t major = 0;
    uint64_t forced = 0;
};

[[nodiscard]] Report run(const Settings& settings);

// Largest footprint that is accepted for COMPILER mode: payload and 5 %, and 2 MiB.
[[nodiscard]] constexpr uint64_t footprint_max(uint64_t payload) {
    return payload + payload / 20 + (uint64_t{2} << 20);
}

}  // namespace profile
