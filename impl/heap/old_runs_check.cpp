// What runs hold: questions about addresses, walks, and whether the invariants hold.
#include <cstring>

#include "chunk/check.h"
#include "heap/cards.h"
#include "heap/old_runs.h"

namespace morph {

// ----------------------------------------------------------------------------------- questions

static OldRun& record_of(const void* object) {
    return old_run_chunk_of(header_of(object))->records[unit_of(header_of(object))];
}

size_t OldRuns::bytes_of(const void* object) {
    return size_t{record_of(object).units} * kUnitBytes;
}

unsigned char* OldRuns::end_of(const void* object) {
    const Header* header = header_of(object);
    uint32_t unit = unit_of(header);
    OldRunChunk* chunk = old_run_chunk_of(header);
    return unit_at(chunk, unit + chunk->records[unit].units);
}

Header* OldRuns::find(const void* address) {
    OldRunChunk* chunk = old_run_chunk_of(address);
    uint32_t unit = unit_of(address);
    if (unit < kHeadUnits || !is_set(chunk->used, unit)) return nullptr;
    // The last run that begins at it or before.
    uint32_t word = unit / 64;
    uint64_t bits = chunk->begins[word] & ~uint64_t{0} >> (63 - unit % 64);
    while (bits == 0) {
        MORPH_CHECK(word != 0);
        bits = chunk->begins[--word];
    }
    uint32_t begin = word * 64 + 63 - static_cast<uint32_t>(std::countl_zero(bits));
    Header* header = header_at(chunk, begin);
    return address < header ? nullptr : header;
}

template <typename Bits>
static bool walk_runs(OldRunChunk* const* bins, uint32_t count, Bits bits, OldVisit visit,
                      void* user) {
    for (uint32_t bin = 0; bin < count; bin++) {
        for (Chunk* each = bins[bin]; each != nullptr; each = each->next) {
            auto* chunk = static_cast<OldRunChunk*>(each);
            const uint64_t* words = bits(chunk);
            for (uint32_t unit = next_unit(words, 0, true); unit < kUnits;
                 unit = next_unit(words, unit + 1, true)) {
                if (!visit(user, header_at(chunk, unit))) return false;
            }
        }
    }
    return true;
}

bool OldRuns::walk(OldVisit visit, void* user) const {
    return walk_runs(
        bins_, kBins, [](const OldRunChunk* chunk) { return chunk->begins; }, visit, user);
}

bool OldRuns::walk_marked(OldVisit visit, void* user) const {
    return walk_runs(
        bins_, kBins, [](const OldRunChunk* chunk) { return chunk->marked; }, visit, user);
}

// ------------------------------------------------------------------------------------ invariants

bool OldRuns::check_chunk(OldFault& fault, const OldRunChunk* chunk, uint32_t bin,
                          bool marking) const {
    if (chunk->kind != ChunkKind::old_runs || chunk->owner != setting_.owner ||
        chunk->bytes != kChunkBytes || setting_.source.find(chunk) != chunk ||
        (chunk->next != nullptr && chunk->next->previous != chunk)) {
        return fault.broken("RUN-UNITS", chunk);
    }
    OldRunChunk measured = *chunk;
    measure(&measured);
    if (measured.longest != chunk->longest || bin_of(chunk) != bin) {
        return fault.broken("RUN-LONGEST", chunk);
    }
    // What the runs say must be used, and nothing else.
    memset(measured.used, 0, sizeof(measured.used));
    assign_bits(measured.used, 0, kHeadUnits, true);
    uint32_t runs = 0;
    uint32_t free_from = kHeadUnits;
    for (uint32_t unit = next_unit(chunk->begins, 0, true); unit < kUnits;
         unit = next_unit(chunk->begins, unit + 1, true)) {
        Header* header = header_at(const_cast<OldRunChunk*>(chunk), unit);
        uint32_t end = unit + chunk->records[unit].units;
        if (unit < free_from || end <= unit || end > kUnits || end > chunk->zero_from) {
            return fault.broken("RUN-UNITS", header);
        }
        if (unit_of(header) != unit) return fault.broken("RUN-RECORD", header);
        if ((*header & kOld) == 0 || space_of(*header) != Space::run) {
            return fault.broken("OLD-ALLOCATED", object_at(header));
        }
        size_t size = size_field(*header);
        size_t cards = (*header & kCarded) != 0 ? card_count(size) : 0;
        size_t needed = chunk->records[unit].pad * kHeaderBytes + object_bytes(size, 0) + cards;
        if (needed > (end - unit) * kUnitBytes) {
            return fault.broken("RUN-RECORD", object_at(header));
        }
        assign_bits(measured.used, unit, end, true);
        free_from = end;
        runs += 1;
    }
    if (memcmp(measured.used, chunk->used, sizeof(chunk->used)) != 0 || runs != chunk->runs) {
        return fault.broken("RUN-UNITS", chunk);
    }
    for (uint32_t word = 0; word < kUnitWords; word++) {
        uint64_t allowed = marking ? chunk->begins[word] : 0;
        if ((chunk->marked[word] & ~allowed) != 0) return fault.broken("OLD-MARKS", chunk);
    }
    return true;
}

bool OldRuns::check(OldFault& fault, bool marking) const {
    size_t runs = 0;
    size_t units = 0;
    size_t empty = 0;
    for (uint32_t bin = 0; bin < kBins; bin++) {
        for (const Chunk* each = bins_[bin]; each != nullptr; each = each->next) {
            auto* chunk = static_cast<const OldRunChunk*>(each);
            if (!check_chunk(fault, chunk, bin, marking)) return false;
            runs += chunk->runs;
            empty += bin == kEmptyBin ? 1u : 0u;
            for (uint64_t word : chunk->used) units += static_cast<size_t>(std::popcount(word));
            units -= kHeadUnits;
        }
    }
    if (runs != count_ || empty != empty_chunks_) return fault.broken("RUN-UNITS", this);
    return units == units_ || fault.broken("OLD-BYTES", this);
}

}  // namespace morph
