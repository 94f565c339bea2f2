// Frees that are not plain: the last object of a block, errors, debug mode. And resizing.
#include "chunk/check.h"
#include "pool/pool.h"
#include "pool/tags.h"

namespace morph {

// A live slot of block, or kNoSlot. Place and direction of the search change from call to call, so
// that no order of frees meets one witness after another: of those in a row every second choice
// lies at the far end, of any other order the expected number is logarithmic.
uint32_t Pool::choose_witness(const Block* block) {
    dice_ = dice_ * 0x2C9277B5 + 0xAC564B05;
    uint32_t groups = group_count(block);
    auto start = static_cast<uint32_t>(uint64_t{dice_} * groups >> 32);
    return find_live(block, start, (dice_ >> 16 & 1) != 0);
}

// The witness of an available block was freed: finds another one, or gives the block up.
void Pool::replace_witness(Block* block) {
    MORPH_CHECK(block->state == BlockState::available);
    block->witness = choose_witness(block);
    if (block->witness != kNoSlot) return;
    BinSide* side = &sides_[block->bin];
    remove_available(block);
    if (side->kept != nullptr) {
        give_back_block(block);
    } else {
        block->state = BlockState::kept;
        side->kept = block;
    }
}

// As release_located, for every block.
void Pool::free_slot(Slot slot) {
    Block* block = slot.block;
    write_tag(block, slot.index, kFreeWideTag);
    if (block->state == BlockState::full) {
        append_available(block, slot.index);  // in place of a witness, as if it were just freed
    }
    if (block->witness == slot.index) replace_witness(block);
}

// As locate, for wide types and full blocks as well.
bool Pool::locate_slowly(const void* object, Slot* slot) const {
    auto address = reinterpret_cast<uintptr_t>(object);
    if (address - span_begin_ >= span_bytes_) return false;
    const PoolChunk* chunk = pool_chunk_of(object);
    if (chunk->owner != this || chunk->kind != ChunkKind::pool) return false;
    Block* block = block_of(object);
    if (block->state == BlockState::free) return false;
    SlotIndex found =
        slot_index(static_cast<uint32_t>(address & (kBlockBytes - 1)), block->reciprocal);
    *slot = {block, found.index, reinterpret_cast<unsigned char*>(address)};
    return found.exact && tag_of(block, found.index) < kDeadWideTag;
}

// What an address is, whatever it is.
Pool::Located Pool::classify(const void* address) const {
    const Chunk* chunk = source_.find(address);
    if (chunk == nullptr || chunk->kind != ChunkKind::pool || chunk->owner != this) {
        return {Finding::foreign, {}};
    }
    Block* block = block_of(address);
    if (block->slot_size == 0) return {Finding::foreign, {}};  // never used
    auto offset = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(address) & (kBlockBytes - 1));
    SlotIndex found = slot_index(offset, block->reciprocal);
    Slot slot = {block, found.index, slot_address(block, found.index)};
    if (block->state == BlockState::free) {
        // It still has the geometry of its last class.
        uint32_t tag_bytes = is_wide(block) ? 2 : 1;
        bool slot_once =
            block_geometry(block->slot_size, tag_bytes, number_of(block)).is_slot(found.index);
        return {slot_once && found.exact ? Finding::freed : Finding::foreign, slot};
    }
    uint32_t tag = tag_of(block, found.index);
    if (tag == kDeadWideTag) return {Finding::foreign, {}};
    if (tag == kFreeWideTag) return {found.exact ? Finding::freed : Finding::free_inside, slot};
    return {found.exact ? Finding::live : Finding::interior, slot};
}

void Pool::refuse(const Located& located, const void* object) {
    const char* what = "is no object of this pool";
    MorphReportKind kind = MORPH_REPORT_FOREIGN_POINTER;
    if (located.finding == Finding::freed) {
        what = "is free already";
        kind = MORPH_REPORT_DOUBLE_FREE;
    } else if (located.finding == Finding::interior) {
        what = "lies inside an object";
    }
    if (debug_) reporter_.report(kind, object, 0, 0, "pool: %p %s", object, what);
    errors_.fail(MORPH_ERROR_NOT_AN_OBJECT, "pool: %p %s", object, what);
}

bool Pool::require_live(const void* object, Slot* slot) {
    if (locate(object, slot) || locate_slowly(object, slot)) return true;
    Located located = classify(object);
    if (located.finding != Finding::live) refuse(located, object);
    *slot = located.slot;
    return located.finding == Finding::live;
}

// said_size: what the object is said to have; nullptr: the caller does not know.
MorphCode Pool::release_slow(void* object, const size_t* said_size, ObjectInfo* freed) {
    if (object == nullptr) return MORPH_OK;
    Slot slot;
    if (!require_live(object, &slot)) return MORPH_ERROR_NOT_AN_OBJECT;
    ObjectInfo info;
    if (!inspect_live(slot, &info)) return MORPH_ERROR_CORRUPTION;
    if (debug_ && said_size != nullptr && *said_size != info.size) {
        size_t size = *said_size;
        reporter_.report(MORPH_REPORT_WRONG_SIZE, object, info.size, info.type,
                         "pool: free of %p with size %zu; it has %zu (type %u)", object, size,
                         info.size, info.type);
        return errors_.fail(MORPH_ERROR_WRONG_SIZE, "pool: free of %p with size %s; it has %s",
                            object, Grouped(size).text, Grouped(info.size).text);
    }
    undress(slot);
    *freed = info;
    free_slot(slot);
    return MORPH_OK;
}

void* Pool::reallocate(void* object, size_t new_size, ObjectInfo* old, bool* moved) {
    if (moved != nullptr) *moved = true;
    if (object == nullptr) return allocate(new_size, 0);
    Slot slot;
    if (!require_live(object, &slot)) return nullptr;
    ObjectInfo info;
    if (!inspect_live(slot, &info)) return nullptr;
    if (old != nullptr) *old = info;
    uint32_t size_class = slot_class(new_size, MORPH_DEFAULT_ALIGNMENT);
    if (size_class != 0 && morph_size_class_bytes(size_class) == slot.block->slot_size) {
        if (moved != nullptr) *moved = false;
        resize_in_place(slot, info, new_size);
        return object;
    }
    void* fresh = allocate(new_size, info.type);
    if (fresh == nullptr) return nullptr;
    __builtin_memcpy(fresh, object, info.size < new_size ? info.size : new_size);
    undress(slot);
    free_slot(slot);
    return fresh;
}

}  // namespace morph
