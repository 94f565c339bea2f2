// A run of the driver: round after round of workloads, several at a time, until the time is up.
//
//   Feed  -->  worker  judge()  --+
//         -->  worker  judge()  --+-->  journal, one line printed for each workload
//
// RUN-TIME     the run ends at its deadline, and every process it started with it
// RUN-ORDER    workloads begin in the order of WORKLOADS-ORDER, whatever the number of workers
// RUN-AGAIN    a finding is printed with one command that shows it again
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stress/driver/workloads.h"

namespace stress {

struct RunSettings {
    double seconds = 60;  // wall time of the whole run
    uint64_t seed = 1;    // of the first round; each round has the next
    uint64_t rounds = 0;  // at most so many; 0: as many as there is time for
    Plan plan = Plan::brief;
    std::vector<std::string> rooms;  // empty: all
    std::string only;                // regular expression on "room: name"; empty: all
    std::string state;               // directory of the journal; empty: none
    unsigned jobs = 2;
    Places places;
    std::string program;          // as the user called it, for RUN-AGAIN
    std::string programs_beside;  // what places.programs is when it is not given
    int stop = -1;                // a descriptor: the run ends when it can be read from
};

[[nodiscard]] const char* plan_name(Plan plan);

// "room: name" of every workload of the first round that is chosen, with its commands.
[[nodiscard]] bool print_list(const RunSettings& settings);

// Prints as it goes. Exit status: 0 good, 1 there are findings or nothing was run, 2 usage.
[[nodiscard]] int run(const RunSettings& settings);

}  // namespace stress
