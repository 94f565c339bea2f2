// The front end and the profile, in both modes, on library, reference and malloc. Large ones:
// list_scale.cpp.
#include "stress/driver/builder.h"
#include "stress/driver/lists.h"

namespace stress {

namespace {

void add_compiler_mode(const Builder& make, std::vector<Workload>* list) {
    list->push_back(make.corpus("accepted", {"--check", "--count", "--hash"}));
    list->push_back(make.corpus("rejected", {"--check"}));
    list->back().exit_code = kExitRejected;
    list->push_back(make.generated(1000));
    list->push_back(make.profile(100));
    list->push_back(make.profile(500));
    list->push_back(Builder::named(make.profile(500, {"--replace"}), "replacement"));
    list->push_back(make.sweep());
    list->push_back(Builder::refused(make.generated(20000, {"--bytes-max", "6000000"}),
                                     "refused by a bound of 6 MB"));
    list->push_back(Builder::refused(make.profile(5000, {"--bytes-max", "8000000"}),
                                     "refused by a bound of 8 MB"));
    list->push_back(make.generated(5000));
}

void add_runtime_mode(const Builder& make, std::vector<Workload>* list) {
    const Command check = {"--check", "--count", "--hash"};
    for (const char* force : {"7", "97"}) {
        list->push_back(Builder::runtime(make.corpus("accepted", check),
                                         {"--force", force, "--nursery", "4096"}));
    }
    list->push_back(Builder::runtime(make.corpus("accepted", check),
                                     {"--force", "97", "--force-major", "--debug"}));
    list->push_back(Builder::runtime(make.corpus("rejected", {"--check"}), {"--force", "7"}));
    list->back().exit_code = kExitRejected;
    list->push_back(Builder::runtime(make.generated(100), {"--force", "1", "--nursery", "4096"}));
    list->push_back(Builder::runtime(make.sweep(), {"--nursery", "16384"}));
    list->push_back(Builder::runtime(make.generated(3000), {"--debug"}));
    list->push_back(Builder::runtime(make.profile(10, {"--replace"}), {"--force", "1"}));
    list->push_back(Builder::runtime(make.profile(100, {"--replace"}), {"--force", "97"}));
    list->push_back(Builder::runtime(Builder::without_reference(make.profile(2000, {"--replace"})),
                                     {"--nursery", "65536"}));
    list->push_back(Builder::runtime(Builder::without_reference(make.generated(50000)),
                                     {"--nursery", "262144"}));
}

// Seconds to minutes each, most of them the reference's.
void add_large(const Builder& make, std::vector<Workload>* list) {
    list->push_back(
        Builder::named(make.generated(10000, {"--bytes-max", "256000000"}), "in 256 MB"));
    list->push_back(make.profile(1000));
    list->push_back(Builder::judged(Builder::without_reference(make.profile(5000))));
    list->push_back(Builder::judged(Builder::named(
        Builder::without_reference(make.profile(10000, {"--bytes-max", "256000000"})),
        "in 256 MB")));
    list->push_back(Builder::without_reference(
        Builder::named(make.profile(10000, {"--replace"}), "replacement")));
}

void add_largest(const Builder& make, std::vector<Workload>* list) {
    list->push_back(make.generated(50000));
    list->push_back(Builder::judged(Builder::without_reference(make.profile(50000))));
    list->push_back(make.profile(5000));
    list->push_back(make.profile(10000));
    list->push_back(Builder::named(make.profile(2000, {"--replace"}), "replacement"));
    list->push_back(make.profile(50000));
}

}  // namespace

void add_front_end(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out) {
    const Builder make(places, seed);
    add_compiler_mode(make, out);
    add_runtime_mode(make, out);
    add_large(make, out);
    if (plan == Plan::full) add_largest(make, out);
}

}  // namespace stress
