// Figures, and what V1 knows of an address.
#include <cstring>

#include "v1/v1.h"

namespace morph {

uint32_t V1::types() const {
    return parts_.types.count();
}

MorphHeapStats V1::stats() const {
    const v1::Counts& counts = parts_.counts;
    MorphHeapStats stats = {};
    stats.counts = parts_.types.total();
    stats.bytes_live_peak =
        parts_.live_bytes > counts.bytes_live_peak ? parts_.live_bytes : counts.bytes_live_peak;
    stats.major = parts_.pauses.summary();
    stats.collections_forced = counts.collections_forced;
    stats.mark_overflows = counts.mark_overflows;
    stats.weak_references = parts_.weak.size();
    stats.weak_cleared = parts_.weak.cleared_ever();
    stats.finalizers = parts_.finalizers.size();
    stats.finalizers_run = counts.finalizers_run;
    stats.roots = parts_.roots.count();
    stats.global_roots = parts_.global_roots.count();
    stats.failures = counts.failures;
    stats.major_threshold = parts_.threshold;
    stats.old_bytes = parts_.slot_bytes;
    stats.old_blocks = parts_.pages.count();
    stats.large_objects = parts_.pages.own_count();
    stats.bytes_mapped = parts_.source.bytes_mapped();
    stats.bytes_mapped_peak = parts_.source.bytes_mapped_peak();
    stats.old_bytes_mapped = parts_.pages.count() * kPageBytes;
    stats.large_bytes_mapped = parts_.pages.own_bytes();
    stats.metadata_bytes_mapped =
        stats.bytes_mapped - stats.old_bytes_mapped - stats.large_bytes_mapped;
    stats.types = parts_.types.count();
    return stats;
}

MorphCode V1::type_stats(uint32_t type, MorphHeapTypeStats* stats) {
    if (stats == nullptr) return fail(MORPH_ERROR_INVALID_ARGUMENT, "stats: NULL");
    if (type >= parts_.types.count()) {
        return fail(MORPH_ERROR_UNKNOWN_TYPE, "type %u is not registered", type);
    }
    static_assert(sizeof(stats->name) == sizeof(parts_.types[type].name));
    memcpy(stats->name, parts_.types[type].name, sizeof(stats->name));
    stats->layout = parts_.types.layout(type).layout;
    stats->counts = parts_.types.counts(type);
    return MORPH_OK;
}

MorphMemPlacement V1::placement(uint32_t type) const {
    return parts_.types[type].placement;
}

size_t V1::timeline(MorphTimelineSample* samples, size_t count) const {
    return parts_.timeline.copy_last(samples, count);
}

size_t V1::object_size(const void* object) const {
    return v1::object_of(object)->size;
}

// Newest first. What visit frees may lie on the list still.
void V1::walk(MorphObjectVisitor visit, void* user) const {
    for (v1::Object* object = parts_.objects; object != nullptr; object = object->next) {
        if (object->is_free()) continue;
        if (!visit(user, object->payload(), object->size, object->type_id())) return;
    }
}

MorphAddressInfo V1::query(const void* address) const {
    MorphAddressInfo info = {};
    const v1::Page* page = nullptr;
    v1::Object* object = parts_.pages.find_around(address, &page);
    if (page == nullptr) return info;
    info.room = page->is_own() ? MORPH_ROOM_LARGE : MORPH_ROOM_OLD;
    if (object == nullptr || object->is_free()) return info;
    info.allocated = true;
    info.object = object->payload();
    info.size = object->size;
    info.slot_size = v1::slot_bytes(object->size);
    info.type = object->type_id();
    return info;
}

const MorphError& V1::last_error() const {
    return parts_.errors.last;
}

}  // namespace morph
