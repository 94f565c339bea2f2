// What is written into the data part of an object with references: as fill.h, but for the words
// that are references, and what belongs to the library (weak references).
//
//   | data | reference | data | reference | data |    each data word: identity + offset / 8 * step
//
// Objects without references are filled as fill.h says; of the others, the first `whole` bytes are.
#pragma once

#include <cstddef>
#include <cstdint>

#include "reference/heap_model.h"

namespace suite {

class HeapContents {
 public:
    HeapContents(const reference::HeapModel& model, size_t whole) : model_(model), whole_(whole) {}

    void fill(void* address, uint32_t type, size_t size, uint64_t identity) const;

    // Offset of the first data byte below limit that fill(address, type, size, identity) did not
    // write so; limit when there is none. limit <= size.
    [[nodiscard]] size_t first_difference(const void* address, uint32_t type, size_t size,
                                          size_t limit, uint64_t identity) const;

 private:
    // Calls with each piece of data: its offset and its bytes (8 at most), until that is false.
    template <typename Piece>
    void each_word(uint32_t type, size_t size, size_t limit, Piece piece) const;

    const reference::HeapModel& model_;
    size_t whole_;
};

}  // namespace suite
