// Header: the word before each object of a heap.
//
//   63    59 58  57 56    55     54 ... 40 39 ... 16 15 ... 8 7 ... 4  3      2   1       0
//   +------+------+------+------+---------+---------+--------+-------+------+---+-------+---------+
//   | free |space |carded|listed| type 15 | size 24 | flags 8| age 4 |marked|old|barrier|forwarded|
//   +------+------+------+------+---------+---------+--------+-------+------+---+-------+---------+
//
//   forwarded  the whole word is the object's new address, plus 1 (minor collections only)
//   barrier    a store into the object takes the barrier's slow path
//   old        in the old space; then `space` tells which part of it
//   marked     young objects only; old ones have their mark beside them, see old_space.h
//   age        minor collections survived; young objects only
//   flags      the user's byte
//   size       as requested; all ones: at least that, and the large object's chunk knows
//   listed     old: in the remembered set
//   carded     old: a large array of pointers, whose cards tell what was written
//
// HEADER-SIZE    8 bytes, at an address that is a multiple of 8; the object follows
// HEADER-BARRIER barrier is set on an old object that is not listed, on every carded one, and in
//                debug mode on every object; on no other
// HEADER-CLEAN   between collections no header is forwarded or marked
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/geometry.h"

#include "morph/heap.h"

namespace morph {

using Header = uint64_t;
static_assert(sizeof(Header) == 8);  // HEADER-SIZE

inline constexpr size_t kHeaderBytes = sizeof(Header);
inline constexpr Header kForwarded = 1;
inline constexpr Header kBarrier = MORPH_HEADER_BARRIER;
inline constexpr Header kOld = Header{1} << 2;
inline constexpr Header kMarked = Header{1} << 3;
inline constexpr unsigned kAgeShift = 4;
inline constexpr Header kAgeMask = Header{15} << kAgeShift;
inline constexpr Header kSizeField = MORPH_HEADER_SIZE_MASK << MORPH_HEADER_SIZE_SHIFT;
inline constexpr Header kListed = Header{1} << 55;
inline constexpr Header kCarded = Header{1} << 56;
inline constexpr unsigned kSpaceShift = 57;
inline constexpr Header kSpaceMask = Header{3} << kSpaceShift;
static_assert(MORPH_MAX_TYPES <= MORPH_HEADER_TYPE_MASK + 1);

// Parts of the old space.
enum class Space : uint8_t { block = 0, run = 1, large = 2 };

// Sizes from here on do not fit the header.
inline constexpr size_t kHugeSize = MORPH_HEADER_SIZE_MASK;

// Debug mode: behind each object, guard bytes and the ledger's word (ledger.h).
inline constexpr size_t kTrailerBytes = 16;

inline Header* header_of(void* object) {
    return static_cast<Header*>(object) - 1;
}
inline const Header* header_of(const void* object) {
    return static_cast<const Header*>(object) - 1;
}
inline void* object_at(void* header) {
    return static_cast<Header*>(header) + 1;
}
constexpr uint32_t type_of(Header header) {
    return static_cast<uint32_t>(header >> MORPH_HEADER_TYPE_SHIFT & MORPH_HEADER_TYPE_MASK);
}
// kHugeSize: not known here.
constexpr size_t size_field(Header header) {
    return header >> MORPH_HEADER_SIZE_SHIFT & MORPH_HEADER_SIZE_MASK;
}
constexpr uint32_t age_of(Header header) {
    return static_cast<uint32_t>((header & kAgeMask) >> kAgeShift);
}
constexpr Space space_of(Header header) {
    return static_cast<Space>((header & kSpaceMask) >> kSpaceShift);
}
constexpr Header make_header(uint32_t type, size_t size) {
    size_t field = size < kHugeSize ? size : kHugeSize;
    return Header{type} << MORPH_HEADER_TYPE_SHIFT | Header{field} << MORPH_HEADER_SIZE_SHIFT;
}

// Bytes an object takes with its header and trailer_bytes (0, or kTrailerBytes in debug mode). 16
// at least: a forwarded object needs a word beside its header. size <= MORPH_MAX_REQUEST.
constexpr size_t object_bytes(size_t size, size_t trailer_bytes) {
    size_t bytes = ((size + 7) & ~size_t{7}) + kHeaderBytes + trailer_bytes;
    return bytes < 16 ? 16 : bytes;
}

}  // namespace morph
