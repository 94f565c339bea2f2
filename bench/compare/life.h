// A life of the system under comparison: opened, worked in, freed whole. Run in a process of its
// own (apart.h), so that nothing that another life has left, or warmed, is in its figures.
//
//   open          run                  check             reset, destroy
//   |-- seconds --------------------|  (not counted)    |-- seconds = teardown_seconds --|
//                                   ^ peak_resident, peak_asked, collections are taken here
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/compare/sample.h"
#include "bench/compare/system.h"

namespace compare {

enum class Workload : uint8_t { profile, fox };

// What a life does.
enum class Pass : uint8_t {
    whole,        // what is above
    timeline,     // the same, with points of the timeline in between (profile)
    allocate,     // the calls of the allocator alone: allocating_seconds (profile)
    first_touch,  // and with them the first writes: the work, less writing all again (profile)
    sampled       // a timer looks whether the work is inside of a call of the allocator: ticks
};

struct Plan {
    SystemSettings system;
    Workload workload = Workload::profile;
    uint64_t lines = 1000;
    uint64_t seed = 1;
    std::string_view source;  // of workload fox
    Pass pass = Pass::whole;
};

// Fills in sample, with its status.
void live(const Plan& plan, Sample* sample);

}  // namespace compare
