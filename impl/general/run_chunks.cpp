// Chunks of runs in their lists, and the free runs of a chunk in its bins.
#include "chunk/check.h"
#include "general/runs.h"

namespace morph {

// ------------------------------------------------------------------------------- lists of chunks

uint32_t Runs::list_of(const RunChunk* chunk) {
    if (chunk->live == 0) return kEmpty;
    if (chunk->filled_bins == 0) return kFull;
    return 63 - static_cast<uint32_t>(std::countl_zero(chunk->filled_bins));
}

void Runs::link(uint32_t list, RunChunk* chunk) {
    chunk->previous = nullptr;
    chunk->next = lists_[list];
    if (chunk->next != nullptr) chunk->next->previous = chunk;
    lists_[list] = chunk;
    if (list < kRunBins) lists_filled_ |= uint64_t{1} << list;
    if (list == kEmpty) empty_chunks_ += 1;
}

void Runs::unlink(uint32_t list, RunChunk* chunk) {
    if (chunk->previous != nullptr) {
        chunk->previous->next = chunk->next;
    } else {
        MORPH_CHECK(lists_[list] == chunk);
        lists_[list] = static_cast<RunChunk*>(chunk->next);
        if (lists_[list] == nullptr && list < kRunBins) lists_filled_ &= ~(uint64_t{1} << list);
    }
    if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
    if (list != kEmpty) return;
    empty_chunks_ -= 1;
    // What a reset left empty and was used again counts as any other from now on.
    if (empty_chunks_allowed_ > empty_chunks_) empty_chunks_allowed_ = empty_chunks_;
    if (empty_chunks_allowed_ == 0) empty_chunks_allowed_ = 1;
}

// The chunk has changed since it was put into the list.
void Runs::move_from(uint32_t list, RunChunk* chunk) {
    uint32_t home = list_of(chunk);
    if (home == list) return;
    unlink(list, chunk);
    if (home == kEmpty && empty_chunks_ > 0) {
        source_.return_chunk(chunk);
    } else {
        link(home, chunk);
    }
}

RunChunk* Runs::take_chunk() {
    Chunk* fresh = source_.acquire_chunk(ChunkKind::general_runs, this);
    if (fresh == nullptr) {
        source_.explain_refusal(errors_, "general", kChunkBytes);
        return nullptr;
    }
    auto* chunk = static_cast<RunChunk*>(fresh);
    chunk->untouched = kHeadGranules;
    add_free(chunk, kHeadGranules, kGranules);
    if (dress_.instrumented()) {
        mark_no_access(granule_at(chunk, kHeadGranules),
                       size_t{kGranules - kHeadGranules} * kGranuleBytes);
    }
    link(kEmpty, chunk);
    return chunk;
}

// A free run of the chunk that is long enough; 0: none was found. Of the bin in which only some
// are, a few are looked at.
uint32_t Runs::find_run(const RunChunk* chunk, uint32_t granules) {
    uint32_t bin = bin_of(granules);
    if ((chunk->filled_bins >> bin & 1) != 0) {
        uint32_t run = chunk->first_free[bin];
        for (uint32_t tries = 0; run != 0 && tries < kTries; tries++) {
            if (chunk->granules[run].length >= granules) return run;
            run = chunk->granules[run].next;
        }
    }
    bin = bin_that_serves(granules);
    uint64_t serving = chunk->filled_bins >> bin << bin;
    return serving != 0 ? chunk->first_free[std::countr_zero(serving)] : 0;
}

// And of the list in which only some chunks have one, a few as well. chunk nullptr: refused.
Run Runs::choose(uint32_t granules) {
    RunChunk* chunk = lists_[bin_of(granules)];
    for (uint32_t tries = 0; chunk != nullptr && tries < kTries; tries++) {
        uint32_t run = find_run(chunk, granules);
        if (run != 0) return {chunk, run};
        chunk = static_cast<RunChunk*>(chunk->next);
    }
    uint32_t bin = bin_that_serves(granules);
    uint64_t serving = lists_filled_ >> bin << bin;
    chunk = serving != 0                ? lists_[std::countr_zero(serving)]
            : lists_[kEmpty] != nullptr ? lists_[kEmpty]
                                        : take_chunk();
    return {chunk, chunk != nullptr ? find_run(chunk, granules) : 0};
}

bool Runs::return_empty_chunk() {
    RunChunk* chunk = lists_[kEmpty];
    if (chunk == nullptr) return false;
    unlink(kEmpty, chunk);
    source_.return_chunk(chunk);
    return true;
}

// ------------------------------------------------------------------------------------- free runs

void Runs::add_free(RunChunk* chunk, uint32_t begin, uint32_t end) {
    MORPH_CHECK(begin < end && end <= kGranules);
    auto length = static_cast<uint16_t>(end - begin);
    uint32_t bin = bin_of(length);
    uint16_t next = (chunk->filled_bins >> bin & 1) != 0 ? chunk->first_free[bin] : uint16_t{0};
    chunk->granules[end - 1].length = length;
    chunk->granules[end - 1].ends_free = true;
    Granule& first = chunk->granules[begin];
    first.length = length;
    first.next = next;
    first.previous = 0;
    first.state = RunState::free;
    if (next != 0) chunk->granules[next].previous = static_cast<uint16_t>(begin);
    chunk->first_free[bin] = static_cast<uint16_t>(begin);
    chunk->filled_bins |= uint64_t{1} << bin;
    set_bit(chunk->begins, begin);
}

// It is in no bin then, and begins no run: the caller says what its granules are.
void Runs::remove_free(Run run) {
    Granule& first = record_of(run);
    MORPH_CHECK(first.state == RunState::free);
    uint32_t bin = bin_of(first.length);
    if (first.next != 0) run.chunk->granules[first.next].previous = first.previous;
    if (first.previous != 0) {
        run.chunk->granules[first.previous].next = first.next;
    } else {
        MORPH_CHECK(run.chunk->first_free[bin] == run.first);
        run.chunk->first_free[bin] = first.next;
        if (first.next == 0) run.chunk->filled_bins &= ~(uint64_t{1} << bin);
    }
    run.chunk->granules[end_of(run) - 1].ends_free = false;
    clear_bit(run.chunk->begins, run.first);
}

// Granules that are of no run become free, with what is free on both sides.
void Runs::join_free(RunChunk* chunk, uint32_t begin, uint32_t end) {
    if (end < kGranules && chunk->granules[end].state == RunState::free) {
        Run above{chunk, end};
        end = end_of(above);
        remove_free(above);
    }
    if (begin > kHeadGranules && chunk->granules[begin - 1].ends_free) {
        Run below{chunk, begin - chunk->granules[begin - 1].length};
        begin = below.first;
        remove_free(below);
    }
    add_free(chunk, begin, end);
}

}  // namespace morph
