// Blocks: taken for a class and filled; and the lists of their chunks.
#include "heap/old_blocks.h"

#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"

namespace morph {
namespace {

// Whether each class has slots in each block, in numbers that a descriptor can hold.
consteval bool geometry_is_sound() {
    for (uint32_t slot = 0; slot < kSlotClasses; slot++) {
        for (uint32_t number = 0; number < 2; number++) {
            OldGeometry geometry = old_geometry(slot_class_bytes(slot), number);
            if (geometry.slots == 0 || geometry.slots > UINT16_MAX) return false;
        }
    }
    return true;
}
static_assert(geometry_is_sound());

consteval OldSlotBits make_slot_bits() {
    OldSlotBits bits{};
    for (uint32_t slot = 0; slot < kSlotClasses; slot++) {
        OldGeometry geometry = old_geometry(slot_class_bytes(slot), 1);
        for (uint32_t index = 0; index < geometry.slots; index++) {
            size_t payload = geometry.first + index * slot_class_bytes(slot) + kHeaderBytes;
            size_t place = payload / kBitBytes;
            bits.words[slot][place / 64] |= uint64_t{1} << place % 64;
        }
    }
    return bits;
}

}  // namespace

constinit const OldSlotBits kOldSlotBits = make_slot_bits();

OldBlocks::OldBlocks(const OldSetting& setting) : setting_(setting) {
    for (uint32_t slot = 0; slot < kSlotClasses; slot++) {
        classes_[slot].slot_bytes = slot_class_bytes(slot);
    }
}

OldBlocks::~OldBlocks() {
    for (OldBlockChunk* chunk : chunks_) {
        while (chunk != nullptr) {
            auto* next = static_cast<OldBlockChunk*>(chunk->next);
            setting_.source.return_chunk(chunk);
            chunk = next;
        }
    }
}

// ---------------------------------------------------------------------------------- allocation

unsigned char* OldBlocks::take_slowly(uint32_t slot_class) {
    Class& cell = classes_[slot_class];
    bool found = false;
    if (cell.current != nullptr) {
        auto word = static_cast<size_t>(cell.allocated - allocated_of(cell.current));
        found = next_word(cell, word + 1, ~uint64_t{0});
        if (!found) drop_current(cell);
    }
    if (!found && !next_block(cell, slot_class)) return nullptr;
    return take(slot_class);
}

// The free slots of the block's next word that has some, from `word` on, of whose bits only those
// in the mask count, become the class's next. false: there are none.
bool OldBlocks::next_word(Class& cell, size_t word, uint64_t mask) {
    OldBlock* block = cell.current;
    uint64_t* allocated = allocated_of(block);
    const uint64_t* slots = kOldSlotBits.words[block->slot_class];
    for (; word < kBlockWords; word++, mask = ~uint64_t{0}) {
        uint64_t free = slots[word] & ~allocated[word] & mask;
        if (free == 0) continue;
        cell.free = free;
        cell.allocated = &allocated[word];
        cell.distance = static_cast<uint32_t>(word * 64 * kBitBytes) - block->first;
        uint32_t count = count_bits(&free, 1);
        block->taken += static_cast<uint16_t>(count);
        taken_ += size_t{count} * block->slot_bytes;
        return true;
    }
    return false;
}

// It has no free slot left.
void OldBlocks::drop_current(Class& cell) {
    cell.current->state = OldBlockState::full;
    cell.current = nullptr;
    cell.free = 0;
    cell.fresh = false;
}

bool OldBlocks::next_block(Class& cell, uint32_t slot_class) {
    OldBlock* block = cell.partial;
    if (block != nullptr) {
        cell.partial = block->next;
        if (block->unswept) sweep(block);
    } else {
        block = take_free_block(slot_class);
        if (block == nullptr) return false;
    }
    block->next = nullptr;
    block->state = OldBlockState::current;
    cell.current = block;
    cell.slots = slot_at(block, 0);
    cell.reciprocal = block->reciprocal;
    cell.fresh = block->fresh;
    size_t place = (block->first + kHeaderBytes) / kBitBytes;
    bool found = next_word(cell, place / 64, ~uint64_t{0} << place % 64);
    MORPH_CHECK(found);
    return true;
}

OldBlock* OldBlocks::take_free_block(uint32_t slot_class) {
    OldBlockChunk* chunk = take_chunk();
    if (chunk == nullptr) return nullptr;
    MORPH_CHECK(chunk->free_blocks != 0);
    // Used ones first: they are resident.
    uint32_t choice = chunk->free_blocks & ~chunk->fresh_blocks;
    if (choice == 0) choice = chunk->free_blocks;
    auto number = static_cast<uint32_t>(std::countr_zero(choice));
    uint32_t bit = uint32_t{1} << number;
    OldBlock* block = &chunk->blocks[number];
    MORPH_CHECK(block->state == OldBlockState::free);
    uint32_t slot_bytes = slot_class_bytes(slot_class);
    OldGeometry geometry = old_geometry(slot_bytes, number);
    bool fresh = (chunk->fresh_blocks & bit) != 0;
    *block = OldBlock{nullptr,
                      slot_bytes,
                      geometry.reciprocal,
                      geometry.first,
                      static_cast<uint16_t>(geometry.slots),
                      0,
                      static_cast<uint8_t>(slot_class),
                      OldBlockState::partial,
                      false,
                      fresh};
    ChunkList from = list_of(chunk);
    chunk->free_blocks &= ~bit;
    chunk->fresh_blocks &= ~bit;
    if (list_of(chunk) != from) {
        unlink_first(from, chunk);
        link(chunk);
    }
    count_ += 1;
    return block;
}

// A chunk with a free block; the fuller kind first.
OldBlockChunk* OldBlocks::take_chunk() {
    if (chunks_[kOpen] != nullptr) return chunks_[kOpen];
    if (chunks_[kEmpty] != nullptr) return chunks_[kEmpty];
    Chunk* fresh = setting_.source.acquire_chunk(ChunkKind::old_blocks, setting_.owner);
    if (fresh == nullptr) return nullptr;
    auto* chunk = static_cast<OldBlockChunk*>(fresh);
    chunk->free_blocks = kAllOldBlocks;
    chunk->fresh_blocks = kAllOldBlocks;
    if (setting_.instrumented) mark_no_access(chunk + 1, kChunkBytes - sizeof(OldBlockChunk));
    link(chunk);
    return chunk;
}

// ------------------------------------------------------------------------------ lists of chunks

OldBlocks::ChunkList OldBlocks::list_of(const OldBlockChunk* chunk) {
    if (chunk->free_blocks == 0) return kFull;
    return chunk->free_blocks == kAllOldBlocks ? kEmpty : kOpen;
}

void OldBlocks::link(OldBlockChunk* chunk) {
    ChunkList list = list_of(chunk);
    chunk->previous = nullptr;
    chunk->next = chunks_[list];
    if (chunk->next != nullptr) chunk->next->previous = chunk;
    chunks_[list] = chunk;
    if (list == kEmpty) empty_chunks_ += 1;
}

// Blocks are taken from the first chunk of a list only, and so are chunks that go.
void OldBlocks::unlink_first(ChunkList list, OldBlockChunk* chunk) {
    MORPH_CHECK(chunks_[list] == chunk && chunk->previous == nullptr);
    chunks_[list] = static_cast<OldBlockChunk*>(chunk->next);
    if (chunk->next != nullptr) chunk->next->previous = nullptr;
    if (list == kEmpty) empty_chunks_ -= 1;
}

// All chunks, out of their lists, linked by `next`.
OldBlockChunk* OldBlocks::take_all_chunks() {
    Chunk* all = nullptr;
    for (OldBlockChunk*& list : chunks_) {
        while (list != nullptr) {
            OldBlockChunk* chunk = list;
            list = static_cast<OldBlockChunk*>(chunk->next);
            chunk->next = all;
            all = chunk;
        }
    }
    empty_chunks_ = 0;
    return static_cast<OldBlockChunk*>(all);
}

}  // namespace morph
