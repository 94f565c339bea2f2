// The loads behind the names of workloads.h: how each is set up for a size.
#pragma once

#include <cstdint>

#include "stress/collector/checked_memory.h"
#include "stress/collector/field.h"

namespace collector {

struct Task {
    uint64_t size;
    uint64_t seed;
};

// loads_classic.cpp
Outcome gc_bench(CheckedMemory& memory, const Task& task);
Outcome binary_trees(CheckedMemory& memory, const Task& task);
Outcome lru_cache(CheckedMemory& memory, const Task& task);
Outcome lru_server(CheckedMemory& memory, const Task& task);
Outcome deep_list(CheckedMemory& memory, const Task& task);
Outcome wide_array(CheckedMemory& memory, const Task& task);
Outcome cyclic_graph(CheckedMemory& memory, const Task& task);

// loads_storm.cpp
Outcome wide_tree(CheckedMemory& memory, const Task& task);
Outcome pointer_arrays(CheckedMemory& memory, const Task& task);
Outcome promotion_storm(CheckedMemory& memory, const Task& task);
Outcome barrier_storm(CheckedMemory& memory, const Task& task);

// loads_fragment.cpp
Outcome fragment_second(CheckedMemory& memory, const Task& task);
Outcome fragment_alternate(CheckedMemory& memory, const Task& task);
Outcome sawtooth(CheckedMemory& memory, const Task& task);
Outcome size_shift(CheckedMemory& memory, const Task& task);

}  // namespace collector
