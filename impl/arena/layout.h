// What an arena writes into its own memory: chunk headers and mark records.
//
//   arena chunk   | ArenaChunk, 128 bytes | objects and mark records, each a multiple of 8 | tail |
//   large chunk   | LargeChunk, 128 bytes | padding | object | guard (debug) | rest of the page   |
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/source.h"

#include "morph/arena.h"

namespace morph {

// Payload begins on a cache line, whatever the header needs.
inline constexpr size_t kArenaHeaderBytes = 128;

struct ArenaChunk {
    Chunk chunk;
    size_t index;            // position in the chain
    size_t used_before;      // payload bytes below the cursors of all chunks before this one
    size_t blocks_before;    // blocks in use in them
    unsigned char* left_at;  // where the cursor was when the next chunk became current
};
static_assert(sizeof(ArenaChunk) <= kArenaHeaderBytes && offsetof(ArenaChunk, chunk) == 0);

struct LargeChunk {
    Chunk chunk;
    LargeChunk* older;
    unsigned char* object;
    size_t footprint;  // padding before the object, object rounded up to 8, guard
    size_t padding;
};
static_assert(sizeof(LargeChunk) <= kArenaHeaderBytes && offsetof(LargeChunk, chunk) == 0);

// A live scope: the arena as it was before the mark. 64 bytes, as morph/arena.h says.
//
// The mark the user holds is not the record's address but a byte inside it, chosen by a serial
// number: a stale mark is told from a scope that was opened later at the same place.
struct MarkRecord {
    uintptr_t handle;
    MarkRecord* outer;
    ArenaChunk* chunk;
    unsigned char* cursor;
    size_t padding;
    LargeChunk* large;
    size_t objects_logged;
    uintptr_t check;  // kMarkCheck ^ handle
};
static_assert(sizeof(MarkRecord) == 64);
inline constexpr uintptr_t kMarkCheck = 0x6d61726b73636f70;

inline unsigned char* begin_of(const Chunk* chunk) {
    return reinterpret_cast<unsigned char*>(const_cast<Chunk*>(chunk)) + kArenaHeaderBytes;
}
inline unsigned char* end_of(const Chunk* chunk) {
    return reinterpret_cast<unsigned char*>(const_cast<Chunk*>(chunk)) + chunk->bytes;
}

inline constexpr size_t round_up(size_t number, size_t power_of_two) {
    return (number + power_of_two - 1) & ~(power_of_two - 1);
}

// Debug mode: bytes behind each object, and what memory holds before and after its life.
inline constexpr size_t kGuardBytes = 8;
inline constexpr unsigned char kGuardByte = 0xFD;
inline constexpr unsigned char kFreshByte = 0xA5;
inline constexpr unsigned char kFreedByte = 0xDD;

}  // namespace morph
