// What blocks hold: questions about addresses, walks, figures, and whether the invariants hold.
#include <cstring>

#include "chunk/check.h"
#include "heap/old_blocks.h"

namespace morph {
bool OldBlocks::is_live(const void* object) {
    const OldBlock* block = old_block_of(object);
    OldBit bit = old_bit(object);
    const OldBlockChunk* chunk = old_block_chunk_of(object);
    const uint64_t* words = block->unswept ? chunk->marked : chunk->allocated;
    return (words[bit.word] & bit.mask) != 0;
}

size_t OldBlocks::bytes_of(const void* object) {
    return old_block_of(object)->slot_bytes;
}

Header* OldBlocks::find(const void* address) {
    const OldBlock* block = old_block_of(address);
    auto offset = static_cast<size_t>(static_cast<const unsigned char*>(address) - begin_of(block));
    if (block->state == OldBlockState::free || offset < block->first) return nullptr;
    uint32_t index = slot_index(block, offset);
    if (index >= block->slots) return nullptr;
    unsigned char* slot = slot_at(block, index);
    OldBit bit = old_bit(slot + kHeaderBytes);
    if ((old_block_chunk_of(block)->allocated[bit.word] & bit.mask) == 0) return nullptr;
    return reinterpret_cast<Header*>(slot);
}

// each(block) for every block in use, until it returns false.
template <typename Each>
bool OldBlocks::each_used_block(Each each) const {
    for (const OldBlockChunk* list : chunks_) {
        for (const Chunk* chunk = list; chunk != nullptr; chunk = chunk->next) {
            for (const OldBlock& block : static_cast<const OldBlockChunk*>(chunk)->blocks) {
                if (block.state != OldBlockState::free && !each(&block)) return false;
            }
        }
    }
    return true;
}

bool OldBlocks::walk_bits(const OldBlock* block, const uint64_t* bits, OldVisit visit, void* user) {
    for (size_t word = 0; word < kBlockWords; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            size_t place = word * 64 + static_cast<size_t>(std::countr_zero(left));
            unsigned char* slot = slot_at(block, slot_index(block, place * kBitBytes));
            if (!visit(user, reinterpret_cast<Header*>(slot))) return false;
        }
    }
    return true;
}

bool OldBlocks::walk(OldVisit visit, void* user) const {
    return each_used_block([&](const OldBlock* block) {
        return walk_bits(block, block->unswept ? marked_of(block) : allocated_of(block), visit,
                         user);
    });
}

bool OldBlocks::walk_marked(OldVisit visit, void* user) const {
    return each_used_block(
        [&](const OldBlock* block) { return walk_bits(block, marked_of(block), visit, user); });
}

size_t OldBlocks::bytes_used() const {
    size_t bytes = taken_;
    for (const Class& cell : classes_) {
        if (cell.free != 0) bytes -= size_t{count_bits(&cell.free, 1)} * cell.slot_bytes;
    }
    return bytes;
}

// ------------------------------------------------------------------------------------ invariants

bool OldBlocks::check_chunk(OldFault& fault, const OldBlockChunk* chunk, ChunkList list) const {
    bool sound = chunk->kind == ChunkKind::old_blocks && chunk->owner == setting_.owner &&
                 chunk->bytes == kChunkBytes && list_of(chunk) == list &&
                 setting_.source.find(chunk) == chunk &&
                 (chunk->fresh_blocks & ~chunk->free_blocks) == 0;
    if (chunk->next != nullptr && chunk->next->previous != chunk) sound = false;
    if (!sound) return fault.broken("BLOCK-CHUNK", chunk);
    for (uint32_t number = 0; number < kBlocksPerChunk; number++) {
        const OldBlock& block = chunk->blocks[number];
        bool is_free = (chunk->free_blocks >> number & 1) != 0;
        if (is_free != (block.state == OldBlockState::free)) {
            return fault.broken("BLOCK-CHUNK", &block);
        }
        if (!is_free) continue;
        if (block.unswept || block.fresh) return fault.broken("BLOCK-CHUNK", &block);
        const uint64_t* allocated = allocated_of(&block);
        const uint64_t* marked = marked_of(&block);
        for (size_t word = 0; word < kBlockWords; word++) {
            if (allocated[word] != 0) return fault.broken("BLOCK-GEOMETRY", begin_of(&block));
            if (marked[word] != 0) return fault.broken("OLD-MARKS", begin_of(&block));
        }
    }
    return true;
}

// Geometry, bits, headers and counts of a block in use.
bool OldBlocks::check_block(OldFault& fault, const OldBlock* block, bool marking) const {
    if (block->slot_class >= kSlotClasses || (marking && block->unswept)) {
        return fault.broken("BLOCK-GEOMETRY", begin_of(block));
    }
    OldGeometry geometry = old_geometry(slot_class_bytes(block->slot_class), number_of(block));
    if (block->slot_bytes != slot_class_bytes(block->slot_class) ||
        block->first != geometry.first || block->slots != geometry.slots ||
        block->reciprocal != geometry.reciprocal) {
        return fault.broken("BLOCK-GEOMETRY", begin_of(block));
    }
    const uint64_t* allocated = allocated_of(block);
    const uint64_t* marked = marked_of(block);
    size_t count = 0;
    size_t marks = 0;
    for (size_t place = 0; place < kBlockWords * 64; place++) {
        if (!is_set(allocated, place)) {
            if (!is_set(marked, place)) continue;
            return fault.broken("OLD-MARKS", begin_of(block) + place * kBitBytes);
        }
        size_t offset = place * kBitBytes;
        if (offset < block->first) return fault.broken("BLOCK-GEOMETRY", begin_of(block) + offset);
        uint32_t index = slot_index(block, offset);
        const unsigned char* slot = slot_at(block, index);
        auto payload = static_cast<size_t>(slot + kHeaderBytes - begin_of(block));
        if (index >= block->slots || payload / kBitBytes != place) {
            return fault.broken("BLOCK-GEOMETRY", slot);
        }
        Header header = *reinterpret_cast<const Header*>(slot);
        if ((header & kOld) == 0 || space_of(header) != Space::block || (header & kCarded) != 0 ||
            object_bytes(size_field(header), 0) > block->slot_bytes) {
            return fault.broken("OLD-ALLOCATED", slot + kHeaderBytes);
        }
        count += 1;
        if (is_set(marked, place)) marks += 1;
    }
    if (!marking && !block->unswept && marks != 0) {
        return fault.broken("OLD-MARKS", begin_of(block));
    }
    size_t live = block->unswept ? marks : count;
    if (live == 0) return fault.broken("OLD-EMPTY", begin_of(block));
    const Class& cell = classes_[block->slot_class];
    if (block->state == OldBlockState::current) {
        if (cell.current != block || block->unswept || cell.fresh != block->fresh) {
            return fault.broken("BLOCK-CHUNK", begin_of(block));
        }
        live += count_bits(&cell.free, 1);
    }
    if (live != block->taken) return fault.broken("OLD-BYTES", begin_of(block));
    bool has_room = block->taken < block->slots;
    if (block->state == OldBlockState::partial && !has_room) {
        return fault.broken("BLOCK-CHUNK", begin_of(block));
    }
    if (block->state == OldBlockState::full && has_room) {
        return fault.broken("BLOCK-CHUNK", begin_of(block));
    }
    return true;
}

bool OldBlocks::check_class(OldFault& fault, uint32_t slot_class, size_t* partial) const {
    const Class& cell = classes_[slot_class];
    size_t steps = 0;
    for (const OldBlock* block = cell.partial; block != nullptr; block = block->next) {
        if (++steps > count_ || block->state != OldBlockState::partial ||
            block->slot_class != slot_class) {
            return fault.broken("BLOCK-CHUNK", begin_of(block));
        }
    }
    *partial += steps;
    if (cell.slot_bytes != slot_class_bytes(slot_class)) return fault.broken("BLOCK-CURSOR", &cell);
    const OldBlock* block = cell.current;
    if (block == nullptr) return cell.free == 0 || fault.broken("BLOCK-CURSOR", &cell);
    if (block->state != OldBlockState::current || block->slot_class != slot_class) {
        return fault.broken("BLOCK-CURSOR", begin_of(block));
    }
    auto word = static_cast<size_t>(cell.allocated - allocated_of(block));
    auto distance = static_cast<uint32_t>(word * 64 * kBitBytes) - block->first;
    if (word >= kBlockWords || cell.distance != distance || cell.slots != slot_at(block, 0) ||
        cell.reciprocal != block->reciprocal) {
        return fault.broken("BLOCK-CURSOR", begin_of(block));
    }
    uint64_t free = kOldSlotBits.words[slot_class][word] & ~*cell.allocated;
    size_t place = (block->first + kHeaderBytes) / kBitBytes;
    if (place / 64 == word) free &= ~uint64_t{0} << place % 64;
    if ((cell.free & ~free) != 0 || word < place / 64) {
        return fault.broken("BLOCK-CURSOR", begin_of(block));
    }
    return true;
}

bool OldBlocks::check(OldFault& fault, bool marking) const {
    size_t empty = 0;
    for (uint32_t list = 0; list < kChunkLists; list++) {
        for (const Chunk* chunk = chunks_[list]; chunk != nullptr; chunk = chunk->next) {
            if (!check_chunk(fault, static_cast<const OldBlockChunk*>(chunk),
                             static_cast<ChunkList>(list))) {
                return false;
            }
            if (list == kEmpty) empty += 1;
        }
    }
    if (empty != empty_chunks_) return fault.broken("BLOCK-CHUNK", this);
    size_t in_lists = 0;
    for (uint32_t slot = 0; slot < kSlotClasses; slot++) {
        if (!check_class(fault, slot, &in_lists)) return false;
    }
    size_t blocks = 0;
    size_t partial = 0;
    size_t bytes = 0;
    bool sound = each_used_block([&](const OldBlock* block) {
        blocks += 1;
        partial += block->state == OldBlockState::partial ? 1u : 0u;
        bytes += size_t{block->taken} * block->slot_bytes;
        return check_block(fault, block, marking);
    });
    if (!sound) return false;
    if (blocks != count_ || partial != in_lists) return fault.broken("BLOCK-CHUNK", this);
    return bytes == taken_ || fault.broken("OLD-BYTES", this);
}

}  // namespace morph
