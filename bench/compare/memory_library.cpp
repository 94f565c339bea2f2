// compare-library: this library. COMPILER mode on V2 and on V1, and both in RUNTIME mode, where
// objects are collected: v1-runtime keeps alive what its roots reach, v1 whatever was not freed.
#include "bench/compare/morph_context.h"
#include "bench/compare/system.h"

namespace compare {

namespace {

struct Kind {
    std::string_view name;
    MorphMemMode mode;
    bool v1;
};
constexpr Kind kKinds[] = {{"v1", MORPH_MODE_COMPILER, true},
                           {"v1-runtime", MORPH_MODE_RUNTIME, true},
                           {"v2-compiler", MORPH_MODE_COMPILER, false},
                           {"v2-runtime", MORPH_MODE_RUNTIME, false}};
constexpr std::string_view kNames[] = {kKinds[0].name, kKinds[1].name, kKinds[2].name,
                                       kKinds[3].name};

const Kind& kind_of(std::string_view name) {
    for (const Kind& kind : kKinds) {
        if (kind.name == name) return kind;
    }
    __builtin_unreachable();  // main asks for names of the list alone
}

}  // namespace

std::span<const std::string_view> system_names() {
    return kNames;
}

std::string why_not(std::string_view) {
    return "";  // known when there is a context, see open_system
}

MorphMemContext* open_system(const SystemSettings& settings, Sample* sample) {
    const Kind& kind = kind_of(settings.name);
    MorphMemConfig config =
        kind.mode == MORPH_MODE_RUNTIME ? MORPH_CONFIG_RUNTIME : MORPH_CONFIG_COMPILER;
    config.enable_v1 = kind.v1;
    config.v1.threshold = settings.threshold;
    MorphMemContext* context = open_context(config, sample);
    if (context == nullptr || stats_of(context).v1 == kind.v1) return context;
    (void)morph_mem_destroy(context);
    sample->end(Status::failed, "the library gave another system (is MORPH_MEM_V2 set?)");
    return nullptr;
}

bool needs_references(MorphMemContext* context) {
    return morph_mem_heap(context) != nullptr;
}

std::optional<uint64_t> asked_now(MorphMemContext* context) {
    return context == nullptr ? 0 : stats_of(context).bytes_mapped;
}

std::optional<uint64_t> asked_peak(MorphMemContext* context) {
    return context == nullptr ? 0 : stats_of(context).bytes_mapped_peak;
}

uint64_t layer_resident(MorphMemContext*) {
    return 0;
}

void tell_collections(MorphMemContext* context, Sample* sample) {
    tell_heap_collections(context, sample);
}

}  // namespace compare
