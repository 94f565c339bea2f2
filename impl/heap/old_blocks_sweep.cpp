// Blocks: what a marking leaves of them, sweeping, and giving back.
#include <cstring>

#include "chunk/memory_marks.h"
#include "heap/old_blocks.h"

namespace morph {

// The marks are whole: counts them, and leaves each block free or to be swept.
void OldBlocks::end_marking() {
    forget_cursors();
    OldBlock** tails[kSlotClasses];
    for (uint32_t slot = 0; slot < kSlotClasses; slot++) tails[slot] = &classes_[slot].partial;
    taken_ = 0;
    for (OldBlockChunk* chunk = take_all_chunks(); chunk != nullptr;) {
        auto* next = static_cast<OldBlockChunk*>(chunk->next);
        for (uint32_t used = ~chunk->free_blocks & kAllOldBlocks; used != 0; used &= used - 1) {
            OldBlock* block = &chunk->blocks[std::countr_zero(used)];
            uint32_t live = count_bits(marked_of(block), kBlockWords);
            if (live == 0) {
                make_free(block);
                continue;
            }
            block->taken = static_cast<uint16_t>(live);
            block->unswept = true;
            block->fresh = false;
            block->next = nullptr;
            block->state = OldBlockState::full;
            taken_ += size_t{live} * block->slot_bytes;
            if (live == block->slots) continue;
            block->state = OldBlockState::partial;
            *tails[block->slot_class] = block;
            tails[block->slot_class] = &block->next;
        }
        link(chunk);
        chunk = next;
    }
}

void OldBlocks::forget_cursors() {
    for (Class& cell : classes_) {
        cell.free = 0;
        cell.current = cell.partial = nullptr;
        cell.fresh = false;
    }
}

void OldBlocks::sweep(OldBlock* block) {
    uint64_t* allocated = allocated_of(block);
    uint64_t* marked = marked_of(block);
    if (setting_.instrumented || setting_.fill_freed) {
        for (size_t word = 0; word < kBlockWords; word++) {
            for (uint64_t dead = allocated[word] & ~marked[word]; dead != 0; dead &= dead - 1) {
                size_t place = word * 64 + static_cast<size_t>(std::countr_zero(dead));
                uint32_t index = slot_index(block, place * kBitBytes);
                erase(slot_at(block, index), block->slot_bytes);
            }
        }
    }
    memcpy(allocated, marked, kBlockWords * sizeof(uint64_t));
    memset(marked, 0, kBlockWords * sizeof(uint64_t));
    block->unswept = false;
}

// What is freed is filled and loses access, as the setting wants it.
void OldBlocks::erase(unsigned char* begin, size_t bytes) const {
    if (setting_.instrumented) mark_undefined(begin, bytes);
    if (setting_.fill_freed) memset(begin, kOldFreedFill, bytes);
    if (setting_.instrumented) mark_no_access(begin, bytes);
}

// An empty block; its chunk is in no list, or will be moved by who calls.
void OldBlocks::make_free(OldBlock* block) {
    OldBlockChunk* chunk = old_block_chunk_of(block);
    unsigned char* begin = slot_at(block, 0);
    erase(begin, static_cast<size_t>(begin_of(block) + kBlockBytes - begin));
    memset(allocated_of(block), 0, kBlockWords * sizeof(uint64_t));
    memset(marked_of(block), 0, kBlockWords * sizeof(uint64_t));
    block->next = nullptr;
    block->taken = 0;
    block->unswept = false;
    block->fresh = false;
    block->state = OldBlockState::free;
    chunk->free_blocks |= uint32_t{1} << number_of(block);
    count_ -= 1;
}

void OldBlocks::finish_sweep() {
    for (OldBlockChunk* list : chunks_) {
        for (Chunk* chunk = list; chunk != nullptr; chunk = chunk->next) {
            for (OldBlock& block : static_cast<OldBlockChunk*>(chunk)->blocks) {
                if (block.unswept) sweep(&block);
            }
        }
    }
    trim(1);
}

void OldBlocks::reset() {
    forget_cursors();
    taken_ = 0;
    for (OldBlockChunk* chunk = take_all_chunks(); chunk != nullptr;) {
        auto* next = static_cast<OldBlockChunk*>(chunk->next);
        for (OldBlock& block : chunk->blocks) {
            if (block.state != OldBlockState::free) make_free(&block);
        }
        link(chunk);
        chunk = next;
    }
}

bool OldBlocks::release_spare() {
    bool any = empty_chunks_ != 0;
    trim(0);
    return any;
}

// Returns empty chunks until only so many are left.
void OldBlocks::trim(size_t keep) {
    while (empty_chunks_ > keep) {
        OldBlockChunk* chunk = chunks_[kEmpty];
        unlink_first(kEmpty, chunk);
        setting_.source.return_chunk(chunk);
    }
}

}  // namespace morph
