// Counting what is not on the hot path, and the figures made of it.
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "context/context.h"

namespace morph {
namespace {

MorphMemCounts minus(const MorphMemCounts& whole, const MorphMemCounts& part) {
    return {whole.allocations - part.allocations,         whole.frees - part.frees,
            whole.bytes_allocated - part.bytes_allocated, whole.bytes_freed - part.bytes_freed,
            whole.objects_live - part.objects_live,       whole.bytes_live - part.bytes_live};
}

}  // namespace

MorphCode Context::fail(MorphCode code, const char* format, ...) {
    char text[sizeof(MorphError::text)];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    totals_.failures += 1;
    return errors_.fail(code, "%s", length < 0 ? "" : text);
}

void Context::count_allocation(MorphRoom room, size_t size, uint32_t type) {
    types_[type].counters.add_allocation(size);
    totals_.bytes_live += size;
    if (room == MORPH_ROOM_ARENA) totals_.arena.add_allocation(size);
}

void Context::count_resize(size_t old_size, size_t new_size, uint32_t type) {
    totals_.bytes_live_peak = totals_.peak();
    types_[type].counters.add_resize(old_size, new_size);
    totals_.bytes_live += new_size - old_size;  // modulo 2^64 when it shrinks
    totals_.resizes += 1;
}

Counters Context::sum_of_types() const {
    Counters sum = {};
    for (uint32_t type = 0; type < types_.count(); ++type) {
        const Counters& counters = types_[type].counters;
        sum.allocations += counters.allocations;
        sum.bytes_allocated += counters.bytes_allocated;
        sum.frees += counters.frees;
        sum.bytes_freed += counters.bytes_freed;
    }
    return sum;
}

MorphMemStats Context::counted() const {
    MorphMemStats stats = {};
    stats.total = sum_of_types().counts();
    stats.arena = totals_.arena.counts();
    stats.pool = minus(stats.total, stats.arena);
    stats.bytes_live_peak = totals_.peak();
    stats.resizes = totals_.resizes;
    stats.resets = totals_.resets;
    stats.failures = totals_.failures;
    return stats;
}

// What is shown: nothing of what was counted when metrics are off.
MorphMemStats Context::stats() const {
    MorphMemStats stats = {};
    if (metrics_) stats = counted();
    stats.mode = MORPH_MODE_COMPILER;
    stats.metrics = metrics_;
    stats.types = types_.count();
    stats.bytes_mapped = source_.bytes_mapped();
    stats.bytes_mapped_peak = source_.bytes_mapped_peak();
    stats.pool_bytes_mapped = source_.bytes_of(ChunkKind::pool);
    stats.arena_bytes_mapped =
        source_.bytes_of(ChunkKind::arena) + source_.bytes_of(ChunkKind::arena_large);
    stats.metadata_bytes_mapped = source_.bytes_of_metadata();
    stats.arena_bytes_used = arena_.bytes_used();
    stats.arena_bytes_reserved = arena_.bytes_reserved();
    return stats;
}

MorphMemTypeStats Context::type_stats(uint32_t type) const {
    const TypeRecord& record = types_[type];
    MorphMemTypeStats stats = {};
    static_assert(sizeof(stats.name) == sizeof(record.name));
    memcpy(stats.name, record.name, sizeof(stats.name));
    stats.placement = record.placement;
    if (metrics_) stats.counts = record.counters.counts();
    return stats;
}

// Counts what lies in the pools, type by type, into the records' scratch; gives the sums.
MorphMemCounts Context::tally_pool() {
    for (uint32_t type = 0; type < types_.count(); ++type) {
        types_[type].tally_objects = 0;
        types_[type].tally_bytes = 0;
    }
    struct Tally {
        TypeTable& types;
        MorphMemCounts sum;
    } tally = {types_, {}};
    auto visit = [](void* user, void*, size_t size, uint32_t type) {
        auto* counting = static_cast<Tally*>(user);
        counting->sum.objects_live += 1;
        counting->sum.bytes_live += size;
        if (type >= counting->types.count()) return true;  // check_counts finds the difference
        counting->types[type].tally_objects += 1;
        counting->types[type].tally_bytes += size;
        return true;
    };
    pool_.walk(visit, &tally);
    return tally.sum;
}

// nullptr, or the id of the first broken invariant.
const char* Context::check_counts() {
    MorphMemCounts found = tally_pool();
    uint64_t objects = 0;
    for (uint32_t type = 0; type < types_.count(); ++type) {
        const TypeRecord& record = types_[type];
        objects += record.tally_objects;
        MorphMemCounts counts = record.counters.counts();
        if (record.tally_objects > counts.objects_live) return "CONTEXT-POOL";
        if (record.tally_bytes > counts.bytes_live) return "CONTEXT-POOL";
    }
    if (objects != found.objects_live) return "CONTEXT-POOL";  // an object of no type
    MorphMemStats figures = counted();
    if (figures.total.bytes_live != totals_.bytes_live) return "CONTEXT-COUNT";
    if (figures.arena.allocations > figures.total.allocations) return "CONTEXT-COUNT";
    if (figures.arena.bytes_live > figures.total.bytes_live) return "CONTEXT-COUNT";
    if (figures.pool.objects_live != found.objects_live) return "CONTEXT-POOL";
    if (figures.pool.bytes_live != found.bytes_live) return "CONTEXT-POOL";
    return nullptr;
}

MorphCode Context::verify() {
    const char* broken = source_.check();
    if (broken == nullptr) broken = types_.check();
    if (broken == nullptr) broken = pool_.verify();
    if (broken == nullptr) broken = arena_.check();
    if (broken == nullptr) broken = check_counts();
    if (broken == nullptr) return MORPH_OK;
    return fail(MORPH_ERROR_CORRUPTION, "%s is broken", broken);
}

}  // namespace morph
