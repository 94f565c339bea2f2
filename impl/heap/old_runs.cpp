// Runs: found, handed out, and freed when a marking did not reach them.
#include "heap/old_runs.h"

#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "heap/cards.h"

namespace morph {
namespace {

constexpr size_t pad_of(size_t alignment) {
    if (alignment <= kHeaderBytes) return 0;
    return (alignment < kUnitBytes ? alignment : kUnitBytes) - kHeaderBytes;
}

}  // namespace

OldRuns::OldRuns(const OldSetting& setting) : setting_(setting) {}

OldRuns::~OldRuns() {
    for (OldRunChunk* chunk : bins_) {
        while (chunk != nullptr) {
            auto* next = static_cast<OldRunChunk*>(chunk->next);
            setting_.source.return_chunk(chunk);
            chunk = next;
        }
    }
}

// ---------------------------------------------------------------------------------- allocation

// Conservative above a unit's alignment: an empty chunk's head costs one step at most.
bool OldRuns::fits(size_t bytes, size_t alignment, size_t cards) {
    if (bytes > kChunkBytes || cards > kChunkBytes || alignment > kRunAlignmentMax) return false;
    size_t units = (pad_of(alignment) + bytes + cards + kUnitBytes - 1) / kUnitBytes;
    if (alignment <= kUnitBytes) return units <= kUnitsMax;
    size_t step = alignment / kUnitBytes;
    size_t begin = (kHeadUnits + 1 + step - 1) / step * step - 1;
    return begin + units <= kUnits;
}

// First fit: the first unit of enough free ones at a place that suits. 0: none.
uint32_t OldRuns::search(const OldRunChunk* chunk, const Demand& demand) {
    uint32_t begin = next_unit(chunk->used, 0, false);
    while (begin < kUnits) {
        uint32_t end = next_unit(chunk->used, begin, true);
        uint32_t place = begin;
        if (demand.step > 1) {
            place =
                (begin + demand.shift + demand.step - 1) / demand.step * demand.step - demand.shift;
        }
        if (place + demand.units <= end) return place;
        begin = next_unit(chunk->used, end, false);
    }
    return 0;
}

// Finds the chunk's longest free run.
void OldRuns::measure(OldRunChunk* chunk) {
    uint32_t longest = 0;
    uint32_t begin = next_unit(chunk->used, 0, false);
    while (begin < kUnits) {
        uint32_t end = next_unit(chunk->used, begin, true);
        if (end - begin > longest) longest = end - begin;
        begin = next_unit(chunk->used, end, false);
    }
    chunk->longest = longest;
}

// A chunk in which the demand can be met, and where. nullptr: refused.
OldRunChunk* OldRuns::choose_chunk(const Demand& demand, uint32_t* unit) {
    auto first_bin = static_cast<uint32_t>(std::bit_width(demand.units)) - 1;
    for (uint32_t bin = first_bin; bin < kFullBin; bin++) {
        OldRunChunk* chunk = bins_[bin];
        for (uint32_t tries = 0; chunk != nullptr && tries < kTries; tries++) {
            *unit = chunk->longest < demand.units ? 0 : search(chunk, demand);
            if (*unit != 0) return chunk;
            chunk = static_cast<OldRunChunk*>(chunk->next);
        }
    }
    OldRunChunk* chunk = bins_[kEmptyBin] != nullptr ? bins_[kEmptyBin] : take_chunk();
    if (chunk == nullptr) return nullptr;
    *unit = search(chunk, demand);
    MORPH_CHECK(*unit != 0);
    return chunk;
}

OldRunChunk* OldRuns::take_chunk() {
    Chunk* fresh = setting_.source.acquire_chunk(ChunkKind::old_runs, setting_.owner);
    if (fresh == nullptr) return nullptr;
    auto* chunk = static_cast<OldRunChunk*>(fresh);
    assign_bits(chunk->used, 0, kHeadUnits, true);
    chunk->longest = kUnitsMax;
    chunk->zero_from = kHeadUnits;
    if (setting_.instrumented) mark_no_access(chunk + 1, kChunkBytes - sizeof(OldRunChunk));
    link(chunk);
    return chunk;
}

OldPlace OldRuns::allocate(size_t bytes, size_t alignment, size_t cards) {
    MORPH_CHECK(fits(bytes, alignment, cards));
    size_t pad = pad_of(alignment);
    size_t units = (pad + bytes + cards + kUnitBytes - 1) / kUnitBytes;
    Demand demand{static_cast<uint32_t>(units), 1, 0};
    if (alignment > kUnitBytes) {
        demand.step = static_cast<uint32_t>(alignment / kUnitBytes);
        demand.shift = 1;  // the header ends the first unit
    }
    uint32_t unit = 0;
    OldRunChunk* chunk = choose_chunk(demand, &unit);
    if (chunk == nullptr) return {nullptr, nullptr};
    uint32_t bin = bin_of(chunk);
    uint32_t end = unit + demand.units;
    assign_bits(chunk->used, unit, end, true);
    chunk->begins[unit / 64] |= uint64_t{1} << unit % 64;
    chunk->records[unit] =
        OldRun{static_cast<uint16_t>(units), static_cast<uint8_t>(pad / kHeaderBytes), 0};
    chunk->runs += 1;
    unsigned char* zero_from = unit_at(chunk, chunk->zero_from);
    if (chunk->zero_from < end) chunk->zero_from = end;
    measure(chunk);
    unlink(bin, chunk);
    link(chunk);
    count_ += 1;
    units_ += units;
    unsigned char* run = unit_at(chunk, unit);
    if (cards != 0) {
        unsigned char* first_card = run + units * kUnitBytes - cards;
        if (setting_.instrumented) mark_defined(first_card, cards);
        memset(first_card, 0, cards);
    }
    return {run + pad, zero_from};
}

// -------------------------------------------------------------------------------------- freeing

// Its chunk is in no bin, or will be moved by who calls.
void OldRuns::free_run(OldRunChunk* chunk, uint32_t unit) {
    uint32_t units = chunk->records[unit].units;
    unsigned char* run = unit_at(chunk, unit);
    if (setting_.instrumented) mark_undefined(run, units * kUnitBytes);
    if (setting_.fill_freed) memset(run, kOldFreedFill, units * kUnitBytes);
    if (setting_.instrumented) mark_no_access(run, units * kUnitBytes);
    assign_bits(chunk->used, unit, unit + units, false);
    chunk->begins[unit / 64] &= ~(uint64_t{1} << unit % 64);
    chunk->records[unit] = OldRun{};
    chunk->runs -= 1;
    count_ -= 1;
    units_ -= units;
}

void OldRuns::end_marking() {
    for (OldRunChunk* chunk = take_all_chunks(); chunk != nullptr;) {
        auto* next = static_cast<OldRunChunk*>(chunk->next);
        uint32_t runs = chunk->runs;
        for (uint32_t word = 0; word < kUnitWords; word++) {
            uint64_t dead = chunk->begins[word] & ~chunk->marked[word];
            for (; dead != 0; dead &= dead - 1) {
                free_run(chunk, word * 64 + static_cast<uint32_t>(std::countr_zero(dead)));
            }
            chunk->marked[word] = 0;
        }
        if (runs != chunk->runs) measure(chunk);
        link(chunk);
        chunk = next;
    }
}

void OldRuns::finish_sweep() {
    trim(1);
}

void OldRuns::reset() {
    for (OldRunChunk* chunk = take_all_chunks(); chunk != nullptr;) {
        auto* next = static_cast<OldRunChunk*>(chunk->next);
        for (uint32_t unit = next_unit(chunk->begins, 0, true); unit < kUnits;
             unit = next_unit(chunk->begins, unit + 1, true)) {
            free_run(chunk, unit);
        }
        memset(chunk->marked, 0, sizeof(chunk->marked));
        measure(chunk);
        link(chunk);
        chunk = next;
    }
}

bool OldRuns::release_spare() {
    bool any = empty_chunks_ != 0;
    trim(0);
    return any;
}

// Returns empty chunks until only so many are left.
void OldRuns::trim(size_t keep) {
    while (empty_chunks_ > keep) {
        OldRunChunk* chunk = bins_[kEmptyBin];
        unlink(kEmptyBin, chunk);
        setting_.source.return_chunk(chunk);
    }
}

// --------------------------------------------------------------------------------- bins of chunks

uint32_t OldRuns::bin_of(const OldRunChunk* chunk) {
    if (chunk->runs == 0) return kEmptyBin;
    if (chunk->longest == 0) return kFullBin;
    return static_cast<uint32_t>(std::bit_width(chunk->longest)) - 1;
}

void OldRuns::link(OldRunChunk* chunk) {
    uint32_t bin = bin_of(chunk);
    chunk->previous = nullptr;
    chunk->next = bins_[bin];
    if (chunk->next != nullptr) chunk->next->previous = chunk;
    bins_[bin] = chunk;
    if (bin == kEmptyBin) empty_chunks_ += 1;
}

void OldRuns::unlink(uint32_t bin, OldRunChunk* chunk) {
    if (chunk->previous != nullptr) {
        chunk->previous->next = chunk->next;
    } else {
        MORPH_CHECK(bins_[bin] == chunk);
        bins_[bin] = static_cast<OldRunChunk*>(chunk->next);
    }
    if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
    if (bin == kEmptyBin) empty_chunks_ -= 1;
}

// All chunks, out of their bins, linked by `next`.
OldRunChunk* OldRuns::take_all_chunks() {
    Chunk* all = nullptr;
    for (OldRunChunk*& bin : bins_) {
        while (bin != nullptr) {
            OldRunChunk* chunk = bin;
            bin = static_cast<OldRunChunk*>(chunk->next);
            chunk->next = all;
            all = chunk;
        }
    }
    empty_chunks_ = 0;
    return static_cast<OldRunChunk*>(all);
}

}  // namespace morph
