// Handover: contexts, heaps, pools, arenas and general allocators that wander from thread to thread
// through a queue. One thread at a time has one, does a stage of its work, and passes it on.
//
//   queue: | A | B | C | ...      thread 0 takes A, does stage 3 of A, puts A back at the end
//                                 thread 1 takes B, ...
//
// THREADS-HANDOVER  what a vessel comes to does not depend on which threads had it; in debug mode
//                   nothing is reported
// THREADS-PASSED    no thread does two stages of one vessel in a row, unless it is alone
#pragma once

#include <cstdint>
#include <string>

#include "stress/threads/jobs.h"

namespace threads {

struct HandoverReport {
    std::string wrong;   // empty: good
    std::string result;  // of all vessels, in their order
    uint64_t stages = 0;
    uint64_t passed = 0;  // stages done by another thread than the one before
};

// threads 1: what must come out.
[[nodiscard]] HandoverReport hand_over(const Choice& choice, unsigned threads, uint64_t seed);

}  // namespace threads
