// The classics of collector testing and what attacks collectors: small with collections forced, in
// debug mode and on V1, and at their classic sizes; footprints judged. docs/collector-loads.md.
#include "stress/driver/builder.h"
#include "stress/driver/lists.h"

namespace stress {

namespace {

// Large enough for dozens of forced collections, small enough for the reference.
struct Small {
    const char* name;
    uint64_t size;
};
constexpr Small kSmall[] = {
    {"gcbench", 8},          {"binary-trees", 6},        {"lru", 64},
    {"lru-server", 24},      {"deep-list", 1000},        {"wide-array", 1000},
    {"wide-tree", 24},       {"pointer-arrays", 400},    {"cyclic-graph", 500},
    {"promotion-storm", 90}, {"barrier-storm", 60},      {"fragment-second", 20},
    {"sawtooth", 8},         {"fragment-alternate", 24}, {"size-shift", 16},
};

constexpr const char* kFragment[] = {"fragment-second", "fragment-alternate", "sawtooth",
                                     "size-shift"};

const Command kNurseries[] = {{"--nursery", "65536"}, {"--nursery", "16777216"}};

// The library with itself on V1, whose results are the same.
Workload on_both(Workload workload) {
    return Builder::configured(std::move(workload), {{"--v1"}});
}

void add_small(const Builder& make, std::vector<Workload>* list) {
    const Command forced = {"--force", "97", "--nursery", "4096", "--debug"};
    for (const Small& one : kSmall) list->push_back(make.collector(one.name, one.size, forced));
    for (const Small& one : kSmall) {
        list->push_back(on_both(make.collector(one.name, one.size, {"--verify-every", "500"})));
    }
    list->push_back(make.collector("lru", 512));
    list->push_back(make.collector("cyclic-graph", 2000));
}

// One at a larger size of each kind.
void add_larger(const Builder& make, std::vector<Workload>* list) {
    for (const char* name : kFragment) {
        list->push_back(Builder::judged(Builder::without_reference(make.collector(name, 4096))));
    }
    const Workload storm = make.collector("barrier-storm", 20000);
    list->push_back(Builder::configured(storm, {{"--squeeze"}, {"--nursery", "65536"}}));
    list->push_back(Builder::without_reference(make.collector("promotion-storm", 20000)));
    list->push_back(Builder::without_reference(make.collector("pointer-arrays", 50000)));
    list->push_back(Builder::without_reference(make.collector("wide-tree", 300)));
    list->push_back(Builder::without_reference(make.collector("lru-server", 4096)));
}

void add_classic(const Builder& make, std::vector<Workload>* list) {
    const std::vector<Command> nurseries(std::begin(kNurseries), std::end(kNurseries));
    for (const Small& one : {Small{"lru", 16384}, Small{"binary-trees", 15}, Small{"gcbench", 18},
                             Small{"lru", 65536}, Small{"lru-server", 65536}}) {
        list->push_back(Builder::configured(make.collector(one.name, one.size), nurseries));
    }
    for (const Small& one : {Small{"deep-list", 1000000}, Small{"wide-array", 1000000},
                             Small{"wide-tree", 1000}, Small{"pointer-arrays", 1000000},
                             Small{"cyclic-graph", 50000}, Small{"cyclic-graph", 1000000},
                             Small{"promotion-storm", 300000}, Small{"barrier-storm", 200000}}) {
        list->push_back(Builder::without_reference(make.collector(one.name, one.size)));
    }
    for (const char* name : kFragment) {
        list->push_back(Builder::judged(Builder::without_reference(make.collector(name, 65536))));
        list->push_back(Builder::configured(make.collector(name, 65536), nurseries));
    }
    const Workload storm = make.collector("barrier-storm", 200000);
    list->push_back(Builder::named(
        Builder::configured(storm, {{"--squeeze"}, {"--verify-every", "500000"}}), "squeezed"));
}

}  // namespace

void add_collector(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out) {
    const Builder make(places, seed);
    add_small(make, out);
    add_larger(make, out);
    if (plan == Plan::full) add_classic(make, out);
}

}  // namespace stress
