// Going through what is in use: chunks of a list, their blocks, their live slots.
#pragma once

#include "pool/pool.h"

namespace morph {

// Calls visit(slot) for each live slot of a block, until it returns false.
template <typename Visit>
bool for_each_live(Block* block, Visit visit) {
    for (uint32_t index = 0; index < tag_count(block); index++) {
        uint32_t tag = tag_of(block, index);
        if (tag == kFreeWideTag || tag == kDeadWideTag) continue;
        if (!visit(Slot{block, index, slot_address(block, index)})) return false;
    }
    return true;
}

// Calls visit(block) for each block of a chunk that is in a size class, until it returns false.
template <typename Visit>
bool for_each_used(PoolChunk* chunk, Visit visit) {
    for (uint32_t used = ~chunk->free_blocks & kAllBlocks; used != 0; used &= used - 1) {
        if (!visit(&chunk->blocks[std::countr_zero(used)])) return false;
    }
    return true;
}

}  // namespace morph
