// Questions to a pool: what an address is, what is live, how much memory that takes.
#include "pool/visit.h"

namespace morph {

MorphAddressInfo Pool::query(const void* address) const {
    MorphAddressInfo answer = {};
    const Chunk* chunk = source_.find(address);
    if (chunk == nullptr || chunk->kind != ChunkKind::pool || chunk->owner != this) return answer;
    answer.room = MORPH_ROOM_POOL;
    Located located = classify(address);
    if (located.finding == Finding::foreign) return answer;
    Slot slot = located.slot;
    if (slot.block->state == BlockState::free) return answer;
    answer.object = slot.address;
    answer.slot_size = slot.block->slot_size;
    answer.allocated = located.finding == Finding::live || located.finding == Finding::interior;
    if (answer.allocated) {
        ObjectInfo info = describe_dressed(slot);
        answer.size = info.size;
        answer.type = info.type;
    }
    return answer;
}

void Pool::walk(MorphObjectVisitor visit, void* user) const {
    for (PoolChunk* chunk : chunks_) {
        for (; chunk != nullptr; chunk = static_cast<PoolChunk*>(chunk->next)) {
            bool go_on = for_each_used(chunk, [&](Block* block) {
                return for_each_live(block, [&](Slot slot) {
                    ObjectInfo info = describe_dressed(slot);
                    return visit(user, slot.address, info.size, info.type);
                });
            });
            if (!go_on) return;
        }
    }
}

MorphPoolStats Pool::stats() const {
    MorphPoolStats stats = {};
    for (PoolChunk* chunk : chunks_) {
        for (; chunk != nullptr; chunk = static_cast<PoolChunk*>(chunk->next)) {
            stats.chunks += 1;
            stats.blocks_free += static_cast<size_t>(std::popcount(chunk->free_blocks));
            for_each_used(chunk, [&](Block* block) {
                stats.blocks += 1;
                return for_each_live(block, [&](Slot slot) {
                    stats.objects_live += 1;
                    stats.bytes_live += describe_dressed(slot).size;
                    stats.bytes_slots += block->slot_size;
                    return true;
                });
            });
        }
    }
    stats.bytes_mapped = source_.bytes_mapped();
    stats.bytes_mapped_peak = source_.bytes_mapped_peak();
    return stats;
}

// Before a reset forgets them: every guard that was overwritten is reported.
void Pool::report_guards() {
    for (PoolChunk* chunk : chunks_) {
        for (; chunk != nullptr; chunk = static_cast<PoolChunk*>(chunk->next)) {
            for_each_used(chunk, [&](Block* block) {
                return for_each_live(block, [&](Slot slot) {
                    ObjectInfo info;
                    (void)inspect_live(slot, &info);
                    return true;
                });
            });
        }
    }
}

}  // namespace morph
