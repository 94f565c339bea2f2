// Blocks and chunks: taken from the source, set up for a size class, and given back.
#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "pool/pool.h"

namespace morph {

Pool::Pool(Source& source, ErrorState& errors, const Reporter& reporter, bool debug)
    : MorphPool{},
      debug_(debug),
      instrumented_(marks_active()),
      plain_(!debug_ && !instrumented_),
      source_(source),
      errors_(errors),
      reporter_(reporter) {
    forget_bins();
    if (instrumented_) mark_pool_create(this);
}

Pool::~Pool() {
    if (instrumented_) mark_pool_destroy(this);
    for (PoolChunk* chunk : chunks_) {
        while (chunk != nullptr) {
            auto* next = static_cast<PoolChunk*>(chunk->next);
            source_.return_chunk(chunk);
            chunk = next;
        }
    }
}

// No bin has a block.
void Pool::forget_bins() {
    for (uint32_t bin = 0; bin < kBins; bin++) {
        MorphPoolBin empty = {};
        own_bins_[bin] = empty;
        if (plain_ && bin < MORPH_SIZE_CLASSES) bins[bin] = empty;
        sides_[bin] = {};
    }
}

void Pool::link_chunk(ChunkList list, PoolChunk* chunk) {
    chunk->previous = nullptr;
    chunk->next = chunks_[list];
    if (chunk->next != nullptr) chunk->next->previous = chunk;
    chunks_[list] = chunk;
    empty_chunks_ += list == kEmpty ? 1 : 0;
}

void Pool::unlink_chunk(ChunkList list, PoolChunk* chunk) {
    if (chunk->previous != nullptr) {
        chunk->previous->next = chunk->next;
    } else {
        MORPH_CHECK(chunks_[list] == chunk);
        chunks_[list] = static_cast<PoolChunk*>(chunk->next);
    }
    if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
    if (list == kEmpty) {
        empty_chunks_ -= 1;
        // What a reset left empty and was used again counts as any other from now on.
        if (empty_chunks_allowed_ > empty_chunks_) empty_chunks_allowed_ = empty_chunks_;
        if (empty_chunks_allowed_ == 0) empty_chunks_allowed_ = 1;
    }
}

static size_t own_bytes(const Block* block) {
    return kBlockBytes - block_head(number_of(block));
}

static unsigned char* own_begin(const Block* block) {
    return block_begin(block) + block_head(number_of(block));
}

void Pool::widen_span(uintptr_t chunk) {
    uintptr_t end = span_begin_ + span_bytes_;
    if (span_bytes_ == 0 || chunk < span_begin_) span_begin_ = chunk;
    if (chunk + kChunkBytes > end) end = chunk + kChunkBytes;
    span_bytes_ = end - span_begin_;
}

// A chunk with a free block; the fuller kind first.
PoolChunk* Pool::take_chunk() {
    if (chunks_[kOpen] != nullptr) return chunks_[kOpen];
    if (chunks_[kEmpty] != nullptr) return chunks_[kEmpty];
    Chunk* fresh = source_.acquire_chunk(ChunkKind::pool, this);
    if (fresh == nullptr) {
        source_.explain_refusal(errors_, "pool", kChunkBytes);
        return nullptr;
    }
    auto* chunk = static_cast<PoolChunk*>(fresh);
    chunk->free_blocks = kAllBlocks;
    if (plain_) widen_span(reinterpret_cast<uintptr_t>(chunk));
    if (instrumented_) mark_no_access(chunk + 1, kChunkBytes - sizeof(PoolChunk));
    link_chunk(kEmpty, chunk);
    return chunk;
}

// A free block, set up for bin, of no state yet. nullptr: no memory, or (debug mode) memory that
// was written while it was free.
Block* Pool::take_block(uint32_t bin) {
    PoolChunk* chunk = take_chunk();
    if (chunk == nullptr) return nullptr;
    MORPH_CHECK(chunk->free_blocks != 0);
    auto number = static_cast<uint32_t>(std::countr_zero(chunk->free_blocks));
    Block* block = &chunk->blocks[number];
    uint32_t bit = uint32_t{1} << number;
    MORPH_CHECK(block->state == BlockState::free);
    if (debug_) {
        if ((chunk->filled_blocks & bit) != 0) {
            if (!inspect_freed(own_begin(block), own_bytes(block))) return nullptr;
        } else {
            MarkedAccess access(own_begin(block), own_bytes(block), instrumented_);
            std::memset(own_begin(block), kFreedFill, own_bytes(block));
        }
        chunk->filled_blocks &= ~bit;
    }
    ChunkList from = chunk->free_blocks == kAllBlocks ? kEmpty : kOpen;
    chunk->free_blocks &= ~bit;
    ChunkList to = chunk->free_blocks == 0 ? kFull : kOpen;
    if (from != to) {
        unlink_chunk(from, chunk);
        link_chunk(to, chunk);
    }
    set_up_block(block, bin);
    return block;
}

void Pool::set_up_block(Block* block, uint32_t bin) {
    uint32_t size_class = bin % MORPH_SIZE_CLASSES;
    auto slot_size = static_cast<uint32_t>(morph_size_class_bytes(size_class));
    uint32_t tag_bytes = bin < MORPH_SIZE_CLASSES ? 1 : 2;
    BlockGeometry geometry = block_geometry(slot_size, tag_bytes, number_of(block));
    MORPH_CHECK(geometry.slot_count() > 0 && slot_size > 0);
    unsigned char* tags = block_begin(block) + geometry.tags_offset;
    if (instrumented_) mark_undefined(tags, size_t{geometry.tags} * tag_bytes);
    std::memset(tags, kDeadTag, size_t{geometry.tags} * tag_bytes);
    for (const SlotRange& range : geometry.slots) {
        std::memset(tags + size_t{range.begin} * tag_bytes, kFreeTag,
                    size_t{range.count()} * tag_bytes);
    }
    block->tags = tags;
    block->witness = kNoSlot;
    block->reciprocal = slot_reciprocal(slot_size);
    block->slot_count = static_cast<uint16_t>(geometry.slot_count());
    block->slot_size = static_cast<uint16_t>(slot_size);
    block->bin = static_cast<uint8_t>(bin);
    block->fast_owner = fast_owner_of(block);
}

// Makes a block free, all but its place in the chunk's list. Its geometry stays: a second free of
// one of its objects is still recognised.
void Pool::clear_block(Block* block) {
    auto* chunk = pool_chunk_of(block);
    uint32_t bit = uint32_t{1} << number_of(block);
    MORPH_CHECK((chunk->free_blocks & bit) == 0 && block->state != BlockState::free);
    block->state = BlockState::free;
    block->fast_owner = nullptr;
    block->next = nullptr;
    block->previous = nullptr;
    chunk->free_blocks |= bit;
    if (instrumented_) mark_undefined(own_begin(block), own_bytes(block));
    if (debug_) {
        std::memset(own_begin(block), kFreedFill, own_bytes(block));
        chunk->filled_blocks |= bit;
    }
    if (instrumented_) mark_no_access(own_begin(block), own_bytes(block));
}

// An empty block that its bin does not keep. The bin holds it no more.
void Pool::give_back_block(Block* block) {
    PoolChunk* chunk = pool_chunk_of(block);
    ChunkList from = chunk->free_blocks == 0 ? kFull : kOpen;
    clear_block(block);
    ChunkList to = chunk->free_blocks == kAllBlocks ? kEmpty : kOpen;
    if (from == to) return;
    unlink_chunk(from, chunk);
    if (to == kEmpty && empty_chunks_ > 0) {
        source_.return_chunk(chunk);
    } else {
        link_chunk(to, chunk);
    }
}

bool Pool::return_empty_chunk() {
    PoolChunk* chunk = chunks_[kEmpty];
    if (chunk == nullptr) return false;
    unlink_chunk(kEmpty, chunk);
    source_.return_chunk(chunk);
    return true;
}

void Pool::reset() {
    if (debug_) report_guards();
    forget_bins();
    if (instrumented_) {
        mark_pool_destroy(this);
        mark_pool_create(this);
    }
    for (uint32_t number = kOpen; number <= kFull; number++) {
        auto list = static_cast<ChunkList>(number);
        while (chunks_[list] != nullptr) {
            PoolChunk* chunk = chunks_[list];
            for (uint32_t used = ~chunk->free_blocks & kAllBlocks; used != 0; used &= used - 1) {
                clear_block(&chunk->blocks[std::countr_zero(used)]);
            }
            unlink_chunk(list, chunk);
            link_chunk(kEmpty, chunk);
        }
    }
    empty_chunks_allowed_ = empty_chunks_ > 1 ? empty_chunks_ : 1;
}

}  // namespace morph
