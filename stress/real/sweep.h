// Fail sweeps: the work with one call of the hooks failing, at one point after the other.
#pragma once

#include <string>

#include "stress/real/work.h"

namespace real {

struct SweepResult {
    std::string wrong;    // empty: all as it must be
    std::string results;  // of the run in which nothing failed
    uint64_t calls = 0;   // in that run: the points where it could fail
    uint64_t good = 0;    // runs that did without the memory
    uint64_t out_of_memory = 0;
};

// runs points: a third of them from the first call on, the others all over the run, at places that
// the seed chooses. Every second one fails once, the others from there on for ever. Each run must
// be good with the same results, or out of memory, cleanly.
[[nodiscard]] SweepResult sweep(const Program& program, const MemoryOptions& options,
                                const Request& request, uint64_t runs);

}  // namespace real
