// AddressIndex: from an address (an object's, a root's) to its position in a table.
//
// Open addressing, linear probing, at most half full, without tombstones: erasing moves later
// entries of the run up. It never grows by itself: reserve() first, then insert() cannot fail.
//
// INDEX-ROOM   size() is the number of used slots, at most half of all
// INDEX-PROBE  every used slot is found from its address's first slot without crossing a free one,
//              and no address is there twice
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/metadata_block.h"

namespace morph {

class AddressIndex {
 public:
    explicit AddressIndex(Source& source) : block_(source) {}

    [[nodiscard]] size_t size() const { return size_; }

    // Room for count addresses in all: see MetadataArray.
    [[nodiscard]] bool reserve(size_t count);
    [[nodiscard]] bool prepare(size_t count, MetadataBlock& fresh) const;
    void adopt(MetadataBlock& fresh);

    // The position of address, or nullptr. Valid until the next change.
    [[nodiscard]] size_t* find(const void* address);
    [[nodiscard]] const size_t* find(const void* address) const;

    // address is not nullptr and not there yet; there is room.
    void insert(const void* address, size_t position);
    // address is there.
    void erase(const void* address);
    void clear();  // keeps the memory

    // Bytes that prepare(count) maps when there is no room.
    [[nodiscard]] static size_t bytes_for(size_t count);

    // nullptr, or the id of the first broken invariant. O(capacity).
    [[nodiscard]] const char* check() const;

 private:
    friend struct TablePeek;

    struct Slot {
        uintptr_t address;  // 0: free
        size_t position;
    };

    [[nodiscard]] size_t slots() const { return block_.bytes() / sizeof(Slot); }
    [[nodiscard]] Slot* table() const { return static_cast<Slot*>(block_.address()); }
    [[nodiscard]] size_t first_slot(uintptr_t address) const {
        // Fibonacci hashing; the low bits of addresses are all alike.
        return static_cast<size_t>((address >> 3) * uint64_t{0x9e3779b97f4a7c15} >> shift_);
    }
    [[nodiscard]] size_t next(size_t slot) const { return (slot + 1) & (slots() - 1); }
    [[nodiscard]] Slot* slot_of(uintptr_t address) const;

    MetadataBlock block_;
    unsigned shift_ = 63;  // 64 - log2(slots)
    size_t size_ = 0;
};

}  // namespace morph
