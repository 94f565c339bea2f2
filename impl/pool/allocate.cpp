// Where the next slot comes from, once the bin's current word is empty; and all allocations that
// the inline path does not serve.
#include "chunk/check.h"
#include "pool/pool.h"
#include "pool/tags.h"

namespace morph {

uint32_t Pool::slot_class(size_t size, size_t alignment) const {
    size_t payload = size == 0 ? 1 : size;
    if (payload > MORPH_POOL_MAX_SIZE || alignment > MORPH_POOL_MAX_SIZE) return 0;
    if (((payload + alignment - 1) & ~(alignment - 1)) > MORPH_POOL_MAX_SIZE) return 0;
    size_t needed = debug_ ? payload + kGuardBytes : payload;
    needed = (needed + alignment - 1) & ~(alignment - 1);
    // A multiple of the alignment stays one when it is rounded up to its class: classes are
    // multiples of the step between them, and the larger of step and alignment divides both.
    return needed > morph_size_class_bytes(MORPH_SIZE_CLASSES - 1) ? 0 : morph_size_class(needed);
}

void* Pool::allocate_slow(size_t size, uint32_t type) {
    // The common case: the group is used up, and there is another one.
    bool narrow = size - 1 < MORPH_POOL_MAX_SIZE && type < MORPH_NARROW_TYPES;
    if (plain_ && narrow) return refill(morph_size_class(size)) ? pop(size, type) : nullptr;
    return allocate_aligned(size, MORPH_DEFAULT_ALIGNMENT, type);
}

void* Pool::allocate_aligned(size_t size, size_t alignment, uint32_t type) {
    uint32_t size_class = slot_class(size, alignment);
    if (size_class == 0) {
        errors_.fail(MORPH_ERROR_TOO_LARGE,
                     "pool: %s bytes aligned to %s do not fit in a slot; the limit is %s bytes",
                     Grouped(size).text, Grouped(alignment).text,
                     Grouped(MORPH_POOL_MAX_SIZE).text);
        return nullptr;
    }
    if (type >= MORPH_MAX_TYPES) {
        errors_.fail(MORPH_ERROR_UNKNOWN_TYPE, "pool: type %s is not below the limit of %s",
                     Grouped(type).text, Grouped(MORPH_MAX_TYPES).text);
        return nullptr;
    }
    uint32_t number = size_class + (type < MORPH_NARROW_TYPES ? 0 : MORPH_SIZE_CLASSES);
    MorphPoolBin* bin = bin_at(number);
    if (bin->free_slots == 0 && !refill(number)) return nullptr;

    auto bit = static_cast<uint32_t>(std::countr_zero(bin->free_slots));
    const BinSide& side = sides_[number];
    Slot slot = {side.current, side.group * kGroup + bit, bin->group_slots + bit * bin->slot_size};
    MORPH_CHECK(tag_of(slot.block, slot.index) == kFreeWideTag);
    if (debug_ && !inspect_freed(slot.address, bin->slot_size)) return nullptr;
    bin->free_slots &= bin->free_slots - 1;
    note_tag(slot, size, type);
    dress(slot, size);
    return slot.address;
}

// Points a bin at the first group of block with a free slot among groups [from, end).
bool Pool::take_up(uint32_t bin, Block* block, uint32_t from, uint32_t end) {
    for (uint32_t group = from; group < end; group++) {
        uint64_t free_slots = free_slots_of(block, group);
        if (free_slots == 0) continue;
        uint32_t tag_bytes = is_wide(block) ? 2 : 1;
        *bin_at(bin) = {free_slots, slot_address(block, group * kGroup),
                        block->tags + size_t{group} * kGroup * tag_bytes, block->slot_size};
        sides_[bin].group = group;
        sides_[bin].found += static_cast<uint32_t>(std::popcount(free_slots));
        return true;
    }
    return false;
}

// The bin has used up its group: takes up another one. false: no memory, and nothing has changed.
bool Pool::refill(uint32_t bin) {
    BinSide* side = &sides_[bin];
    Block* block = side->current;
    uint32_t witness = kNoSlot;
    if (block != nullptr) {
        if (take_up(bin, block, side->group + 1, group_count(block))) return true;
        bool again =
            side->oldest == nullptr || side->found * kWorthAnotherRound >= block->slot_count;
        if (!again) {
            witness = choose_witness(block);
            again = witness == kNoSlot;  // empty: not to be left
        }
        side->found = 0;
        if (again && take_up(bin, block, 0, group_count(block))) return true;
    }
    Block* next = side->oldest;
    if (next != nullptr) {
        remove_available(next);
    } else if (side->kept != nullptr) {
        next = side->kept;
        side->kept = nullptr;
    } else {
        next = take_block(bin);
        if (next == nullptr) return false;
    }
    if (block != nullptr) retire(block, witness);  // without a witness: it is full
    next->state = BlockState::current;
    next->witness = kNoSlot;
    side->current = next;
    side->found = 0;
    bool found = take_up(bin, next, 0, group_count(next));
    MORPH_CHECK(found);
    return true;
}

// A block that its bin no longer allocates from.
void Pool::retire(Block* block, uint32_t witness) {
    if (witness != kNoSlot && has_free(block)) {
        append_available(block, witness);
    } else {
        block->state = BlockState::full;
        block->fast_owner = nullptr;
        block->witness = kNoSlot;
    }
}

void Pool::append_available(Block* block, uint32_t witness) {
    BinSide* side = &sides_[block->bin];
    MORPH_CHECK(block->state != BlockState::available);
    block->state = BlockState::available;
    block->fast_owner = fast_owner_of(block);
    block->witness = witness;
    block->next = nullptr;
    block->previous = side->newest;
    (side->newest != nullptr ? side->newest->next : side->oldest) = block;
    side->newest = block;
}

void Pool::remove_available(Block* block) {
    BinSide* side = &sides_[block->bin];
    MORPH_CHECK(block->state == BlockState::available);
    (block->previous != nullptr ? block->previous->next : side->oldest) = block->next;
    (block->next != nullptr ? block->next->previous : side->newest) = block->previous;
    block->next = nullptr;
    block->previous = nullptr;
}

}  // namespace morph
