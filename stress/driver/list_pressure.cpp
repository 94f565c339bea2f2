// Workloads under pressure: bin/pressure judges, and the plain workload's results must be the same.
// docs/pressure.md says what is demanded.
#include <algorithm>
#include <span>
#include <string_view>

#include "stress/collector/workloads.h"
#include "stress/driver/builder.h"
#include "stress/driver/lists.h"

namespace stress {

namespace {

const Command kFalling[] = {
    {"--limit", "as", "--again"}, {"--limit", "data", "--again"}, {"--limit", "bound", "--again"}};

std::string joined(const Command& words) {
    std::string line;
    for (const std::string& word : words) line += ' ' + word;
    return line;
}

class List {
 public:
    List(const Builder& make, std::vector<Workload>* out) : make_(make), out_(out) {}

    // pressure: options of bin/pressure; program: what runs under it.
    Workload& add(const Command& pressure, const std::string& program, const Command& arguments) {
        Command plain = {make_.program(program)};
        plain.insert(plain.end(), arguments.begin(), arguments.end());
        Command pressed = {make_.program("pressure"), "--seed", std::to_string(make_.seed())};
        pressed.insert(pressed.end(), pressure.begin(), pressure.end());
        pressed.emplace_back("--");
        pressed.insert(pressed.end(), plain.begin(), plain.end());
        Workload workload;
        workload.name = joined(pressure).substr(1) + " of " + program + joined(arguments);
        workload.commands = {std::move(plain), std::move(pressed)};
        workload.results_only = true;
        out_->push_back(std::move(workload));
        return out_->back();
    }

    // The same on V1.
    void add_v1(const Command& pressure, const std::string& program, const Command& arguments) {
        Workload& workload = add(pressure, program, arguments);
        workload.environment = {"MORPH_MEM_V2=0"};
        workload.name = "V1, " + workload.name;
    }

    [[nodiscard]] Command fox(uint64_t lines, const Command& more = {}) const {
        Command arguments = {"--generate", std::to_string(lines),
                             "--seed",     std::to_string(make_.seed()),
                             "--hash",     "--check"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    [[nodiscard]] Command profile(uint64_t lines, const Command& more = {}) const {
        Command arguments = {"--lines", std::to_string(lines), "--seed",
                             std::to_string(make_.seed()), "--replace"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    [[nodiscard]] Command collector(const std::string& name, uint64_t size,
                                    const Command& more = {}) const {
        Command arguments = {name, "--size", std::to_string(size), "--seed",
                             std::to_string(make_.seed())};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }

 private:
    const Builder& make_;
    std::vector<Workload>* out_;
};

Command refuse(const char* count, const char* rates) {
    return {"--refuse-runs", count, "--rates", rates};
}

// A load of every kind in turn is what the seeds bring; sizes that fail and finish in a moment.
void add_brief(List& list, uint64_t seed) {
    const Command runtime = {"--mode", "runtime"};
    const Command neighbour = {"--neighbour", "268435456", "--runs", "2"};
    const std::span<const collector::Description> loads = collector::workloads();
    const collector::Description& load = loads[seed % loads.size()];
    list.add(kFalling[0], "fox-library", list.fox(2000));
    list.add(refuse("100", "0.1,0.01"), "fox-library", list.fox(60, runtime));
    list.add(kFalling[1], "profile-library", list.profile(300, runtime));
    list.add(neighbour, "fox-library", list.fox(4000));
    list.add(kFalling[2], "fox-library", list.fox(4000));
    list.add(kFalling[0], "collector-library", list.collector(load.name, load.small));
    list.add(refuse("30", "0.1,0.01"), "collector-library",
             list.collector(load.name, load.small, {"--nursery", "16384"}));
    list.add_v1(kFalling[1], "fox-library", list.fox(1000, runtime));
    list.add_v1(refuse("100", "0.1"), "fox-library", list.fox(60));
    list.add(refuse("10", "0.001"), "fox-library", list.fox(20));
}

void add_limits(List& list) {
    for (const char* mode : {"compiler", "runtime"}) {
        for (const Command& falling : kFalling) {
            list.add(falling, "fox-library", list.fox(50000, {"--mode", mode}));
            list.add(falling, "fox-library", list.fox(10000, {"--mode", mode, "--debug"}));
            list.add(falling, "profile-library", list.profile(10000, {"--mode", mode}));
            list.add(falling, "profile-library", list.profile(3000, {"--mode", mode, "--debug"}));
            list.add_v1(falling, "fox-library", list.fox(5000, {"--mode", mode}));
            list.add_v1(falling, "profile-library", list.profile(1000, {"--mode", mode}));
        }
    }
    for (const Command& falling : kFalling) {
        const Command forced = {"--mode", "runtime", "--force", "97", "--nursery", "65536"};
        list.add(falling, "fox-library", list.fox(5000, forced));
    }
}

// Sizes of loads are of their own kind: one between the small and the classic one, that takes some
// seconds at most and needs far more than the smallest heap.
uint64_t middle_size(const collector::Description& load) {
    const std::string_view name = load.name;
    if (name == "wide-tree") return load.classic;
    if (name == "cyclic-graph" || name == "barrier-storm") return load.classic / 2;
    const bool depth = load.classic < 64;  // each one more doubles the work
    return depth ? load.classic - 3 : std::max(load.small, load.classic / 8);
}

void add_loads(List& list) {
    for (const collector::Description& load : collector::workloads()) {
        for (Command falling : kFalling) {
            falling.insert(falling.end(), {"--seconds", "300"});
            list.add(falling, "collector-library",
                     list.collector(load.name, middle_size(load), {"--nursery", "65536"}));
        }
        const Command forced = {"--nursery", "16384", "--force", "97"};
        list.add(refuse("100", "0.1,0.01,0.001"), "collector-library",
                 list.collector(load.name, load.small, {"--nursery", "16384"}));
        list.add(refuse("100", "0.1,0.01"), "collector-library",
                 list.collector(load.name, load.small, forced));
    }
}

void add_refusals(List& list) {
    const Command rates = refuse("100", "0.1,0.01,0.001");
    for (const char* mode : {"compiler", "runtime"}) {
        list.add(rates, "fox-library", list.fox(200, {"--mode", mode}));
        list.add(rates, "fox-library", list.fox(200, {"--mode", mode, "--debug"}));
        list.add(rates, "profile-library", list.profile(20, {"--mode", mode}));
        list.add_v1(rates, "fox-library", list.fox(200, {"--mode", mode}));
        list.add_v1(rates, "profile-library", list.profile(20, {"--mode", mode}));
    }
}

void add_neighbours(List& list) {
    const Command neighbour = {"--neighbour", "4294967296", "--runs", "5"};
    for (const char* mode : {"compiler", "runtime"}) {
        list.add(neighbour, "fox-library", list.fox(100000, {"--mode", mode}));
        list.add(neighbour, "profile-library", list.profile(20000, {"--mode", mode}));
    }
    list.add(neighbour, "collector-library", list.collector("lru", 65536));
}

// Their falling limits and refused calls are in list_real.cpp.
void add_real_programs(List& list) {
    for (const char* program : {"real-lua", "real-sqlite", "real-duktape"}) {
        list.add({"--neighbour", "1073741824"}, program, {"--size", "3000", "--no-library"});
    }
}

}  // namespace

void add_pressure(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out) {
    const Builder make(places, seed);
    List list(make, out);
    if (plan == Plan::brief) {
        add_brief(list, seed);
        return;
    }
    add_limits(list);
    add_loads(list);
    add_refusals(list);
    add_neighbours(list);
    add_real_programs(list);
}

}  // namespace stress
