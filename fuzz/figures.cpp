#include "fuzz/figures.h"

#include <cmath>
#include <cstring>

namespace suite {
namespace {

// Keeps the first mismatch it is told.
class Comparison {
 public:
    void equal(const char* name, uint64_t seen, uint64_t expected) {
        if (seen != expected && first_.name == nullptr) first_ = {name, expected, seen};
    }
    void at_most(const char* name, uint64_t seen, uint64_t most) {
        if (seen > most && first_.name == nullptr) first_ = {name, most, seen};
    }
    void at_least(const char* name, uint64_t seen, uint64_t least) {
        if (seen < least && first_.name == nullptr) first_ = {name, least, seen};
    }
    void counts(const MorphMemCounts& seen, const MorphMemCounts& expected,
                const char* const* names) {
        equal(names[0], seen.allocations, expected.allocations);
        equal(names[1], seen.frees, expected.frees);
        equal(names[2], seen.bytes_allocated, expected.bytes_allocated);
        equal(names[3], seen.bytes_freed, expected.bytes_freed);
        equal(names[4], seen.objects_live, expected.objects_live);
        equal(names[5], seen.bytes_live, expected.bytes_live);
    }
    [[nodiscard]] Mismatch first() const { return first_; }

 private:
    Mismatch first_ = {nullptr, 0, 0};
};

constexpr const char* kTotal[] = {"total.allocations",     "total.frees",
                                  "total.bytes_allocated", "total.bytes_freed",
                                  "total.objects_live",    "total.bytes_live"};
constexpr const char* kPool[] = {"pool.allocations", "pool.frees",        "pool.bytes_allocated",
                                 "pool.bytes_freed", "pool.objects_live", "pool.bytes_live"};
constexpr const char* kArena[] = {"arena.allocations",     "arena.frees",
                                  "arena.bytes_allocated", "arena.bytes_freed",
                                  "arena.objects_live",    "arena.bytes_live"};
constexpr const char* kType[] = {"type.allocations", "type.frees",        "type.bytes_allocated",
                                 "type.bytes_freed", "type.objects_live", "type.bytes_live"};

void compare_context(const MorphMemStats& seen, const MorphMemStats& model, const Held& held,
                     Comparison* comparison) {
    comparison->equal("mode", seen.mode, model.mode);
    comparison->equal("metrics", seen.metrics, model.metrics);
    comparison->counts(seen.total, model.total, kTotal);
    comparison->counts(seen.pool, model.pool, kPool);
    comparison->counts(seen.arena, model.arena, kArena);
    comparison->equal("bytes_live_peak", seen.bytes_live_peak, model.bytes_live_peak);
    comparison->equal("resizes", seen.resizes, model.resizes);
    comparison->equal("resets", seen.resets, model.resets);
    comparison->equal("failures", seen.failures, model.failures);
    comparison->equal("types", seen.types, model.types);
    comparison->equal("arena_bytes_used", seen.arena_bytes_used, model.arena_bytes_used);
    comparison->at_most("arena_bytes_used (reserved)", seen.arena_bytes_used,
                        seen.arena_bytes_reserved);
    comparison->at_most("arena_bytes_reserved", seen.arena_bytes_reserved, seen.arena_bytes_mapped);
    comparison->equal("v1", seen.v1, model.v1);
    const uint64_t parts = seen.v1 ? seen.heap.old_bytes_mapped + seen.heap.large_bytes_mapped
                                   : seen.pool_bytes_mapped + seen.arena_bytes_mapped;
    comparison->equal("the parts of bytes_mapped", parts + seen.metadata_bytes_mapped,
                      seen.bytes_mapped);
    if (!held.known) return;
    comparison->equal("bytes_mapped", seen.bytes_mapped, held.bytes);
    comparison->at_least("bytes_mapped_peak", seen.bytes_mapped_peak, held.bytes_peak_settled);
    comparison->at_most("bytes_mapped_peak", seen.bytes_mapped_peak, held.bytes_peak);
}

void compare_arena(const MorphArenaStats& seen, const MorphArenaStats& model, size_t live,
                   const Held& held, Comparison* comparison) {
    comparison->equal("bytes_used", seen.bytes_used, model.bytes_used);
    comparison->equal("scopes", seen.scopes, model.scopes);
    if (held.no_padding) comparison->equal("bytes_padding", seen.bytes_padding, 0);
    comparison->at_most("large_objects", seen.large_objects, live);
    comparison->at_most("bytes_used + bytes_padding", seen.bytes_used + seen.bytes_padding,
                        seen.bytes_reserved);
    comparison->at_most("bytes_reserved", seen.bytes_reserved, seen.bytes_mapped);
    double expected = seen.bytes_reserved == 0 ? 1
                                               : static_cast<double>(seen.bytes_used) /
                                                     static_cast<double>(seen.bytes_reserved);
    bool close = std::fabs(seen.utilisation - expected) <= 1e-9;  // false for NaN
    comparison->equal("utilisation is bytes_used / bytes_reserved", close, true);
    if (!held.known) return;
    comparison->equal("bytes_mapped", seen.bytes_mapped, held.bytes);
    comparison->at_least("bytes_mapped_peak", seen.bytes_mapped_peak, held.bytes_peak_settled);
    comparison->at_most("bytes_mapped_peak", seen.bytes_mapped_peak, held.bytes_peak);
}

void compare_pool(const MorphPoolStats& seen, const MorphPoolStats& model, const Held& held,
                  Comparison* comparison) {
    comparison->equal("objects_live", seen.objects_live, model.objects_live);
    comparison->equal("bytes_live", seen.bytes_live, model.bytes_live);
    comparison->equal("bytes_slots", seen.bytes_slots, model.bytes_slots);
    comparison->at_most("bytes_slots (mapped)", seen.bytes_slots, seen.bytes_mapped);
    if (!held.known) return;
    comparison->equal("bytes_mapped", seen.bytes_mapped, held.bytes);
    comparison->at_least("bytes_mapped_peak", seen.bytes_mapped_peak, held.bytes_peak_settled);
    comparison->at_most("bytes_mapped_peak", seen.bytes_mapped_peak, held.bytes_peak);
}

void compare_general(const MorphGeneralStats& seen, const MorphGeneralStats& model,
                     const Held& held, Comparison* comparison) {
    comparison->counts(seen.total, model.total, kTotal);
    comparison->equal("bytes_live_peak", seen.bytes_live_peak, model.bytes_live_peak);
    comparison->equal("resizes", seen.resizes, model.resizes);
    comparison->equal("resets", seen.resets, model.resets);
    comparison->equal("failures", seen.failures, model.failures);
    comparison->equal("large_live", seen.large_live, model.large_live);
    comparison->at_most("bytes_live (mapped)", seen.total.bytes_live, seen.bytes_mapped);
    if (!held.known) return;
    comparison->equal("bytes_mapped", seen.bytes_mapped, held.bytes);
    comparison->at_least("bytes_mapped_peak", seen.bytes_mapped_peak, held.bytes_peak_settled);
    comparison->at_most("bytes_mapped_peak", seen.bytes_mapped_peak, held.bytes_peak);
}

}  // namespace

Mismatch compare(const Figures& seen, const reference::Model& model, const Held& held) {
    Comparison comparison;
    if (seen.context.has_value()) {
        compare_context(*seen.context, model.context_figures(), held, &comparison);
    }
    if (seen.arena.has_value()) {
        compare_arena(*seen.arena, model.arena_figures(), model.live().size(), held, &comparison);
    }
    if (seen.pool.has_value()) {
        compare_pool(*seen.pool, model.pool_figures(), held, &comparison);
    }
    if (seen.general.has_value()) {
        compare_general(*seen.general, model.general_figures(), held, &comparison);
    }
    return comparison.first();
}

Mismatch compare(const MorphMemTypeStats& seen, const MorphMemTypeStats& expected) {
    Comparison comparison;
    comparison.equal("type.name", std::strncmp(seen.name, expected.name, sizeof seen.name) == 0, 1);
    comparison.equal("type.placement", seen.placement, expected.placement);
    comparison.counts(seen.counts, expected.counts, kType);
    return comparison.first();
}

Mismatch compare(const MorphHeapStats& seen, const V1Law& law, uint64_t roots, bool counts) {
    Comparison comparison;
    if (counts) comparison.equal("collections", seen.major.count, law.collections());
    comparison.equal("minor collections", seen.minor.count, 0);
    comparison.equal("threshold", seen.major_threshold, law.threshold());
    comparison.equal("bytes of pages", seen.old_bytes_mapped, law.page_bytes());
    comparison.equal("bytes of large objects", seen.large_bytes_mapped, law.large_bytes());
    comparison.equal("bytes of young objects", seen.young_bytes_mapped, 0);
    comparison.at_most("metadata", seen.metadata_bytes_mapped,
                       law.metadata_bound(roots, seen.types));
    return comparison.first();
}

Mismatch compare_unchanged(const Figures& before, const Figures& after) {
    Comparison comparison;
    if (before.context.has_value() && after.context.has_value()) {
        const MorphMemStats& left = *before.context;
        const MorphMemStats& right = *after.context;
        comparison.equal("bytes_mapped", right.bytes_mapped, left.bytes_mapped);
        comparison.equal("pool_bytes_mapped", right.pool_bytes_mapped, left.pool_bytes_mapped);
        comparison.equal("arena_bytes_mapped", right.arena_bytes_mapped, left.arena_bytes_mapped);
        comparison.equal("metadata_bytes_mapped", right.metadata_bytes_mapped,
                         left.metadata_bytes_mapped);
        comparison.equal("arena_bytes_reserved", right.arena_bytes_reserved,
                         left.arena_bytes_reserved);
    }
    if (before.arena.has_value() && after.arena.has_value()) {
        const MorphArenaStats& left = *before.arena;
        const MorphArenaStats& right = *after.arena;
        comparison.equal("bytes_padding", right.bytes_padding, left.bytes_padding);
        comparison.equal("bytes_reserved", right.bytes_reserved, left.bytes_reserved);
        comparison.equal("bytes_mapped", right.bytes_mapped, left.bytes_mapped);
        comparison.equal("blocks", right.blocks, left.blocks);
        comparison.equal("chunks", right.chunks, left.chunks);
        comparison.equal("large_objects", right.large_objects, left.large_objects);
    }
    if (before.general.has_value() && after.general.has_value()) {
        comparison.at_most("bytes_mapped", after.general->bytes_mapped,
                           before.general->bytes_mapped);
        comparison.equal("resizes", after.general->resizes, before.general->resizes);
        comparison.equal("bytes_live", after.general->total.bytes_live,
                         before.general->total.bytes_live);
    }
    if (before.pool.has_value() && after.pool.has_value()) {
        comparison.equal("bytes_mapped", after.pool->bytes_mapped, before.pool->bytes_mapped);
        comparison.equal("blocks", after.pool->blocks, before.pool->blocks);
        comparison.equal("blocks_free", after.pool->blocks_free, before.pool->blocks_free);
        comparison.equal("chunks", after.pool->chunks, before.pool->chunks);
    }
    return comparison.first();
}

}  // namespace suite
