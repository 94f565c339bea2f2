// The lists of workloads, one for each room of stress/. A list appends to *out what its room
// contributes to a plan, the cheap ones first; what it appends is the same for the same arguments.
#pragma once

#include <cstdint>
#include <vector>

#include "stress/driver/workloads.h"

namespace stress {

void add_front_end(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out);
void add_collector(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out);
void add_scale(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out);
void add_pressure(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out);
void add_real(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out);
void add_traces(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out);
void add_threads(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out);
void add_soak(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out);

}  // namespace stress
