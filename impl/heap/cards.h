// Cards: which parts of a large array of pointers were written.
//
//   object   | card 0: 512 bytes | card 1 | ... | card n-1 |
//   cards    one byte for each at the end of the object's run or mapping; 0: clean
//
// An object whose header has kCarded set when it is allocated gets them, all clean; nothing else
// has cards. OldSpace::cards_of finds them; who stores into the object sets them.
#pragma once

#include "heap/old_part.h"

namespace morph {

inline constexpr size_t kCardBytes = 512;

// Only objects that take more than this in all, with header and trailer, may be carded.
inline constexpr size_t kCardedBytesMin = kSlotBytesMax;

// Cards of an object of that size, as requested. No size wraps.
constexpr size_t card_count(size_t size) {
    return size / kCardBytes + (size % kCardBytes != 0 ? 1 : 0);
}

// The card that the byte at `offset` of the object lies on.
constexpr size_t card_of(size_t offset) {
    return offset / kCardBytes;
}

}  // namespace morph
