// Pool::verify: every invariant of pool.h, from chunks down to slots. Trusts nothing it has not
// checked, so that a broken pool gives an id and not a crash, as far as headers are readable.
#include "chunk/memory_marks.h"
#include "pool/visit.h"

namespace morph {

class PoolCheck {
 public:
    explicit PoolCheck(const Pool& pool) : pool_(pool) {}

    const char* run() {
        const char* broken = check_chunks();
        for (uint32_t bin = 0; bin < kBins && broken == nullptr; bin++) broken = check_bin(bin);
        if (broken == nullptr && (listed_ != in_lists_ || held_ != in_hand_)) broken = "POOL-STATE";
        return broken;
    }

 private:
    const char* check_chunks() {
        size_t empty = 0;
        for (uint32_t list = 0; list < Pool::kChunkLists; list++) {
            const Chunk* previous = nullptr;
            for (PoolChunk* chunk = pool_.chunks_[list]; chunk != nullptr;
                 chunk = static_cast<PoolChunk*>(chunk->next)) {
                uint32_t home = chunk->free_blocks == kAllBlocks ? Pool::kEmpty
                                : chunk->free_blocks != 0        ? Pool::kOpen
                                                                 : Pool::kFull;
                if (home != list || chunk->previous != previous || chunk->owner != &pool_ ||
                    chunk->kind != ChunkKind::pool || pool_.source_.find(chunk) != chunk ||
                    (chunk->free_blocks & ~kAllBlocks) != 0) {
                    return "POOL-CHUNK";
                }
                previous = chunk;
                empty += home == Pool::kEmpty ? 1 : 0;
                for (Block& block : chunk->blocks) {
                    if (const char* broken = check_block(chunk, &block)) return broken;
                }
            }
        }
        bool spare = empty == pool_.empty_chunks_ && empty <= pool_.empty_chunks_allowed_;
        return spare ? nullptr : "POOL-SPARE";
    }

    const char* check_block(const PoolChunk* chunk, Block* block) {
        uint32_t bit = uint32_t{1} << number_of(block);
        if ((block->state == BlockState::free) != ((chunk->free_blocks & bit) != 0)) {
            return "POOL-STATE";
        }
        if (block->state == BlockState::free) {
            return free_block_intact(block, (chunk->filled_blocks & bit) != 0);
        }
        if (!geometry_holds(block)) return "POOL-GEOMETRY";
        if (const char* broken = check_tags(block)) return broken;
        if (!state_holds(block)) return "POOL-STATE";
        if (const char* broken = check_live(block)) return broken;
        return pool_.debug_ ? check_freed(block) : nullptr;
    }

    const char* free_block_intact(const Block* block, bool filled) const {
        if (block->fast_owner != nullptr) return "POOL-STATE";
        if (!filled) return nullptr;
        uint32_t head = block_head(number_of(block));
        MarkedAccess access(block_begin(block) + head, kBlockBytes - head, pool_.instrumented_);
        bool intact = all_bytes(block_begin(block) + head, kBlockBytes - head, kFreedFill);
        return intact ? nullptr : "POOL-FREED";
    }

    bool geometry_holds(const Block* block) const {
        uint32_t size_class = block->bin % MORPH_SIZE_CLASSES;
        if (block->bin >= kBins || size_class == 0) return false;
        auto slot_size = static_cast<uint32_t>(morph_size_class_bytes(size_class));
        BlockGeometry expected =
            block_geometry(slot_size, is_wide(block) ? 2 : 1, number_of(block));
        return block->slot_size == slot_size && block->slot_count == expected.slot_count() &&
               block->tags == block_begin(block) + expected.tags_offset &&
               block->reciprocal == slot_reciprocal(slot_size);
    }

    const char* check_tags(const Block* block) const {
        BlockGeometry geometry =
            block_geometry(block->slot_size, is_wide(block) ? 2 : 1, number_of(block));
        uint32_t free_slots = 0;
        for (uint32_t index = 0; index < geometry.tags; index++) {
            uint32_t tag = tag_of(block, index);
            if ((tag == kDeadWideTag) == geometry.is_slot(index)) return "POOL-GEOMETRY";
            free_slots += tag == kFreeWideTag ? 1 : 0;
        }
        uint32_t witness = block->witness;
        bool holds = witness == kNoSlot;
        if (block->state == BlockState::available) {
            holds =
                free_slots > 0 && witness < geometry.tags && tag_of(block, witness) < kDeadWideTag;
        } else if (block->state == BlockState::full) {
            holds = holds && free_slots == 0;
        } else if (block->state == BlockState::kept) {
            holds = holds && free_slots == block->slot_count;
        }
        return holds ? nullptr : "POOL-WITNESS";
    }

    bool state_holds(const Block* block) {
        const Pool::BinSide& side = pool_.sides_[block->bin];
        bool fast = pool_.plain_ && !is_wide(block) && block->state != BlockState::full;
        if (block->fast_owner != (fast ? &pool_ : nullptr)) return false;
        switch (block->state) {
            case BlockState::current:
                in_hand_ += 1;
                return side.current == block;
            case BlockState::kept:
                in_hand_ += 1;
                return side.kept == block;
            case BlockState::available:
                in_lists_ += 1;
                return true;
            case BlockState::full:
                return true;
            case BlockState::free:
                break;
        }
        return false;
    }

    const char* check_live(Block* block) const {
        const char* broken = nullptr;
        for_each_live(block, [&](Slot slot) {
            ObjectInfo info = pool_.describe_dressed(slot);
            if (pool_.debug_ && !pool_.guard_intact(slot, info)) {
                broken = "POOL-GUARD";
            } else if (pool_.slot_class(info.size, MORPH_DEFAULT_ALIGNMENT) == 0 ||
                       pool_.slot_class(info.size, MORPH_DEFAULT_ALIGNMENT) >
                           block->bin % MORPH_SIZE_CLASSES ||
                       (info.type >= MORPH_NARROW_TYPES) != is_wide(block) ||
                       info.type >= MORPH_MAX_TYPES) {
                broken = "POOL-TAG";
            }
            return broken == nullptr;
        });
        return broken;
    }

    const char* check_freed(Block* block) const {
        for (uint32_t index = 0; index < tag_count(block); index++) {
            if (tag_of(block, index) != kFreeWideTag) continue;
            const unsigned char* slot = slot_address(block, index);
            MarkedAccess access(slot, block->slot_size, pool_.instrumented_);
            if (!all_bytes(slot, block->slot_size, kFreedFill)) return "POOL-FREED";
        }
        return nullptr;
    }

    // Runs after check_chunks, so blocks that are in a chunk are sound.
    const char* check_bin(uint32_t bin) {
        const Pool::BinSide& side = pool_.sides_[bin];
        const MorphPoolBin* head = pool_.bin_at(bin);
        held_ += (side.current != nullptr ? 1u : 0u) + (side.kept != nullptr ? 1u : 0u);
        const Block* previous = nullptr;
        for (const Block* block = side.oldest; block != nullptr; block = block->next) {
            if (block->state != BlockState::available || block->bin != bin ||
                block->previous != previous || ++listed_ > in_lists_) {
                return "POOL-STATE";
            }
            previous = block;
        }
        if (side.newest != previous) return "POOL-STATE";
        if (!pool_.plain_ && pool_.bins[bin % MORPH_SIZE_CLASSES].free_slots != 0)
            return "POOL-BIN";
        const Block* current = side.current;
        if (current == nullptr) {
            bool idle = head->free_slots == 0 && side.kept == nullptr && side.oldest == nullptr;
            return idle ? nullptr : "POOL-BIN";
        }
        uint32_t tag_bytes = is_wide(current) ? 2 : 1;
        uint32_t first = side.group * kGroup;
        bool points = current->bin == bin && first < tag_count(current) &&
                      head->slot_size == current->slot_size &&
                      head->group_slots == slot_address(current, first) &&
                      head->group_tags == current->tags + size_t{first} * tag_bytes;
        if (!points) return "POOL-BIN";
        for (uint64_t bits = head->free_slots; bits != 0; bits &= bits - 1) {
            auto index = first + static_cast<uint32_t>(std::countr_zero(bits));
            if (tag_of(current, index) != kFreeWideTag) return "POOL-BIN";
        }
        return nullptr;
    }

    const Pool& pool_;
    size_t in_lists_ = 0;  // blocks that say they are in a bin's list ...
    size_t listed_ = 0;    // ... and those that are
    size_t in_hand_ = 0;   // blocks that say they are current or kept ...
    size_t held_ = 0;      // ... and those that a bin holds so
};

const char* Pool::verify() const {
    return PoolCheck(*this).run();
}

}  // namespace morph
