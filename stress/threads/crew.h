// Crew: all jobs on one thread, then on many at once, and the results compared.
//
//   alone     job 0, job 1, ... job n            -> what each must give
//   thread 0  job 0, job 1, ...         n     |
//   thread 1  job n/8, ...       n, 0, ...    +-> at once, each from another job on, so that every
//   thread 2  job 2n/8, ...                   |   job meets every other one
//
// A round has a seed; the next round has the next one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stress/threads/jobs.h"

namespace threads {

struct RoundReport {
    std::string wrong;                 // empty: good; else the first thing that was not
    std::vector<std::string> results;  // "NAME RESULT" of each job, alone
    uint64_t runs = 0;                 // of jobs, on threads
};

[[nodiscard]] RoundReport run_round(const std::vector<Job>& jobs, unsigned threads, uint64_t seed);

}  // namespace threads
