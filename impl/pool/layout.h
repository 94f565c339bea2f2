// How a pool's chunk is laid out, and the one line of memory that describes a block.
//
//   chunk   +-------------+------------------------+------------+-----------+--   --+-----------+
//           | PoolChunk   | Block descriptors, 64 B | slots of 0 | block 1   |  ...  | block 31  |
//           +-------------+------------------------+------------+-----------+--   --+-----------+
//           |<----------------- block 0 ----------------------->|<- 64 KiB->|
//
//   block   +------+------+-- --+-----+--------------------+-----+------+-- --+----------+-----+
//           | slot | slot | ... | gap | tags, 1 or 2 B each | gap | slot | ... | slot n-1 | gap |
//           +------+------+-- --+-----+--------------------+-----+------+-- --+----------+-----+
//                                     tags_offset
//
//   slot k   at k * slot_size from the block's begin, so it is aligned to the largest power of two
//            that divides slot_size. One multiplication makes k of any address.
//   tag k    one for every k that an address of the block can give, in groups of 64. Live slot:
//            the low 7 (15) bits are the object's type, the top bit says that it has slack, and
//            then the slot's last byte says how much; 0 there: the two bytes before it do (only
//            objects with an alignment of their own have that much). kFree: a free slot. kDead: no
//            slot, because the descriptors (in block 0), the tags or the block's end are there.
//
// The tags lie elsewhere in each block of a chunk. At one place they would all fall on the same few
// sets of a cache (a block is as large as a way of it), and frees would miss.
#pragma once

#include <bit>

#include "chunk/source.h"

#include "morph/pool.h"

namespace morph {

class Pool;

// Bins: narrow ones by size class, then wide ones by size class.
inline constexpr uint32_t kBins = 2 * MORPH_SIZE_CLASSES;

enum class BlockState : uint8_t {
    free,       // in its chunk, of no class
    current,    // its bin allocates from it
    available,  // has free slots; in its bin's list
    full,       // no free slot, and nobody points to it
    kept        // empty; its bin keeps it
};

// Tags that are no type. As 16-bit tags: both bytes the same.
inline constexpr uint32_t kFreeTag = 0xFF, kDeadTag = 0xFE;
inline constexpr uint32_t kFreeWideTag = 0xFFFF, kDeadWideTag = 0xFEFE;
inline constexpr uint32_t kNarrowSlack = 0x80, kWideSlack = 0x8000;

// Narrow live tags are below kDeadTag, wide ones below kDeadWideTag.
static_assert(((MORPH_NARROW_TYPES - 1) | kNarrowSlack) < kDeadTag);
static_assert(((MORPH_MAX_TYPES - 1) | kWideSlack) < kDeadWideTag);

inline constexpr uint32_t kGroup = 64;  // slots that one word of free bits covers

// One cache line, all that freeing needs to know beside the tag itself.
struct alignas(64) Block {
    Pool* fast_owner;     // the pool, if frees may take the short way; nullptr: ask slowly
    unsigned char* tags;  // of slot 0
    uint32_t reciprocal;  // ceil(2^32 / slot_size), see slot_index
    uint32_t witness;     // available: index of a live slot. When it is freed, another is sought
    uint16_t slot_size;
    uint16_t slot_count;
    uint8_t bin;
    BlockState state;
    Block* next;  // in the bin's list of available blocks
    Block* previous;
};
static_assert(sizeof(Block) == 64 && kBlockBytes <= size_t{1} << 16);

inline constexpr uint32_t kNoSlot = UINT32_MAX;  // as a witness: none is needed

struct PoolChunk : Chunk {
    uint32_t free_blocks;    // bit i set: block i is free
    uint32_t filled_blocks;  // debug mode: block i is free and all of it carries the freed fill
    Block blocks[kBlocksPerChunk];
};

inline constexpr uint32_t kAllBlocks =
    kBlocksPerChunk == 32 ? UINT32_MAX : (uint32_t{1} << kBlocksPerChunk) - 1;

// Slots that lie in a block's bytes [begin, end), by index.
struct SlotRange {
    uint32_t begin;
    uint32_t end;
    [[nodiscard]] constexpr uint32_t count() const { return end > begin ? end - begin : 0; }
};

// Where the parts of a block lie: slots in two ranges, before and behind the tags.
struct BlockGeometry {
    uint32_t tags_offset;
    uint32_t tags;       // their number, a multiple of kGroup
    SlotRange slots[2];  // before the tags and behind them
    [[nodiscard]] constexpr uint32_t slot_count() const {
        return slots[0].count() + slots[1].count();
    }
    [[nodiscard]] constexpr bool is_slot(uint32_t index) const {
        return (index >= slots[0].begin && index < slots[0].end) ||
               (index >= slots[1].begin && index < slots[1].end);
    }
};

constexpr uint32_t block_head(uint32_t number) {
    return number == 0 ? static_cast<uint32_t>(sizeof(PoolChunk)) : 0;
}

constexpr BlockGeometry block_geometry(uint32_t slot_size, uint32_t tag_bytes, uint32_t number) {
    constexpr auto kBytes = static_cast<uint32_t>(kBlockBytes);
    constexpr uint32_t kStep = kBytes / static_cast<uint32_t>(kBlocksPerChunk);
    uint32_t indices = (kBytes + slot_size - 1) / slot_size;
    uint32_t tags = (indices + kGroup - 1) / kGroup * kGroup;
    uint32_t bytes = tags * tag_bytes;
    uint32_t head = block_head(number);
    uint32_t place = number * kStep < head ? head : number * kStep;
    if (place + bytes > kBytes) place = kBytes - bytes;
    auto range = [slot_size](uint32_t begin, uint32_t end) {
        return SlotRange{(begin + slot_size - 1) / slot_size, end / slot_size};
    };
    return {place, tags, {range(head, place), range(place + bytes, kBytes)}};
}

static_assert(block_geometry(1152, 2, 0).slot_count() >= 1, "block 0 serves all classes");

constexpr uint32_t slot_reciprocal(uint32_t slot_size) {
    return static_cast<uint32_t>(((uint64_t{1} << 32) + slot_size - 1) / slot_size);
}

// Quotient and remainder of one multiplication: offset * ceil(2^32 / d) holds floor(offset / d) in
// its high half, and a low half below ceil(2^32 / d) exactly when d divides offset. True for all
// offset < 2^16 and d <= 1152, as then offset * d < 2^32 (layout_test.cpp tries all of them).
struct SlotIndex {
    uint32_t index;
    bool exact;
};
constexpr SlotIndex slot_index(uint32_t offset, uint32_t reciprocal) {
    uint64_t product = uint64_t{offset} * reciprocal;
    return {static_cast<uint32_t>(product >> 32), static_cast<uint32_t>(product) < reciprocal};
}

inline uint32_t block_number(const void* address) {
    return static_cast<uint32_t>((reinterpret_cast<uintptr_t>(address) & (kChunkBytes - 1)) >>
                                 MORPH_BLOCK_SHIFT);
}

inline PoolChunk* pool_chunk_of(const void* address) {
    return static_cast<PoolChunk*>(chunk_of(address));
}

// The descriptor of the block that covers address.
inline Block* block_of(const void* address) {
    return &pool_chunk_of(address)->blocks[block_number(address)];
}

inline uint32_t number_of(const Block* block) {
    return static_cast<uint32_t>(block - pool_chunk_of(block)->blocks);
}

inline unsigned char* block_begin(const Block* block) {
    auto* chunk = reinterpret_cast<unsigned char*>(chunk_of(block));
    return chunk + (size_t{number_of(block)} << MORPH_BLOCK_SHIFT);
}

inline unsigned char* slot_address(const Block* block, uint32_t index) {
    return block_begin(block) + size_t{index} * block->slot_size;
}

inline bool is_wide(const Block* block) {
    return block->bin >= MORPH_SIZE_CLASSES;
}

inline uint32_t tag_count(const Block* block) {
    uint32_t indices =
        (static_cast<uint32_t>(kBlockBytes) + block->slot_size - 1) / block->slot_size;
    return (indices + kGroup - 1) / kGroup * kGroup;
}

inline uint32_t read_wide_tag(const unsigned char* tag) {
    uint16_t wide;
    __builtin_memcpy(&wide, tag, 2);
    return wide;
}

// The tag of a slot, whatever its width, as a wide one: kFreeWideTag, kDeadWideTag, or type and
// kWideSlack.
inline uint32_t tag_of(const Block* block, uint32_t index) {
    if (is_wide(block)) return read_wide_tag(block->tags + size_t{index} * 2);
    uint32_t narrow = block->tags[index];
    if (narrow >= kDeadTag) return narrow << 8 | narrow;
    return (narrow & kNarrowSlack) << 8 | (narrow & ~kNarrowSlack);
}

inline void write_tag(Block* block, uint32_t index, uint32_t wide_tag) {
    if (is_wide(block)) {
        auto tag = static_cast<uint16_t>(wide_tag);
        __builtin_memcpy(block->tags + size_t{index} * 2, &tag, 2);
    } else {
        uint32_t narrow = (wide_tag >> 8 & kNarrowSlack) | (wide_tag & 0x7F);  // kFreeTag as well
        block->tags[index] = static_cast<unsigned char>(narrow);
    }
}

}  // namespace morph
