// How a chunk of runs is laid out: granules, and what is known of each, apart from them.
//
//   chunk   +----------+------+------------------+-----------+------------+------------+--------+
//           | RunChunk | bits | granule records  | run       | run        | run        | run    |
//           |  header  |      | 8 bytes for each | live      | free       | live       | free   |
//           +----------+------+------------------+-----------+------------+------------+--------+
//           |<- kHeadGranules, never handed out ->|<-------- granules of 256 bytes -------------->|
//
// Runs tile the chunk behind its head. A run's record is that of its first granule; a free run's
// last granule repeats the length, so that a run that is freed finds its lower neighbour. Records
// of all other granules mean nothing. Nothing is written into free memory: whoever writes there
// cannot send the allocator astray.
//
//   length      granules of the run
//   slack       live: bytes of the run behind the object's size
//   next, previous   free: neighbours in the chunk's bin, by granule; 0: none (the head is there)
//
// Bits, one for each granule:
//   begins      a run begins here, live or free
//   freed       inside free memory: a live run began here once. A second free of it is told apart
//               from a foreign address
//
// Bins hold a chunk's free runs by length: exact below 8 granules, then four for each doubling.
#pragma once

#include <bit>

#include "chunk/source.h"

namespace morph {

inline constexpr size_t kGranuleBytes = 256;
inline constexpr auto kGranules = static_cast<uint32_t>(kChunkBytes / kGranuleBytes);
inline constexpr uint32_t kGranuleWords = kGranules / 64;
static_assert(kGranules % 64 == 0 && kGranules <= 1 << 14);

enum class RunState : uint8_t { live, free };

struct Granule {
    uint16_t length;
    union {
        uint16_t slack;
        uint16_t next;
    };
    uint16_t previous;
    RunState state;
    bool ends_free;  // a free run ends here; right for every last granule of a run
};
static_assert(sizeof(Granule) == 8);

// Lengths from 8 on: the two bits below the highest choose among the four bins of a doubling.
constexpr uint32_t bin_of(uint32_t length) {
    if (length < 8) return length;
    auto top = static_cast<uint32_t>(std::bit_width(length)) - 1;
    return 8 + (top - 3) * 4 + (length >> (top - 2) & 3);
}
// The first bin all of whose runs are that long.
constexpr uint32_t bin_that_serves(uint32_t length) {
    if (length < 8) return length;
    auto top = static_cast<uint32_t>(std::bit_width(length)) - 1;
    return bin_of(length + (uint32_t{1} << (top - 2)) - 1);
}
inline constexpr uint32_t kRunBins = bin_of(kGranules) + 1;
static_assert(kRunBins <= 64, "one word has a bit for each");

struct RunChunk : Chunk {
    uint64_t filled_bins;  // bit b: there is a free run in bin b
    uint32_t live;         // runs
    uint32_t untouched;    // granules from here on were never handed out: all zero
    uint16_t first_free[kRunBins];
    uint64_t begins[kGranuleWords];
    uint64_t freed[kGranuleWords];
    Granule granules[kGranules];
};
inline constexpr auto kHeadGranules =
    static_cast<uint32_t>((sizeof(RunChunk) + kGranuleBytes - 1) / kGranuleBytes);

// Larger objects, and those of larger alignment, have a mapping of their own.
inline constexpr size_t kRunBytesMax = kChunkBytes / 4;
static_assert(bin_that_serves(static_cast<uint32_t>(2 * kRunBytesMax / kGranuleBytes) + 1) <=
                  bin_of(kGranules - kHeadGranules),
              "an empty chunk serves the largest object at the largest alignment");

struct Run {
    RunChunk* chunk;
    uint32_t first;
};

inline Granule& record_of(Run run) {
    return run.chunk->granules[run.first];
}
inline uint32_t end_of(Run run) {
    return run.first + record_of(run).length;
}
inline unsigned char* granule_at(RunChunk* chunk, uint32_t granule) {
    return reinterpret_cast<unsigned char*>(chunk) + size_t{granule} * kGranuleBytes;
}
inline unsigned char* begin_of(Run run) {
    return granule_at(run.chunk, run.first);
}
inline size_t bytes_of(Run run) {
    return size_t{record_of(run).length} * kGranuleBytes;
}
inline size_t size_of(Run run) {
    return bytes_of(run) - record_of(run).slack;
}
inline uint32_t granule_of(const void* address) {
    return static_cast<uint32_t>((reinterpret_cast<uintptr_t>(address) & (kChunkBytes - 1)) /
                                 kGranuleBytes);
}

inline bool has_bit(const uint64_t* words, uint32_t place) {
    return (words[place / 64] >> place % 64 & 1) != 0;
}
inline void set_bit(uint64_t* words, uint32_t place) {
    words[place / 64] |= uint64_t{1} << place % 64;
}
inline void clear_bit(uint64_t* words, uint32_t place) {
    words[place / 64] &= ~(uint64_t{1} << place % 64);
}
inline void clear_bits(uint64_t* words, uint32_t begin, uint32_t end) {
    while (begin < end) {
        uint32_t count = 64 - begin % 64;
        if (count > end - begin) count = end - begin;
        uint64_t mask = (count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << begin % 64;
        words[begin / 64] &= ~mask;
        begin += count;
    }
}
// The last place at or below `from` whose bit is set; there must be one.
inline uint32_t last_bit(const uint64_t* words, uint32_t from) {
    uint32_t word = from / 64;
    uint64_t bits = words[word] & (~uint64_t{0} >> (63 - from % 64));
    while (bits == 0) bits = words[--word];
    return word * 64 + 63 - static_cast<uint32_t>(std::countl_zero(bits));
}

}  // namespace morph
