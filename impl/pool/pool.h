// Pool: the allocator behind morph/pool.h, for use on a Source of one's own or of a context.
//
// Allocating takes the lowest set bit of the bin's free_slots (the inline path, the same as
// morph_pool_alloc's): a group of 64 slots whose free ones the bin has taken up. When they are
// used up, refill() takes up those of the next group of the block that has any, and at the block's
// end goes on to the bin's oldest available block; so freed slots gather between two visits, and
// one refill serves many allocations. A block that is still a quarter empty is gone through again
// first. New blocks are taken only when a bin has no free slot at all.
//
// Freeing finds the block by two masks, the slot by one multiplication, and marks its tag free:
// one store. Nothing is counted, since to add one to the same word again and again is what frees
// would wait for. That a full block has a free slot again shows in its fast_owner being nullptr:
// the first free goes the slow way. That a block is empty shows by its witness, some live slot of
// it: only when the witness is freed is another one sought; if there is none, the block is empty.
// Whatever the order of frees, that happens a few times in a block's life.
//
// In debug mode and under ASan or Valgrind nothing is served inline: the public bins stay empty,
// the span is empty, fast_owner is nullptr.
//
// Invariants (checked by Pool::verify, cited by tests and mutants):
//   POOL-CHUNK     every chunk has this owner and is in the list that its free_blocks asks for:
//                  empty, open or full
//   POOL-SPARE     no more than one chunk is empty, but for those that a reset emptied
//   POOL-GEOMETRY  a block's descriptor and dead tags are what block_geometry says for its class
//   POOL-WITNESS   an available block has free slots, and its witness is live; a full block has no
//                  free slot, a kept one no live slot; they and a current block have no witness
//   POOL-STATE     each block is in one state, fast_owner agrees with it, and the bins hold each
//                  current, available and kept block exactly once
//   POOL-KEPT      a bin keeps at most one empty block beside its current one
//   POOL-BIN       a bin's head names a group of its current block and free slots in it, or none
//   POOL-TAG       the size noted for each live object is one that its slot may hold
//   POOL-GUARD     debug mode: bytes behind live objects are as they were filled
//   POOL-FREED     debug mode: bytes of free slots and of used free blocks are as they were filled
#pragma once

#include "chunk/error.h"
#include "chunk/report.h"
#include "pool/layout.h"

namespace morph {

// Debug mode's fills.
inline constexpr unsigned char kFreshFill = 0xA5;
inline constexpr unsigned char kFreedFill = 0xDD;
inline constexpr unsigned char kGuardFill = 0xFD;
inline constexpr size_t kGuardBytes = 8;

struct Slot {
    Block* block;
    uint32_t index;
    unsigned char* address;
};

// Slack as noted before a slot's end.
inline size_t read_slack(const unsigned char* slot_end) {
    if (MORPH_LIKELY(slot_end[-1] != 0)) return slot_end[-1];
    uint16_t large;
    __builtin_memcpy(&large, slot_end - 3, 2);
    return large;
}
inline size_t slack_note_bytes(size_t slack) {
    return slack == 0 ? 0 : slack < 256 ? 1 : 3;
}
inline void write_slack(unsigned char* slot_end, size_t slack) {
    if (slack == 0) return;
    slot_end[-1] = slack < 256 ? static_cast<unsigned char>(slack) : 0;
    if (slack < 256) return;
    auto large = static_cast<uint16_t>(slack);
    __builtin_memcpy(slot_end - 3, &large, 2);
}

// Whether bytes all have one value.
inline bool all_bytes(const unsigned char* begin, size_t bytes, unsigned char value) {
    return bytes == 0 || (begin[0] == value && __builtin_memcmp(begin, begin + 1, bytes - 1) == 0);
}

// A block is gone through again before another one is if 1/4 of it was free when it was visited.
inline constexpr uint32_t kWorthAnotherRound = 4;

struct ObjectInfo {
    size_t size;
    uint32_t type;
};

class Pool : public MorphPool {
 public:
    // source and errors outlive the pool. Maps nothing.
    Pool(Source& source, ErrorState& errors, const Reporter& reporter, bool debug);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool();  // returns every chunk

    // Any size, any type. nullptr: the reason is in errors.
    [[nodiscard]] void* allocate(size_t size, uint32_t type);
    // As allocate, which calls it when pop gave nothing.
    [[nodiscard]] void* allocate_slow(size_t size, uint32_t type);
    // The inline part alone: nullptr when allocate must be called; nothing has changed then.
    [[nodiscard]] void* pop(size_t size, uint32_t type);
    // The same for a narrow type from slots of a class that is large enough, class 0 included.
    [[nodiscard]] void* pop_from(uint32_t size_class, size_t size, uint32_t type);
    [[nodiscard]] void* allocate_aligned(size_t size, size_t alignment, uint32_t type);

    // Size class whose slots hold such an object (and its guard) at that alignment, a power of two;
    // 0 when there is none.
    [[nodiscard]] uint32_t slot_class(size_t size, size_t alignment) const;

    // Frees. size: what the object is said to have. Codes as morph_pool_free.
    MorphCode release(void* object, size_t size);
    // The same for callers that do not know the size. *freed is told what the object was.
    MorphCode release_unsized(void* object, ObjectInfo* freed);

    // Whether object lies among the pool's chunks at all. False for every address in debug mode and
    // under ASan or Valgrind.
    [[nodiscard]] bool spans(const void* object) const {
        return reinterpret_cast<uintptr_t>(object) - span_begin_ < span_bytes_;
    }
    // For callers that look before they free: whether object is live and may be freed by
    // release_located. False for wide types, in debug mode and under ASan or Valgrind: then use
    // release.
    [[nodiscard]] bool locate(const void* object, Slot* slot) const;
    void release_located(Slot slot);  // narrow types only: what locate found
    // Whether object is live; false: refused as release would (error noted, report in debug mode).
    bool require_live(const void* object, Slot* slot);
    // What it is; false: its guard was overwritten (debug mode), which is noted and reported.
    bool inspect_live(Slot slot, ObjectInfo* info);
    [[nodiscard]] ObjectInfo describe(Slot slot) const;
    // Its size, of what locate found: without a branch that depends on the object.
    [[nodiscard]] size_t size_of_located(Slot slot) const;
    // Another size for a live object that was inspected: one that its slot holds, guard included.
    void resize_in_place(Slot slot, const ObjectInfo& old, size_t new_size);

    // As morph_pool_realloc, for new_size 0 and object nullptr too. moved (may be nullptr) is told
    // whether it did, old (likewise) what the object was.
    [[nodiscard]] void* reallocate(void* object, size_t new_size, ObjectInfo* old, bool* moved);

    void reset();
    // Chunks without an object; and one of them goes back to the system. false: there is none.
    [[nodiscard]] size_t empty_chunks() const { return empty_chunks_; }
    bool return_empty_chunk();
    [[nodiscard]] MorphAddressInfo query(const void* address) const;
    void walk(MorphObjectVisitor visit, void* user) const;
    [[nodiscard]] MorphPoolStats stats() const;  // mapped bytes: of the whole source

    // nullptr, or the id of the first broken invariant.
    [[nodiscard]] const char* verify() const;

 private:
    friend struct PoolPeek;  // tests break things with it
    friend class PoolCheck;  // verify.cpp

    // Chunks by what they have: every block free, some, none. Linked by Chunk::next/previous.
    enum ChunkList : uint32_t { kEmpty, kOpen, kFull, kChunkLists };

    struct BinSide {
        Block* current;
        Block* oldest;  // available blocks, in the order in which they became so
        Block* newest;
        Block* kept;
        uint32_t group;  // of current, that the head names
        uint32_t found;  // free slots taken up since current was begun, or begun again
    };

    // What an address turns out to be.
    enum class Finding { live, interior, freed, free_inside, foreign };
    struct Located {
        Finding finding;
        Slot slot;  // unless foreign
    };

    MorphPoolBin* bin_at(uint32_t bin) {
        return plain_ && bin < MORPH_SIZE_CLASSES ? &bins[bin] : &own_bins_[bin];
    }
    const MorphPoolBin* bin_at(uint32_t bin) const {
        return plain_ && bin < MORPH_SIZE_CLASSES ? &bins[bin] : &own_bins_[bin];
    }

    // allocate.cpp
    bool refill(uint32_t bin);
    bool take_up(uint32_t bin, Block* block, uint32_t from, uint32_t end);
    void retire(Block* block, uint32_t witness);
    void append_available(Block* block, uint32_t witness);
    void remove_available(Block* block);
    Pool* fast_owner_of(const Block* block) { return plain_ && !is_wide(block) ? this : nullptr; }

    // release.cpp
    MorphCode release_slow(void* object, const size_t* said_size, ObjectInfo* freed);
    void refuse(const Located& located, const void* object);
    uint32_t choose_witness(const Block* block);
    void replace_witness(Block* block);
    void free_slot(Slot slot);
    bool locate_slowly(const void* object, Slot* slot) const;
    [[nodiscard]] Located classify(const void* address) const;

    // blocks.cpp
    Block* take_block(uint32_t bin);
    PoolChunk* take_chunk();
    void widen_span(uintptr_t chunk);
    void set_up_block(Block* block, uint32_t bin);
    void clear_block(Block* block);
    void give_back_block(Block* block);
    void forget_bins();
    void link_chunk(ChunkList list, PoolChunk* chunk);
    void unlink_chunk(ChunkList list, PoolChunk* chunk);

    // object.cpp: what is noted of an object, and its dress: debug mode's fills, marks for tools
    void note_tag(Slot slot, size_t size, uint32_t type);
    void dress(Slot slot, size_t size);
    void undress(Slot slot);
    [[nodiscard]] ObjectInfo describe_dressed(Slot slot) const;
    [[nodiscard]] bool guard_intact(Slot slot, const ObjectInfo& info) const;
    bool inspect_freed(const void* begin, size_t bytes);
    void report_guards();

    // Every chunk there ever was lies in the span, so most foreign addresses do not. It is empty
    // unless plain_; no address passes then.
    uintptr_t span_begin_ = 0;
    uintptr_t span_bytes_ = 0;
    const bool debug_;
    const bool instrumented_;
    const bool plain_;  // neither
    Source& source_;
    ErrorState& errors_;
    const Reporter reporter_;
    MorphPoolBin own_bins_[kBins];  // narrow ones are in use unless plain_
    BinSide sides_[kBins];
    PoolChunk* chunks_[kChunkLists] = {};
    size_t empty_chunks_ = 0;
    size_t empty_chunks_allowed_ = 1;  // POOL-SPARE
    uint32_t dice_ = 1;
};

[[gnu::always_inline]] inline void* Pool::pop_from(uint32_t size_class, size_t size,
                                                   uint32_t type) {
    MorphPoolBin* bin = &bins[size_class];
    uint64_t free_slots = bin->free_slots;
    if (!MORPH_LIKELY(free_slots != 0)) return nullptr;
    auto index = static_cast<size_t>(std::countr_zero(free_slots));
    bin->free_slots = free_slots & (free_slots - 1);
    // Nothing is loaded before that store: so few values live at once that callers need no stack
    // frame.
    asm volatile("" ::: "memory");
    size_t slot_size = bin->slot_size;
    unsigned char* slot = bin->group_slots + index * slot_size;
    unsigned char* tag = bin->group_tags + index;
    if (MORPH_LIKELY(size == slot_size)) {
        *tag = static_cast<unsigned char>(type);
    } else {
        *tag = static_cast<unsigned char>(type | kNarrowSlack);
        slot[slot_size - 1] = static_cast<unsigned char>(slot_size - size);
    }
    if (slot == nullptr) __builtin_unreachable();  // no null check in callers
    return slot;
}

inline void* Pool::pop(size_t size, uint32_t type) {
    if (MORPH_LIKELY(size <= MORPH_POOL_MAX_SIZE && type < MORPH_NARROW_TYPES)) {
        return pop_from(morph_size_class(size), size, type);
    }
    return nullptr;
}

inline void* Pool::allocate(size_t size, uint32_t type) {
    void* object = pop(size, type);
    return MORPH_LIKELY(object != nullptr) ? object : allocate_slow(size, type);
}

inline bool Pool::locate(const void* object, Slot* slot) const {
    auto address = reinterpret_cast<uintptr_t>(object);
    if (!MORPH_LIKELY(address - span_begin_ < span_bytes_)) return false;
    Block* block = block_of(object);
    if (!MORPH_LIKELY(block->fast_owner == this)) return false;
    auto offset = static_cast<uint32_t>(address & (kBlockBytes - 1));
    SlotIndex found = slot_index(offset, block->reciprocal);
    if (!MORPH_LIKELY(found.exact)) return false;
    *slot = {block, found.index, reinterpret_cast<unsigned char*>(address)};
    return MORPH_LIKELY(block->tags[found.index] < kDeadTag);
}

inline void Pool::release_located(Slot slot) {
    Block* block = slot.block;
    block->tags[slot.index] = kFreeTag;
    if (!MORPH_LIKELY(slot.index != block->witness)) replace_witness(block);
}

inline MorphCode Pool::release(void* object, size_t size) {
    Slot slot;
    if (MORPH_LIKELY(locate(object, &slot))) {
        release_located(slot);
        return MORPH_OK;
    }
    ObjectInfo freed;
    return release_slow(object, &size, &freed);
}

inline MorphCode Pool::release_unsized(void* object, ObjectInfo* freed) {
    return release_slow(object, nullptr, freed);
}

inline size_t Pool::size_of_located(Slot slot) const {
    size_t slot_size = slot.block->slot_size;
    size_t slack_mask = size_t{0} - (slot.block->tags[slot.index] >> 7);
    size_t note = slot.address[slot_size - 1] & slack_mask;
    if (!MORPH_LIKELY((note | ~slack_mask) != 0)) return describe(slot).size;  // a note of 3 bytes
    return slot_size - note;
}

// The tag and the slack alone. Under ASan and Valgrind only with access to the slot's last bytes.
inline ObjectInfo Pool::describe(Slot slot) const {
    uint32_t tag = tag_of(slot.block, slot.index);
    size_t size = slot.block->slot_size;
    if ((tag & kWideSlack) != 0) size -= read_slack(slot.address + size);
    return {size, tag & ~kWideSlack};
}

}  // namespace morph
