// Herd: blocks of any sizes without references, by number, each filled from its number and size
// and compared with that. What the fragmentation loads keep alive, and let die.
//
//   table [ o | _ | o | ... ]   an array of references, one for each number
//           v       v
//         Block   Block         8 bytes and more: words of (number, size), each another
#pragma once

#include <vector>

#include "stress/collector/field.h"

namespace collector {

template <typename Memory>
class Herd {
 public:
    explicit Herd(Memory& memory) : memory_(memory), table_(memory) {}

    // Once, before the rest: room for so many blocks. false: out of memory.
    [[nodiscard]] bool open(uint64_t capacity) {
        MorphMemTypeInfo info = {};
        info.name = "herd";
        info.layout = MORPH_LAYOUT_POINTERS;
        const uint32_t table_type = memory_.register_type(info);
        info = {};
        info.name = "block";
        block_type_ = memory_.register_type(info);
        if (table_type == MORPH_TYPE_INVALID || block_type_ == MORPH_TYPE_INVALID) return false;
        words_.assign(capacity, 0);
        table_ = memory_.template allocate<Field<uint64_t>>(table_type, capacity * 8);
        return table_.get() != nullptr;
    }

    [[nodiscard]] uint64_t capacity() const { return words_.size(); }
    [[nodiscard]] uint64_t live() const { return live_; }              // blocks
    [[nodiscard]] uint64_t live_bytes() const { return live_bytes_; }  // of blocks
    [[nodiscard]] uint64_t made() const { return made_; }              // bytes ever
    [[nodiscard]] uint64_t table_bytes() const { return capacity() * 8; }
    [[nodiscard]] bool has(uint64_t number) const { return words_[number] != 0; }

    // A new block in the place of the one that may be there; bytes is rounded up to words.
    // false: out of memory.
    [[nodiscard]] bool put(uint64_t number, uint64_t bytes) {
        const uint64_t words = bytes < 8 ? 1 : (bytes + 7) / 8;
        auto* block = memory_.template allocate<uint64_t>(block_type_, words * 8);
        if (block == nullptr) return false;
        for (uint64_t i = 0; i < words; ++i) block[i] = content(number, words, i);
        drop(number);
        memory_.store(table_.get(), table_.get()[number], block);
        words_[number] = static_cast<uint32_t>(words);
        live_ += 1;
        live_bytes_ += words * 8;
        made_ += words * 8;
        return true;
    }

    void drop(uint64_t number) {
        if (words_[number] == 0) return;
        memory_.store(table_.get(), table_.get()[number], static_cast<uint64_t*>(nullptr));
        live_ -= 1;
        live_bytes_ -= uint64_t{words_[number]} * 8;
        words_[number] = 0;
    }

    void drop_all() {
        for (uint64_t number = 0; number < capacity(); ++number) drop(number);
    }

    // Every block against what it must hold; then the heap against itself.
    [[nodiscard]] const char* look() {
        for (uint64_t number = 0; number < capacity(); ++number) {
            const uint64_t* block = table_.get()[number].get();
            const uint64_t words = words_[number];
            if ((block == nullptr) != (words == 0)) return "HERD-BLOCK: lost, or there again";
            uint64_t difference = 0;
            for (uint64_t i = 0; i < words; ++i) difference |= block[i] ^ content(number, words, i);
            if (difference != 0) return "HERD-CONTENT: a block's contents changed";
        }
        return memory_.verify();
    }

 private:
    template <typename T>
    using Root = typename Memory::template Root<T>;

    static constexpr uint64_t content(uint64_t number, uint64_t words, uint64_t index) {
        return (number * 0x9e3779b97f4a7c15u ^ words << 32) + index;
    }

    Memory& memory_;
    Root<Field<uint64_t>> table_;
    uint32_t block_type_ = MORPH_TYPE_INVALID;
    std::vector<uint32_t> words_;  // of each block; 0: none
    uint64_t live_ = 0;
    uint64_t live_bytes_ = 0;
    uint64_t made_ = 0;
};

// Sizes that meet every part of a heap: slots of blocks, runs of a chunk, mappings of their own.
inline constexpr uint64_t kHerdSizes[] = {16, 40, 104, 360, 1000, 3000, 9000, 40000, 150000};

// What placing costs, in percent: sizes are rounded up to eight classes a doubling, to whole KiB
// (runs) or to pages (mappings), by at most 12.5 %; and the ends of blocks and chunks.
inline constexpr uint64_t kPlacedPercent = 115;
// A run is looked for in a few chunks only, so that not every hole of its size is found.
inline constexpr uint64_t kSearchPercent = 45;
// Four chunks: one that is being filled and an empty one, of blocks and of runs.
inline constexpr uint64_t kSpareBytes = uint64_t{8} << 20;

}  // namespace collector
