// Sizes on which the address arithmetic of all rooms rests.
//
// The suite builds the library a second time with small constants (MORPH_CHUNK_SHIFT=16,
// MORPH_BLOCK_SHIFT=12), so that every edge is a few operations away.
#pragma once

#include <cstddef>
#include <cstdint>

#ifndef MORPH_CHUNK_SHIFT
#define MORPH_CHUNK_SHIFT 21
#endif
#ifndef MORPH_BLOCK_SHIFT
#define MORPH_BLOCK_SHIFT 16
#endif

namespace morph {

// Chunk: unit and alignment of what comes from the system. Block: a chunk's part of one size class.
inline constexpr size_t kChunkBytes = size_t{1} << MORPH_CHUNK_SHIFT;
inline constexpr size_t kBlockBytes = size_t{1} << MORPH_BLOCK_SHIFT;
inline constexpr size_t kBlocksPerChunk = kChunkBytes / kBlockBytes;
inline constexpr size_t kPageBytes = 4096;

static_assert(kBlockBytes >= kPageBytes && kBlocksPerChunk >= 2 && kBlocksPerChunk <= 32);

}  // namespace morph
