// The workloads of the other rooms as jobs.
#include "stress/threads/jobs.h"

#include "stress/collector/workloads.h"
#include "stress/fox/print.h"
#include "stress/fox/session.h"
#include "stress/generate/generator.h"
#include "stress/profile/profile.h"

namespace threads {
namespace {

constexpr uint64_t kForce = 97;  // a collection before every so many allocations, where forced

Outcome parse(const stress::Setup& setup, uint64_t lines, uint64_t seed) {
    const std::string source = fox::generate(seed, lines);
    fox::Session session(setup);
    if (!session.open()) return {std::string("no context: ") + session.error().text, {}};
    fox::Result parsed = session.parse(source);
    if (parsed.tree == nullptr) return {fox::format_error("generated", parsed.error), {}};
    std::string wrong = fox::check_result(session, &parsed);
    if (!wrong.empty()) return {wrong, {}};
    const std::string result = "tree " + std::to_string(fox::tree_hash(parsed.tree));
    wrong = fox::check_dropped(session);
    if (wrong.empty() && !session.close()) wrong = "bytes were not returned";
    return {wrong, result};
}

Outcome allocate_profile(const stress::Setup& setup, uint64_t lines, uint64_t seed) {
    profile::Settings settings;
    settings.lines = lines;
    settings.seed = seed;
    settings.replace = !setup.runtime() || setup.force == 0;
    settings.setup = setup;
    const profile::Report report = profile::run(settings);
    if (report.out_of_memory) return {"out of memory", {}};
    return {report.wrong, "objects " + std::to_string(report.objects) + " payload " +
                              std::to_string(report.payload)};
}

Outcome collect(const collector::Description& load, const stress::Setup& setup, uint64_t size,
                uint64_t seed) {
    collector::Settings settings;
    settings.name = load.name;
    settings.size = size;
    settings.seed = seed;
    settings.setup = setup;
    const collector::Report report = collector::run(settings);
    if (report.out_of_memory) return {"out of memory", {}};
    return {report.wrong, std::to_string(report.result) + " objects " +
                              std::to_string(report.stats.counts.allocations)};
}

struct Variant {
    const char* name;
    MorphMemMode mode;
    bool v1;
    uint64_t force;
};
constexpr Variant kVariants[] = {{"compiler", MORPH_MODE_COMPILER, false, 0},
                                 {"runtime", MORPH_MODE_RUNTIME, false, 0},
                                 {"forced", MORPH_MODE_RUNTIME, false, kForce},
                                 {"compiler-v1", MORPH_MODE_COMPILER, true, 0},
                                 {"runtime-v1", MORPH_MODE_RUNTIME, true, 0}};

stress::Setup setup_of(const Variant& variant, const Choice& choice) {
    stress::Setup setup;
    setup.mode = variant.mode;
    setup.v1 = variant.v1;
    setup.force = variant.force;
    setup.debug = choice.debug;
    setup.nursery = size_t{64} << 10;
    return setup;
}

}  // namespace

void add_workloads(const Choice& choice, std::vector<Job>* out) {
    const uint64_t fox_lines = choice.small ? 20 : 120;
    const uint64_t profile_lines = choice.small ? 1 : 3;
    for (const Variant& variant : kVariants) {
        const stress::Setup setup = setup_of(variant, choice);
        out->push_back({std::string("fox-") + variant.name,
                        [=](uint64_t seed) { return parse(setup, fox_lines, seed); }});
        // A V1 collection looks at everything for each of the profile's lists: little of it.
        const uint64_t lines = variant.v1 ? 1 : profile_lines;
        out->push_back({std::string("profile-") + variant.name,
                        [=](uint64_t seed) { return allocate_profile(setup, lines, seed); }});
    }
    for (const collector::Description& load : collector::workloads()) {
        for (bool v1 : {false, true}) {
            stress::Setup setup = setup_of(v1 ? kVariants[4] : kVariants[2], choice);
            const uint64_t size = choice.small ? (load.least + load.small) / 2 : load.small;
            out->push_back({std::string(load.name) + (v1 ? "-v1" : ""), [=, &load](uint64_t seed) {
                                return collect(load, setup, size, seed);
                            }});
        }
    }
}

std::vector<Job> jobs(const Choice& choice) {
    std::vector<Job> all;
    add_workloads(choice, &all);
    add_storms(choice, &all);
    return all;
}

}  // namespace threads
