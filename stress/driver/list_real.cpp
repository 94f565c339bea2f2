// Workloads of real programs: Lua, SQLite and Duktape on our allocators, with the results that they
// have on malloc. docs/real-programs.md says what each does.
#include <array>

#include "stress/driver/builder.h"
#include "stress/driver/lists.h"

namespace stress {

namespace {

constexpr std::array<const char*, 3> kPrograms = {"real-lua", "real-sqlite", "real-duktape"};

class RealList {
 public:
    RealList(const Builder& make, std::vector<Workload>* out) : make_(make), out_(out) {}

    [[nodiscard]] Command command(const std::string& program, uint64_t size,
                                  const Command& more) const {
        Command command = {make_.program(program), "--size", std::to_string(size), "--seed",
                           std::to_string(make_.seed())};
        command.insert(command.end(), more.begin(), more.end());
        return command;
    }

    // The same work in each configuration; results alone are compared.
    Workload& add(const std::string& program, uint64_t size, const Command& common,
                  const std::vector<Command>& configurations) {
        Workload workload;
        workload.name = program + " " + std::to_string(size);
        for (const std::string& word : common) workload.name += " " + word;
        workload.name += " on " + std::to_string(configurations.size()) + " configurations";
        workload.results_only = true;
        for (Command more : configurations) {
            more.insert(more.end(), common.begin(), common.end());
            workload.commands.push_back(command(program, size, more));
        }
        out_->push_back(std::move(workload));
        return out_->back();
    }

    // Falling limits (stress/pressure), down to where the program must fail.
    void add_falling(const std::string& limit, const std::string& program, uint64_t size) {
        Command pressed = {make_.program("pressure"),
                           "--seed",
                           std::to_string(make_.seed()),
                           "--limit",
                           limit,
                           "--again",
                           "--"};
        const Command plain = command(program, size, {"--no-library"});
        pressed.insert(pressed.end(), plain.begin(), plain.end());
        Workload workload;
        workload.name = program + " " + std::to_string(size) + " under falling limits, " + limit;
        workload.commands = {plain, std::move(pressed)};
        workload.results_only = true;
        out_->push_back(std::move(workload));
    }

 private:
    const Builder& make_;
    std::vector<Workload>* out_;
};

const std::vector<Command> kAll = {{"--allocator", "malloc"},
                                   {"--allocator", "general"},
                                   {"--allocator", "general", "--ledger", "off"},
                                   {"--allocator", "context"},
                                   {"--allocator", "general", "--debug"},
                                   {"--allocator", "context", "--debug"}};

// Seeds choose which program meets which trouble.
void add_brief(RealList& list, uint64_t seed) {
    const std::vector<Command> three = {kAll[0], kAll[1], kAll[3]};
    list.add("real-lua", 300, {"--no-library"}, three);
    list.add("real-sqlite", 4000, {}, three);
    list.add("real-duktape", 1000, {}, three);
    list.add("real-lua", 100, {"--ledger", "off"}, {kAll[0], kAll[1]});
    const char* chosen = kPrograms[seed % kPrograms.size()];
    list.add(chosen, 20, {"--no-library", "--fail-sweep", "12"}, {kAll[1], kAll[3]});
    list.add(chosen, 40, {"--no-library"}, {kAll[5], {"--allocator", "v1"}});
    const char* other = kPrograms[(seed + 1) % kPrograms.size()];
    list.add(other, 50, {"--no-library", "--repeat", "4"}, {kAll[1], kAll[3]});
    const Command bound = {"--bytes-max", "6000000", "--again"};
    list.add(kPrograms[(seed + 2) % kPrograms.size()], 3000, {"--no-library"}, {kAll[0], bound});
}

void add_full(RealList& list) {
    list.add("real-lua", 10000, {}, kAll);
    list.add("real-lua", 50000, {}, {kAll[0], kAll[2]});
    list.add("real-sqlite", 1000000, {}, {kAll[0], kAll[2], kAll[1], kAll[3]});
    list.add("real-sqlite", 20000, {}, kAll);
    list.add("real-duktape", 10000, {}, kAll);
    list.add("real-duktape", 50000, {}, {kAll[0], kAll[2]});
    for (const char* program : kPrograms) {
        list.add(program, 300, {"--no-library"}, {kAll[0], {"--allocator", "v1"}});
        list.add(program, 2000, {"--no-library", "--repeat", "6"}, {kAll[1], kAll[3]});
        list.add(program, 40, {"--no-library", "--fail-sweep", "400"},
                 {kAll[0], kAll[1], kAll[3], kAll[4]});
        for (const char* rate : {"0.00001", "0.001", "0.1"}) {
            list.add(
                program, 100,
                {"--no-library", "--refuse", rate, "--refuse-seed", "1", "--refuse-until", "20"},
                {kAll[1], kAll[3]});
        }
        for (const char* limit : {"as", "data", "bound"}) list.add_falling(limit, program, 3000);
    }
}

}  // namespace

void add_real(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out) {
    const Builder make(places, seed);
    RealList list(make, out);
    add_brief(list, seed);
    if (plan == Plan::full) add_full(list);
}

}  // namespace stress
