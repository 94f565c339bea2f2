// OldRuns: middle-sized objects of the old space, each in whole units of a chunk.
//
//   chunk   +------------------------------------+-----+-----------+------+-----+--   --+
//           | chunk, bitmaps, a record for each  | run | run       | free | run |  ...  |
//           | unit (10 KiB of 2 MiB)             |     |           |      |     |       |
//           +------------------------------------+-----+-----------+------+-----+--   --+
//
//   run     +-----+--------+---------+-------+-------+
//           | pad | header | payload | slack | cards |     cards: only of carded objects
//           +-----+--------+---------+-------+-------+
//
// A unit is 1 KiB, so that a run is at most an eighth larger than what it holds. The pad, less than
// a unit, is there for alignment: the header is always in the run's first unit. Up to a unit's
// alignment any unit will do; above, the search looks for one at the right place.
//
// Chunks are kept in bins by their longest free run. A request tries a few chunks of the bin in
// which only some are long enough, then any of the bins above, where (but for alignment) the first
// one must do.
//
//   RUN-UNITS    the units of head and runs are used, each by one, and no others
//   RUN-LONGEST  a chunk knows its longest free run, and lies in that bin; empty ones in none
//   RUN-RECORD   a run's object lies in it: pad, bytes and cards
//   OLD-ALLOCATED, OLD-MARKS, OLD-BYTES: see old_space.h
#pragma once

#include "heap/old_bits.h"
#include "heap/old_part.h"

namespace morph {

inline constexpr size_t kUnitBytes = 1024;
inline constexpr size_t kUnits = kChunkBytes / kUnitBytes;
inline constexpr size_t kUnitWords = kUnits / 64;
inline constexpr size_t kRunAlignmentMax = kChunkBytes / 4;
static_assert(kUnits % 64 == 0);

struct OldRun {
    uint16_t units;  // of the run that begins here
    uint8_t pad;     // before the header, in 8 bytes
    uint8_t unused;
};

struct OldRunChunk : Chunk {
    uint32_t longest;  // free run, in units
    uint32_t runs;
    uint32_t zero_from;           // units from here on have never been used
    uint64_t used[kUnitWords];    // bit i set: unit i is not free
    uint64_t begins[kUnitWords];  // bit i set: a run begins at unit i
    uint64_t marked[kUnitWords];  // bit i set: and is marked
    OldRun records[kUnits];
};
inline constexpr uint32_t kHeadUnits =
    static_cast<uint32_t>((sizeof(OldRunChunk) + kUnitBytes - 1) / kUnitBytes);
inline constexpr uint32_t kUnitsMax = static_cast<uint32_t>(kUnits) - kHeadUnits;
static_assert(kUnitsMax * kUnitBytes >= kChunkBytes / 2 + 2 * kUnitBytes + kChunkBytes / 1024,
              "the largest large_bytes fits, with pad and cards");

inline OldRunChunk* old_run_chunk_of(const void* address) {
    return static_cast<OldRunChunk*>(chunk_of(address));
}
inline uint32_t unit_of(const void* address) {
    return static_cast<uint32_t>((reinterpret_cast<uintptr_t>(address) & (kChunkBytes - 1)) /
                                 kUnitBytes);
}

inline unsigned char* unit_at(OldRunChunk* chunk, uint32_t unit) {
    return reinterpret_cast<unsigned char*>(chunk) + size_t{unit} * kUnitBytes;
}
inline uint32_t next_unit(const uint64_t* words, uint32_t from, bool value) {
    return next_bit(words, from, static_cast<uint32_t>(kUnits), value);
}
// Of the run that begins at the unit.
inline Header* header_at(OldRunChunk* chunk, uint32_t unit) {
    unsigned char* run = unit_at(chunk, unit);
    return reinterpret_cast<Header*>(run + chunk->records[unit].pad * kHeaderBytes);
}

class OldRuns {
 public:
    explicit OldRuns(const OldSetting& setting);
    OldRuns(const OldRuns&) = delete;
    OldRuns& operator=(const OldRuns&) = delete;
    ~OldRuns();

    // Whether a chunk can hold it. Nothing wraps.
    [[nodiscard]] static bool fits(size_t bytes, size_t alignment, size_t cards);
    // Room for `bytes` whose header lies so that the payload is aligned, and for cards, which are
    // zeroed, at the end. It must fit.
    [[nodiscard]] OldPlace allocate(size_t bytes, size_t alignment, size_t cards);

    static bool mark(void* object) {
        uint32_t unit = unit_of(header_of(object));
        uint64_t& word = old_run_chunk_of(object_head(object))->marked[unit / 64];
        uint64_t bit = uint64_t{1} << unit % 64;
        if ((word & bit) != 0) return false;
        word |= bit;
        return true;
    }
    static void unmark(void* object) {
        uint32_t unit = unit_of(header_of(object));
        old_run_chunk_of(header_of(object))->marked[unit / 64] &= ~(uint64_t{1} << unit % 64);
    }
    static bool is_marked(const void* object) {
        uint32_t unit = unit_of(header_of(object));
        return (old_run_chunk_of(header_of(object))->marked[unit / 64] >> unit % 64 & 1) != 0;
    }
    static size_t bytes_of(const void* object);
    static unsigned char* end_of(const void* object);
    // The header of the run around address, which one of our chunks covers, or nullptr.
    static Header* find(const void* address);

    void end_marking();
    void finish_sweep();
    void reset();
    bool release_spare();

    bool walk(OldVisit visit, void* user) const;
    bool walk_marked(OldVisit visit, void* user) const;

    [[nodiscard]] size_t bytes_used() const { return units_ * kUnitBytes; }
    [[nodiscard]] size_t count() const { return count_; }
    bool check(OldFault& fault, bool marking) const;

 private:
    friend struct OldSpacePeek;

    static const void* object_head(const void* object) { return header_of(object); }

    // Bin b: longest free run of 2^b .. 2^(b+1)-1 units; the last but one: no free unit; the last:
    // empty chunks.
    static constexpr uint32_t kFullBin = static_cast<uint32_t>(std::bit_width(kUnits));
    static constexpr uint32_t kEmptyBin = kFullBin + 1;
    static constexpr uint32_t kBins = kEmptyBin + 1;
    static constexpr uint32_t kTries = 4;  // chunks of a bin that may not be long enough

    struct Demand {
        uint32_t units;
        uint32_t step;   // begin + shift is a multiple of it
        uint32_t shift;  // 0 or 1
    };
    [[nodiscard]] static uint32_t bin_of(const OldRunChunk* chunk);
    [[nodiscard]] static uint32_t search(const OldRunChunk* chunk, const Demand& demand);
    static void measure(OldRunChunk* chunk);
    OldRunChunk* choose_chunk(const Demand& demand, uint32_t* unit);
    OldRunChunk* take_chunk();
    void free_run(OldRunChunk* chunk, uint32_t unit);
    void link(OldRunChunk* chunk);
    void unlink(uint32_t bin, OldRunChunk* chunk);
    OldRunChunk* take_all_chunks();
    void trim(size_t keep);

    bool check_chunk(OldFault& fault, const OldRunChunk* chunk, uint32_t bin, bool marking) const;

    OldSetting setting_;
    OldRunChunk* bins_[kBins] = {};
    size_t empty_chunks_ = 0;
    size_t count_ = 0;  // runs
    size_t units_ = 0;  // that they take
};

}  // namespace morph
