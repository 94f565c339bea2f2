// Threads: every workload on many threads at once, and what is handed from thread to thread.
#include "stress/driver/builder.h"
#include "stress/driver/lists.h"

namespace stress {

void add_threads(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out) {
    const Builder builder(places, seed);
    const auto add = [&](const std::string& name, Command arguments) {
        arguments.insert(arguments.end(), {"--seed", std::to_string(seed)});
        out->push_back(builder.single("threads", name, arguments));
    };
    add("eight", {"--threads", "8", "--rounds", "1"});
    add("debug", {"--threads", "4", "--rounds", "1", "--debug", "--small"});
    if (plan == Plan::brief) return;
    add("debug-eight", {"--threads", "8", "--rounds", "4", "--debug"});
    add("thirty-two", {"--threads", "32", "--rounds", "2"});
    add("minutes", {"--threads", "8", "--seconds", "120"});
}

}  // namespace stress
