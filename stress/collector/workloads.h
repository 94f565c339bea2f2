// The collector workloads by name, each on a heap of its own of morph/heap.h.
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
    std::string wrong;           // empty: everything held
    bool out_of_memory = false;  // cleanly
    uint64_t result = 0;         // the same on every memory system
    MorphHeapStats stats = {};   // before the heap was destroyed
};

// settings.name is one of workloads(), the size within its bounds.
[[nodiscard]] Report run(const Settings& settings);

}  // namespace collector
