// Figures, and what the heap knows of an address.
#include <cstring>

#include "heap/heap.h"
#include "heap/young_walk.h"

namespace morph {
namespace {

// Objects ever born in the young generation, and what became of them.
MorphMemCounts young_counts(const HeapParts& parts, const MorphMemCounts& total) {
    const HeapCounts& counts = parts.counts;
    MorphMemCounts young = {};
    young.allocations = total.allocations - counts.pretenured;
    young.bytes_allocated = total.bytes_allocated - counts.bytes_pretenured;
    young.frees = counts.young_deaths;
    young.bytes_freed = counts.young_bytes_dead;
    young.objects_live = young.allocations - young.frees - counts.objects_promoted;
    young.bytes_live = young.bytes_allocated - young.bytes_freed - counts.bytes_promoted;
    return young;
}

void put_spaces(const HeapParts& parts, MorphHeapStats* stats) {
    stats->nursery_bytes = parts.young.sizes().nursery;
    stats->survivor_bytes = parts.young.sizes().survivor;
    stats->survivor_bytes_used = parts.young.from().used();
    stats->major_threshold = parts.policy.next_major();
    stats->old_bytes = parts.old.bytes_used();
    stats->old_blocks = parts.old.blocks();
    stats->old_runs = parts.old.runs();
    stats->large_objects = parts.old.large_objects();
    stats->bytes_mapped = parts.source.bytes_mapped();
    stats->bytes_mapped_peak = parts.source.bytes_mapped_peak();
    stats->young_bytes_mapped = parts.source.bytes_of(ChunkKind::young);
    stats->old_bytes_mapped =
        parts.source.bytes_of(ChunkKind::old_blocks) + parts.source.bytes_of(ChunkKind::old_runs);
    stats->large_bytes_mapped = parts.source.bytes_of(ChunkKind::old_large);
    stats->metadata_bytes_mapped = parts.source.bytes_of_metadata();
}

}  // namespace

MorphHeapStats Heap::stats() const {
    const HeapCounts& counts = parts_.counts;
    MorphHeapStats stats = {};
    stats.counts = parts_.types.total();
    stats.young = young_counts(parts_, stats.counts);
    stats.bytes_live_peak = stats.counts.bytes_live > counts.bytes_live_peak
                                ? stats.counts.bytes_live
                                : counts.bytes_live_peak;
    stats.minor = parts_.minor_pauses.summary();
    stats.major = parts_.major_pauses.summary();
    stats.objects_promoted = counts.objects_promoted;
    stats.bytes_promoted = counts.bytes_promoted;
    stats.objects_promoted_early = counts.objects_promoted_early;
    stats.objects_survived = counts.objects_survived;
    stats.objects_pretenured = counts.pretenured;
    stats.collections_forced = counts.collections_forced;
    stats.logged = parts_.remembered.logged_total();
    stats.remembered = parts_.remembered.size();
    stats.remembered_overflows = parts_.remembered.overflows();
    stats.mark_overflows = counts.mark_overflows;
    stats.promotions_refused = counts.promotions_refused;
    stats.weak_references = parts_.weak.size();
    stats.weak_cleared = parts_.weak.cleared_ever();
    stats.finalizers = parts_.finalizers.size();
    stats.finalizers_run = counts.finalizers_run;
    stats.roots = parts_.roots.depth();
    stats.global_roots = parts_.roots.globals();
    stats.failures = counts.failures;
    stats.types = parts_.types.count();
    put_spaces(parts_, &stats);
    return stats;
}

MorphCode Heap::type_stats(uint32_t type, MorphHeapTypeStats* stats) {
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

void Heap::walk(MorphObjectVisitor visit, void* user) const {
    struct Walk {
        const HeapParts& parts;
        MorphObjectVisitor visit;
        void* user;
        bool operator()(Header* header) const {
            void* object = object_at(header);
            return visit(user, object, parts.size_of(object), type_of(*header));
        }
    } each = {parts_, visit, user};
    if (!walk_young(parts_, each)) return;
    parts_.old.walk([](void* walk, Header* header) { return (*static_cast<Walk*>(walk))(header); },
                    &each);
}

MorphAddressInfo Heap::query(const void* address) const {
    MorphAddressInfo info = {};
    Header* found = nullptr;
    if (parts_.young.contains(address)) {
        info.room = MORPH_ROOM_YOUNG;
        walk_young(parts_, [&](Header* header) {
            size_t offset =
                reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(header);
            if (offset >= parts_.bytes_of(object_at(header))) return true;
            found = header;
            return false;
        });
    } else {
        const Chunk* chunk = parts_.source.find(address);
        if (chunk == nullptr || chunk->kind == ChunkKind::young) return info;
        info.room = chunk->kind == ChunkKind::old_large ? MORPH_ROOM_LARGE : MORPH_ROOM_OLD;
        found = parts_.old.find(address);
        if (found != nullptr && !parts_.old.is_live(object_at(found))) found = nullptr;
    }
    if (found == nullptr) return info;
    void* object = object_at(found);
    info.allocated = true;
    info.object = object;
    info.size = parts_.size_of(object);
    info.slot_size = (*found & kOld) != 0 ? parts_.old.bytes_of(object) : parts_.bytes_of(object);
    info.type = type_of(*found);
    info.age = (*found & kOld) != 0 ? 0 : age_of(*found);
    return info;
}

}  // namespace morph
