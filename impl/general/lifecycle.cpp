// Birth and death of a general allocator, in one home mapping.
#include <new>

#include "general/general.h"

namespace morph {
namespace {

constexpr size_t kSmallestBound = 2 * kChunkBytes + (size_t{128} << 10);
static_assert(sizeof(General) <= size_t{32} << 10, "with the source's table below 128 KiB");

MorphGeneral* create(const MorphGeneralConfig& config) {
    size_t bound = config.memory.bytes_max;
    if (bound != 0 && bound < kSmallestBound) {
        set_creation_error(MORPH_ERROR_INVALID_CONFIGURATION,
                           "memory.bytes_max: %s is less than a general allocator needs, %s",
                           Grouped(bound).text, Grouped(kSmallestBound).text);
        return nullptr;
    }
    Refusal refusal = Refusal::none;
    void* home = Source::map_home(config.memory, sizeof(General), &refusal);
    if (home == nullptr) {
        set_creation_error(
            MORPH_ERROR_OUT_OF_MEMORY, "general: %s bytes for its records were refused by the %s",
            Grouped(sizeof(General)).text, refusal == Refusal::hook ? "request hook" : "system");
        return nullptr;
    }
    return new (home) General(config, sizeof(General));
}

void destroy(General* general) {
    if (general->reports_leaks()) general->report_leaks();
    MorphMemoryLimits limits = general->limits();
    general->~General();
    Source::return_home(limits, general, sizeof(General));
}

}  // namespace
}  // namespace morph

extern "C" {

MorphGeneral* morph_general_create(const MorphGeneralConfig* config) {
    return morph::create(config != nullptr ? *config : MorphGeneralConfig{});
}

void morph_general_destroy(MorphGeneral* general) {
    if (general == nullptr) return;
    auto* its = static_cast<morph::General*>(general);
    morph::Turn turn(its->reporter(), general, "morph_general_destroy");
    if (!turn) return;
    turn.stay();
    morph::destroy(its);
}

MorphError morph_general_last_error(const MorphGeneral* general) {
    if (general == nullptr) return morph_creation_error();
    const auto* its = static_cast<const morph::General*>(general);
    return morph::error_in_turn(its->reporter(), [=] { return its->last_error(); });
}

}  // extern "C"
