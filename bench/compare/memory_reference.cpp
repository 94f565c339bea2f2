// compare-reference: the suite's model behind the same interface, in COMPILER mode. It takes its
// memory from malloc, object by object and table by table, which is what is counted here.
#include <malloc.h>

#include "bench/compare/morph_context.h"
#include "bench/compare/system.h"

namespace compare {

namespace {

constexpr std::string_view kNames[] = {"reference"};

}  // namespace

std::span<const std::string_view> system_names() {
    return kNames;
}

std::string why_not(std::string_view) {
    return "";
}

MorphMemContext* open_system(const SystemSettings&, Sample* sample) {
    return open_context(MORPH_CONFIG_COMPILER, sample);
}

bool needs_references(MorphMemContext*) {
    return false;
}

std::optional<uint64_t> asked_now(MorphMemContext*) {
    const struct mallinfo2 info = mallinfo2();
    return info.arena + info.hblkhd;
}

std::optional<uint64_t> asked_peak(MorphMemContext* context) {
    return asked_now(context);
}

uint64_t layer_resident(MorphMemContext*) {
    return 0;
}

void tell_collections(MorphMemContext*, Sample*) {}

}  // namespace compare
