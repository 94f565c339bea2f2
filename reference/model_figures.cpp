// Figures of a Model, and its check function.

#include <algorithm>
#include <cstring>

#include "reference/model.h"

namespace reference {
namespace {

bool same(const MorphMemCounts& left, const MorphMemCounts& right) {
    return left.allocations == right.allocations && left.frees == right.frees &&
           left.bytes_allocated == right.bytes_allocated && left.bytes_freed == right.bytes_freed &&
           left.objects_live == right.objects_live && left.bytes_live == right.bytes_live;
}

void accumulate(MorphMemCounts& sum, const MorphMemCounts& counts) {
    sum.allocations += counts.allocations;
    sum.frees += counts.frees;
    sum.bytes_allocated += counts.bytes_allocated;
    sum.bytes_freed += counts.bytes_freed;
    sum.objects_live += counts.objects_live;
    sum.bytes_live += counts.bytes_live;
}

}  // namespace

size_t Model::bytes_taken(MorphRoom room) const {
    if (room == MORPH_ROOM_POOL) return bytes_slots_;
    return bytes_used_ + (settings_.debug ? kGuardBytes * arena_.objects_live : 0);
}

MorphMemStats Model::context_figures() const {
    MorphMemStats stats = {};
    stats.mode = MORPH_MODE_COMPILER;
    stats.v1 = settings_.rules == Rules::baseline;
    stats.metrics = settings_.metrics;
    stats.types = types();
    stats.arena_bytes_used = bytes_used_;
    if (!settings_.metrics) return stats;
    stats.total = total_;
    stats.pool = pool_;
    stats.arena = arena_;
    stats.bytes_live_peak = bytes_live_peak_;
    stats.resizes = resizes_;
    stats.resets = resets_;
    stats.failures = failures_;
    return stats;
}

MorphMemTypeStats Model::type_figures(uint32_t type) const {
    MorphMemTypeStats stats = {};
    const Type& entry = types_[type];
    std::memcpy(stats.name, entry.name.c_str(), entry.name.size() + 1);
    stats.placement = entry.placement;
    if (settings_.metrics) stats.counts = entry.counts;
    return stats;
}

MorphArenaStats Model::arena_figures() const {
    MorphArenaStats stats = {};
    stats.bytes_used = bytes_used_;
    stats.scopes = scopes_.size();
    return stats;
}

MorphPoolStats Model::pool_figures() const {
    MorphPoolStats stats = {};
    stats.objects_live = pool_.objects_live;
    stats.bytes_live = pool_.bytes_live;
    stats.bytes_slots = bytes_slots_;
    return stats;
}

MorphGeneralStats Model::general_figures() const {
    MorphGeneralStats stats = {};
    stats.total = total_;
    stats.bytes_live_peak = bytes_live_peak_;
    stats.resizes = resizes_;
    stats.resets = resets_;
    stats.failures = failures_;
    stats.large_live = large_live_;
    return stats;
}

const char* Model::check() const {
    std::vector<const Object*> sorted;
    MorphMemCounts counted = {};
    uint64_t slots = 0;
    for (size_t index = 0; index < live_.size(); ++index) {
        const Object& object = *live_[index];
        if (object.index != index) return "MODEL-LIVE";
        if (object.scope > scopes_.size()) return "MODEL-SCOPES";
        counted.objects_live += 1;
        counted.bytes_live += object.size;
        slots += object.slot;
        sorted.push_back(&object);
    }
    std::ranges::sort(sorted, {}, [](const Object* object) { return object->address; });
    for (size_t index = 1; index < sorted.size(); ++index) {
        const Object& before = *sorted[index - 1];
        if (before.address + before.reserved > sorted[index]->address) return "MODEL-LIVE";
    }
    if (settings_.find_by_address && by_address_.size() != live_.size()) return "MODEL-LIVE";

    if (!std::ranges::is_sorted(scopes_)) return "MODEL-SCOPES";

    MorphMemCounts sum = pool_;
    accumulate(sum, arena_);
    if (has_parts() && !same(sum, total_)) return "MODEL-COUNTS";
    if (in_context()) {
        sum = {};
        for (const Type& type : types_) accumulate(sum, type.counts);
        if (!same(sum, total_)) return "MODEL-COUNTS";
    }
    if (counted.objects_live != total_.objects_live) return "MODEL-COUNTS";
    if (counted.bytes_live != total_.bytes_live) return "MODEL-COUNTS";
    if (slots != bytes_slots_ + bytes_used_) return "MODEL-COUNTS";
    if (total_.allocations - total_.frees != total_.objects_live) return "MODEL-COUNTS";
    if (total_.bytes_allocated - total_.bytes_freed != total_.bytes_live) return "MODEL-COUNTS";
    return nullptr;
}

}  // namespace reference
