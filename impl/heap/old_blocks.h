// OldBlocks: small objects of the old space, in slots of one size class to a block.
//
//   chunk   +-------------------+-------------+-----------+--------------+---------+--   --+
//           | chunk, blocks'    | allocated,  | marked,   | slots of     | block 1 |  ...  |
//           | descriptors       | 1 bit : 16 B| the same  | block 0      |         |       |
//           +-------------------+-------------+-----------+--------------+---------+--   --+
//           |<----- 34.1 KiB of 2 MiB, block 0's begin -->|
//
//   block   +-------+--------+---------+--------+--   --+-------+
//           | first | header | payload | header |  ...  | slack |
//           +-------+--------+---------+--------+--   --+-------+
//           |       |<-- slot_bytes -->|
//
// `first` is such that each payload is a multiple of the largest power of two that divides
// slot_bytes (up to kSlotAlignmentMax). An object's bit is that of its payload's address: slots are
// 16 bytes at least, so no two share one. The bitmaps of a chunk are one array each: the bit is
// found from the address alone.
//
// A class allocates from its current block, a word of the bitmap after the other: the free slots of
// one are found at once, and handed out bit by bit. Next comes a block of its list (partly free
// ones, most of them not yet swept), then a free block of any chunk, then a new chunk. So one
// allocation sweeps one block at most.
//
// end_marking() counts marks. A block without any is free at once; all others are swept (allocated
// = marked, marked = 0) when their class gets to them, or by finish_sweep(). So sweeping never
// frees a block. Empty chunks are at hand until the next finish_sweep(), which keeps one: what one
// collection empties and the program does not use again, the next one returns.
//
//   BLOCK-CHUNK     a chunk is in the list that its free blocks say; each block is free, the
//                   current one of its class, partial (in its class's list, once) or full
//   BLOCK-GEOMETRY  first, slots and reciprocal of a block are those of its class; allocation bits
//                   stand at slots only, and a free block has none
//   BLOCK-CURSOR    the slots that a class hands out next are free ones of its current block
//   OLD-ALLOCATED, OLD-MARKS, OLD-BYTES, OLD-EMPTY: see old_space.h
#pragma once

#include "heap/old_bits.h"
#include "heap/old_part.h"

namespace morph {

// Size classes: multiples of 8 from 16 to 136, then eight to a doubling.
inline constexpr uint32_t kEvenClasses = 16;
inline constexpr uint32_t kSlotClasses =
    kEvenClasses + 8 * (static_cast<uint32_t>(std::countr_zero(kSlotBytesMax)) - 7);
static_assert(kSlotBytesMax >= 256);

// bytes: 16 .. kSlotBytesMax.
constexpr uint32_t slot_class(size_t bytes) {
    if (bytes <= 136) return static_cast<uint32_t>((bytes + 7) / 8) - 2;
    auto doubling = static_cast<uint32_t>(std::bit_width(bytes - 1)) - 1;
    auto part = static_cast<uint32_t>((bytes - 1) >> (doubling - 3)) & 7;
    return kEvenClasses + (doubling - 7) * 8 + part;
}
constexpr uint32_t slot_class_bytes(uint32_t slot_class) {
    if (slot_class < kEvenClasses) return slot_class * 8 + 16;
    uint32_t doubling = (slot_class - kEvenClasses) / 8 + 7;
    return (8 + (slot_class - kEvenClasses) % 8 + 1) << (doubling - 3);
}
static_assert(slot_class_bytes(kSlotClasses - 1) == kSlotBytesMax);
static_assert(slot_class(16) == 0 && slot_class(kSlotBytesMax) == kSlotClasses - 1);

// Alignments up to this are served by classes whose slots are a multiple of it.
inline constexpr size_t kSlotAlignmentMax = kBlockBytes / 16;

// The class for `bytes` at that alignment (a power of two), or kSlotClasses: none.
constexpr uint32_t aligned_slot_class(size_t bytes, size_t alignment) {
    if (bytes > kSlotBytesMax || alignment > kSlotAlignmentMax) return kSlotClasses;
    uint32_t slot = slot_class(bytes < alignment ? alignment : bytes);
    while (slot_class_bytes(slot) % alignment != 0) slot += 1;
    return slot;
}

enum class OldBlockState : uint8_t { free, current, partial, full };

struct OldBlock {
    OldBlock* next;  // in the list of its class
    uint32_t slot_bytes;
    uint32_t reciprocal;  // ceil(2^32 / slot_bytes)
    uint32_t first;       // offset of the first slot in the block
    uint16_t slots;       // that it has
    uint16_t taken;       // live ones and those that its class hands out next
    uint8_t slot_class;
    OldBlockState state;
    bool unswept;  // live objects are the marked ones
    bool fresh;    // slots that are free have never been used: they are zero
};
static_assert(sizeof(OldBlock) == 32);

inline constexpr size_t kBitBytes = 16;  // of a chunk that one bit stands for
inline constexpr size_t kBlockWords = kBlockBytes / kBitBytes / 64;

struct OldBlockChunk : Chunk {
    uint32_t free_blocks;   // bit i set: block i is free
    uint32_t fresh_blocks;  // bit i set: and has never been used
    OldBlock blocks[kBlocksPerChunk];
    alignas(64) uint64_t allocated[kBlocksPerChunk * kBlockWords];
    uint64_t marked[kBlocksPerChunk * kBlockWords];
};
static_assert(sizeof(OldBlockChunk) + 2 * kSlotBytesMax <= kBlockBytes,
              "block 0 serves all classes");

inline constexpr uint32_t kAllOldBlocks =
    kBlocksPerChunk == 32 ? UINT32_MAX : (uint32_t{1} << kBlocksPerChunk) - 1;

inline OldBlockChunk* old_block_chunk_of(const void* address) {
    return static_cast<OldBlockChunk*>(chunk_of(address));
}

// Place of an object's bit in the bitmaps of its chunk.
struct OldBit {
    size_t word;
    uint64_t mask;
};
inline OldBit old_bit(const void* object) {
    auto number = reinterpret_cast<uintptr_t>(object);
    return {(number & (kChunkBytes - 1)) / (kBitBytes * 64),
            uint64_t{1} << (number / kBitBytes % 64)};
}

inline uint32_t number_of(const OldBlock* block) {
    return static_cast<uint32_t>(block - old_block_chunk_of(block)->blocks);
}
inline unsigned char* begin_of(const OldBlock* block) {
    return reinterpret_cast<unsigned char*>(old_block_chunk_of(block)) +
           size_t{number_of(block)} * kBlockBytes;
}
inline OldBlock* old_block_of(const void* address) {
    size_t offset = reinterpret_cast<uintptr_t>(address) & (kChunkBytes - 1);
    return &old_block_chunk_of(address)->blocks[offset / kBlockBytes];
}
inline unsigned char* slot_at(const OldBlock* block, uint32_t index) {
    return begin_of(block) + block->first + size_t{index} * block->slot_bytes;
}
// The slot that an offset in the block, not below `first`, lies in. One multiplication: it is exact
// as offset * slot_bytes < 2^32.
inline uint32_t slot_index(const OldBlock* block, size_t offset) {
    return static_cast<uint32_t>((offset - block->first) * uint64_t{block->reciprocal} >> 32);
}
static_assert(kBlockBytes * kSlotBytesMax < uint64_t{1} << 32);

// A block's part of its chunk's bitmaps.
inline uint64_t* allocated_of(const OldBlock* block) {
    return old_block_chunk_of(block)->allocated + number_of(block) * kBlockWords;
}
inline uint64_t* marked_of(const OldBlock* block) {
    return old_block_chunk_of(block)->marked + number_of(block) * kBlockWords;
}

// Where the slots of a class lie in a block. Those of block 0, behind the head, lie where others
// blocks have slots as well.
struct OldGeometry {
    uint32_t first;
    uint32_t slots;
    uint32_t reciprocal;
};
constexpr OldGeometry old_geometry(uint32_t slot_bytes, uint32_t number) {
    uint32_t alignment = slot_bytes & (~slot_bytes + 1);
    if (alignment > kSlotAlignmentMax) alignment = kSlotAlignmentMax;
    uint32_t first = alignment - static_cast<uint32_t>(kHeaderBytes);
    while (number == 0 && first < sizeof(OldBlockChunk)) first += slot_bytes;
    uint64_t reciprocal = ((uint64_t{1} << 32) + slot_bytes - 1) / slot_bytes;
    return {first, (static_cast<uint32_t>(kBlockBytes) - first) / slot_bytes,
            static_cast<uint32_t>(reciprocal)};
}

// The bits of all slots of each class in a block. Free slots are these without the allocated ones.
struct OldSlotBits {
    uint64_t words[kSlotClasses][kBlockWords];
};
extern const OldSlotBits kOldSlotBits;

class OldBlocks {
 public:
    explicit OldBlocks(const OldSetting& setting);
    OldBlocks(const OldBlocks&) = delete;
    OldBlocks& operator=(const OldBlocks&) = delete;
    ~OldBlocks();

    // A slot, allocated from now on. nullptr: refused.
    [[nodiscard]] unsigned char* take(uint32_t slot_class) {
        Class& cell = classes_[slot_class];
        uint64_t free = cell.free;
        if (__builtin_expect(free == 0, 0)) return take_slowly(slot_class);
        auto bit = static_cast<uint32_t>(std::countr_zero(free));
        cell.free = free & (free - 1);
        *cell.allocated |= free & (~free + 1);
        // As slot_index, from the first slot on.
        uint32_t offset = cell.distance + bit * static_cast<uint32_t>(kBitBytes);
        uint64_t index = offset * cell.reciprocal >> 32;
        return cell.slots + index * cell.slot_bytes;
    }
    // What take gave last for the class is all zero.
    [[nodiscard]] bool took_zero(uint32_t slot_class) const { return classes_[slot_class].fresh; }

    static bool mark(void* object) {
        OldBit bit = old_bit(object);
        uint64_t& word = old_block_chunk_of(object)->marked[bit.word];
        if ((word & bit.mask) != 0) return false;
        word |= bit.mask;
        return true;
    }
    static void unmark(void* object) {
        OldBit bit = old_bit(object);
        old_block_chunk_of(object)->marked[bit.word] &= ~bit.mask;
    }
    static bool is_marked(const void* object) {
        OldBit bit = old_bit(object);
        return (old_block_chunk_of(object)->marked[bit.word] & bit.mask) != 0;
    }
    // object: of one of our chunks, allocated.
    static bool is_live(const void* object);
    static size_t bytes_of(const void* object);
    // The header of the allocated slot around address, which one of our chunks covers, or nullptr.
    static Header* find(const void* address);

    void end_marking();
    void finish_sweep();
    void reset();
    // Returns all chunks that are empty; whether there were any.
    bool release_spare();

    bool walk(OldVisit visit, void* user) const;
    bool walk_marked(OldVisit visit, void* user) const;

    [[nodiscard]] size_t bytes_used() const;
    [[nodiscard]] size_t count() const { return count_; }
    // marking: between begin_marking and end_marking, so that marks may stand anywhere.
    bool check(OldFault& fault, bool marking) const;

 private:
    friend struct OldSpacePeek;

    struct Class {
        uint64_t free;         // bits of the slots to hand out next; 0 without a current block
        uint64_t* allocated;   // the word of the bitmap that they are of
        unsigned char* slots;  // the current block's first one
        uint64_t reciprocal;
        uint32_t slot_bytes;
        uint32_t distance;  // from the first slot to the word's first 16 bytes; wraps below 0
        OldBlock* current;
        OldBlock* partial;  // list
        bool fresh;         // the current block is
    };
    enum ChunkList : uint32_t { kOpen, kEmpty, kFull, kChunkLists };

    unsigned char* take_slowly(uint32_t slot_class);
    bool next_word(Class& cell, size_t word, uint64_t mask);
    void drop_current(Class& cell);
    bool next_block(Class& cell, uint32_t slot_class);
    OldBlock* take_free_block(uint32_t slot_class);
    OldBlockChunk* take_chunk();
    void sweep(OldBlock* block);
    void erase(unsigned char* begin, size_t bytes) const;
    void make_free(OldBlock* block);
    void forget_cursors();
    void trim(size_t keep);
    [[nodiscard]] static ChunkList list_of(const OldBlockChunk* chunk);
    void link(OldBlockChunk* chunk);
    void unlink_first(ChunkList list, OldBlockChunk* chunk);
    OldBlockChunk* take_all_chunks();
    template <typename Each>
    bool each_used_block(Each each) const;
    static bool walk_bits(const OldBlock* block, const uint64_t* bits, OldVisit visit, void* user);

    bool check_chunk(OldFault& fault, const OldBlockChunk* chunk, ChunkList list) const;
    bool check_block(OldFault& fault, const OldBlock* block, bool marking) const;
    bool check_class(OldFault& fault, uint32_t slot_class, size_t* partial) const;

    OldSetting setting_;
    Class classes_[kSlotClasses] = {};
    OldBlockChunk* chunks_[kChunkLists] = {};
    size_t empty_chunks_ = 0;
    size_t count_ = 0;  // blocks that are not free
    size_t taken_ = 0;  // bytes of live slots and of those that classes hand out next
};

}  // namespace morph
