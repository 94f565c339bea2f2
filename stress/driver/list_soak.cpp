// The soak: short ones in the brief plan, ten minutes in a night.
#include "stress/driver/builder.h"
#include "stress/driver/lists.h"

namespace stress {

void add_soak(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out) {
    const Builder make(places, seed);
    const char* const seconds = plan == Plan::brief ? "4" : "600";
    out->push_back(make.single("soak", std::string(seconds) + " s, seed " + std::to_string(seed),
                               {"--seconds", seconds, "--seed", std::to_string(seed)}));
}

}  // namespace stress
