// How memory and time grow with the input: bin/scale judges. docs/scale.md.
#include "stress/driver/builder.h"
#include "stress/driver/lists.h"

namespace stress {

namespace {

// It measures time, so that nothing runs beside it.
Workload judged_alone(const Builder& make, const std::string& name, Command arguments) {
    arguments.insert(arguments.end(), {"--seed", std::to_string(make.seed())});
    Workload workload =
        make.single("scale", name + ", seed " + std::to_string(make.seed()), arguments);
    workload.alone = true;
    return workload;
}

}  // namespace

void add_scale(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out) {
    const Builder make(places, seed);
    // Neighbours are not ours to stop in the short form: there a rise must be gross to count.
    const Command lenient = {"--time-ratio", "4", "--last-ratio", "1.8"};
    Command brief = {"--lines", "1000,5000,20000", "--repeat", "3"};
    brief.insert(brief.end(), lenient.begin(), lenient.end());
    for (const char* work : {"fox", "profile"}) {
        Command arguments = brief;
        arguments.insert(arguments.end(), {"--works", work});
        out->push_back(judged_alone(make, std::string(work) + " to 20000 lines", arguments));
    }
    if (plan == Plan::brief) return;
    for (const char* work : {"fox", "profile"}) {
        for (const char* mode : {"compiler", "runtime"}) {
            out->push_back(judged_alone(make,
                                        std::string(work) + " in " + mode + " mode, all sizes",
                                        {"--works", work, "--modes", mode}));
        }
    }
}

}  // namespace stress
