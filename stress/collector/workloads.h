// The collector workloads by name, each on a heap of its own of morph/heap.h; or, with setup.v1, on
// the one of a context that V1 serves.
//
// COLLECTOR-NOTHING  when a workload has dropped its roots, a major collection leaves no object
// COLLECTOR-RETURNED the heap returns every byte that it was granted
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "stress/memory/setup.h"

namespace collector {

struct Settings {
    std::string name;
    uint64_t size = 0;  // of its own kind, see Description; 0: the classic one
    uint64_t seed = 1;
    stress::Setup setup = {};  // its mode does not matter: this is always a collected heap
    // What checked_memory.h does with these is said there.
    uint64_t verify_every = 0;  // allocations
    bool judge = false;         // footprints, as the library promises them
    bool squeeze = false;       // barrier-storm: no memory for the remembered set
};

struct Description {
    const char* name;
    const char* size;  // what size means, and the classic one
    uint64_t classic;
    uint64_t least;
    uint64_t most;
    uint64_t small;  // for tests
};
[[nodiscard]] std::span<const Description> workloads();
[[nodiscard]] const Description* find_workload(std::string_view name);

struct Report {
    std::string wrong;                   // empty: everything held
    bool out_of_memory = false;          // cleanly
    bool refused_configuration = false;  // the bound is too small for any heap, or there is no V1
    uint64_t result = 0;                 // the same on every memory system
    MorphHeapStats stats = {};           // before the heap was destroyed
    uint64_t verifications = 0;          // between allocations
    uint64_t taken = 0;                  // the largest share of a footprint's bound, percent
    std::string told;                    // lines for people
};

// settings.name is one of workloads(), the size within its bounds.
[[nodiscard]] Report run(const Settings& settings);

}  // namespace collector
