// Questions to a general allocator, and its own check.
#include "general/general.h"

namespace morph {

MorphAddressInfo General::query(const void* address) const {
    MorphAddressInfo answer = {};
    Chunk* chunk = source_.find(address);
    if (chunk == nullptr) return answer;
    if (chunk->kind == ChunkKind::pool) return pool_.query(address);
    if (chunk->kind == ChunkKind::general_runs) {
        answer.room = MORPH_ROOM_RUNS;
        Runs::Located located = Runs::classify(chunk, address);
        answer.allocated =
            located.finding == Runs::Finding::live || located.finding == Runs::Finding::interior;
        if (!answer.allocated) return answer;
        answer.object = begin_of(located.run);
        answer.size = morph::size_of(located.run);
        answer.slot_size = bytes_of(located.run);
        return answer;
    }
    answer.room = MORPH_ROOM_LARGE;
    const auto* large = static_cast<const MappedChunk*>(chunk);
    answer.allocated = address >= large->object;
    if (!answer.allocated) return answer;
    answer.object = large->object;
    answer.size = large->size;
    answer.slot_size = room_of(large);
    return answer;
}

MorphGeneralStats General::stats() const {
    MorphGeneralStats stats = {};
    stats.total.allocations = counts_.allocations;
    stats.total.frees = counts_.frees;
    stats.total.bytes_allocated = counts_.bytes_allocated;
    stats.total.bytes_freed = counts_.bytes_freed();
    stats.total.objects_live = counts_.allocations - counts_.frees;
    stats.total.bytes_live = counts_.bytes_live();
    stats.bytes_live_peak = counts_.peak;
    stats.resizes = counts_.resizes;
    stats.resets = counts_.resets;
    stats.failures = counts_.failures;
    stats.large_live = counts_.large_live;
    stats.bytes_mapped = source_.bytes_mapped();
    stats.bytes_mapped_peak = source_.bytes_mapped_peak();
    return stats;
}

// Calls visit(object, size) for every live object, until it returns false.
template <typename Visit>
void General::walk(Visit visit) const {
    bool go_on = true;
    auto adapter = [&](const void* object, size_t size) { return go_on = visit(object, size); };
    pool_.walk([](void* user, void* object, size_t size,
                  uint32_t) { return (*static_cast<decltype(adapter)*>(user))(object, size); },
               &adapter);
    if (go_on) runs_.walk([&](Run run) { return adapter(begin_of(run), morph::size_of(run)); });
    for (const MappedChunk* large = mappings_.first(); go_on && large != nullptr;
         large = static_cast<const MappedChunk*>(large->next)) {
        adapter(large->object, large->size);
    }
}

// One report for all of them.
void General::report_leaks() const {
    unsigned long long objects = counts_.allocations - counts_.frees;
    walk([&](const void* object, size_t size) {
        reporter_.report(MORPH_REPORT_LEAK, object, size, 0,
                         "general: %llu object%s (%llu bytes) still live at destroy, one at %p",
                         objects, objects == 1 ? "" : "s",
                         static_cast<unsigned long long>(counts_.bytes_live()), object);
        return false;
    });
}

const char* General::check_counts() const {
    uint64_t objects = 0;
    uint64_t bytes = 0;
    uint64_t large = 0;
    walk([&](const void*, size_t size) {
        objects += 1;
        bytes += size;
        large += size > MORPH_POOL_MAX_SIZE ? 1 : 0;
        return true;
    });
    bool equal = objects == counts_.allocations - counts_.frees && bytes == counts_.bytes_live() &&
                 large == counts_.large_live;
    return equal ? nullptr : "GENERAL-COUNT";
}

MorphCode General::verify() {
    const char* broken = source_.check();
    if (broken == nullptr) broken = pool_.verify();
    if (broken == nullptr) broken = runs_.check();
    if (broken == nullptr) broken = mappings_.check();
    if (broken == nullptr) broken = check_counts();
    if (broken == nullptr) return MORPH_OK;
    return errors_.fail(MORPH_ERROR_CORRUPTION, "general: invariant %s is broken", broken);
}

}  // namespace morph

extern "C" {

MorphAddressInfo morph_general_query(const MorphGeneral* general, const void* address) {
    return morph::with_general(general, "morph_general_query",
                               [=](auto& its) { return its.query(address); });
}

MorphGeneralStats morph_general_stats(const MorphGeneral* general) {
    return morph::with_general(general, "morph_general_stats",
                               [](auto& its) { return its.stats(); });
}

MorphCode morph_general_verify(MorphGeneral* general) {
    return morph::with_general(general, "morph_general_verify",
                               [](auto& its) { return its.verify(); });
}

}  // extern "C"
