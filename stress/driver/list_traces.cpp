// Workloads of the room `traces`: what processes once asked of malloc, on every subject of the
// suite that frees by order (docs/traces.md). The contents that are read must be the same on all.
#include <algorithm>
#include <filesystem>

#include "stress/driver/builder.h"
#include "stress/driver/lists.h"

namespace stress {

namespace {

std::vector<std::string> recorded(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".zst") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

Workload replay(const Builder& make, const std::string& file, const Command& subjects,
                const Command& more = {}) {
    Workload workload;
    workload.name = std::filesystem::path(file).stem().string();
    for (const std::string& word : more) workload.name += ' ' + word;
    for (const std::string& subject : subjects) {
        Command command = {make.program("trace"), "replay", file, "--subject", subject};
        command.insert(command.end(), more.begin(), more.end());
        workload.commands.push_back(std::move(command));
    }
    workload.results_only = true;
    return workload;
}

}  // namespace

void add_traces(const Places& places, uint64_t seed, Plan plan, std::vector<Workload>* out) {
    const Builder make(places, seed);
    const Command brief = {"malloc", "context", "general", "pool"};
    const Command full = {
        "malloc",        "mimalloc",          "jemalloc",       "pmr.pool",
        "context",       "context.tiny",      "general",        "general.tiny",
        "pool",          "pool.tiny",         "arena",          "arena.tiny",
        "pmr.monotonic", "reference.context", "reference.pool", "reference.arena"};
    for (const std::string& file : recorded(places.traces)) {
        if (plan == Plan::brief) {
            out->push_back(replay(make, file, brief, {"--first", "100000"}));
            continue;
        }
        out->push_back(replay(make, file, full));
        out->push_back(
            replay(make, file, {"malloc", "context", "general", "pool", "arena"}, {"--debug"}));
        // V1 walks its list of free objects at each allocation: a beginning is enough.
        out->push_back(replay(make, file, {"malloc", "v1"}, {"--first", "20000"}));
        out->push_back(replay(make, file, {"context", "general", "pool", "arena", "v1"},
                              {"--first", "20000", "--bytes-max", "1000000"}));
        out->back().exit_code = kExitOutOfMemory;
    }
}

}  // namespace stress
