// Runs: handed out, resized, freed and joined.
#include "general/runs.h"

#include "chunk/check.h"

namespace morph {

Runs::Runs(Source& source, ErrorState& errors, const Reporter& reporter, const Dress& dress)
    : source_(source), errors_(errors), reporter_(reporter), dress_(dress) {}

Runs::~Runs() {
    for (RunChunk* chunk : lists_) {
        while (chunk != nullptr) {
            auto* next = static_cast<RunChunk*>(chunk->next);
            source_.return_chunk(chunk);
            chunk = next;
        }
    }
}

// ------------------------------------------------------------------------------------- live runs

void Runs::note_live(Run run, uint32_t granules, size_t size) {
    Granule& first = record_of(run);
    first.length = static_cast<uint16_t>(granules);
    first.slack = static_cast<uint16_t>(granules * kGranuleBytes - size);
    first.state = RunState::live;
    run.chunk->granules[run.first + granules - 1].ends_free = false;
}

// Granules are about to be handed out: what lies below them was touched from now on.
void Runs::touch(RunChunk* chunk, uint32_t begin, uint32_t end) {
    if (dress_.debug() && begin > chunk->untouched) {
        size_t bytes = size_t{begin - chunk->untouched} * kGranuleBytes;
        unsigned char* gap = granule_at(chunk, chunk->untouched);
        MarkedAccess access(gap, bytes, dress_.instrumented());
        std::memset(gap, kFreedFill, bytes);
    }
    if (end > chunk->untouched) chunk->untouched = end;
}

Runs::Place Runs::allocate(size_t size, size_t alignment) {
    MORPH_CHECK(fits(size, alignment));
    uint32_t granules = granules_for(size);
    uint32_t step =
        alignment <= kGranuleBytes ? 1 : static_cast<uint32_t>(alignment / kGranuleBytes);
    uint32_t demand = granules + step - 1;
    Run hole = choose(demand);
    RunChunk* chunk = hole.chunk;
    if (chunk == nullptr) return {nullptr, nullptr};
    MORPH_CHECK(hole.first != 0);
    uint32_t list = list_of(chunk);
    uint32_t begin = (hole.first + step - 1) / step * step;
    uint32_t end = begin + granules;
    uint32_t hole_end = end_of(hole);
    MORPH_CHECK(end <= hole_end);
    if (dress_.debug() && !inspect_freed(chunk, begin, end)) return {nullptr, nullptr};
    unsigned char* zero_from = granule_at(chunk, chunk->untouched);

    remove_free(hole);
    if (begin > hole.first) add_free(chunk, hole.first, begin);
    if (end < hole_end) add_free(chunk, end, hole_end);
    touch(chunk, begin, end);
    Run run{chunk, begin};
    clear_bits(chunk->freed, begin, end);
    set_bit(chunk->begins, begin);
    note_live(run, granules, size);
    chunk->live += 1;
    move_from(list, chunk);
    dress_.put_on(begin_of(run), size, bytes_of(run));
    return {begin_of(run), zero_from};
}

bool Runs::locate(Chunk* chunk, const void* object, Run* run) {
    *run = {static_cast<RunChunk*>(chunk), granule_of(object)};
    return reinterpret_cast<uintptr_t>(object) % kGranuleBytes == 0 &&
           has_bit(run->chunk->begins, run->first) && record_of(*run).state == RunState::live;
}

Runs::Resize Runs::resize(Run run, size_t new_size) {
    RunChunk* chunk = run.chunk;
    uint32_t list = list_of(chunk);
    uint32_t granules = granules_for(new_size);
    uint32_t end = end_of(run);
    uint32_t new_end = run.first + granules;
    size_t old_size = size_of(run);
    if (new_end > end) {
        Run behind{chunk, end};
        if (end == kGranules || record_of(behind).state != RunState::free) {
            return Resize::no_room;
        }
        uint32_t behind_end = end_of(behind);
        if (behind_end < new_end) return Resize::no_room;
        if (dress_.debug() && !inspect_freed(chunk, end, new_end)) return Resize::damaged;
        remove_free(behind);
        if (new_end < behind_end) add_free(chunk, new_end, behind_end);
        touch(chunk, end, new_end);
        clear_bits(chunk->freed, end, new_end);
    }
    note_live(run, granules, new_size);
    dress_.alter(begin_of(run), old_size, new_size, bytes_of(run));
    if (new_end < end) {
        unsigned char* tail = granule_at(chunk, new_end);
        size_t bytes = size_t{end - new_end} * kGranuleBytes;
        if (dress_.debug()) {
            MarkedAccess access(tail, bytes, dress_.instrumented());
            std::memset(tail, kFreedFill, bytes);
        }
        if (dress_.instrumented()) mark_no_access(tail, bytes);
        join_free(chunk, new_end, end);
    }
    move_from(list, chunk);
    return Resize::done;
}

void Runs::release(Run run) {
    RunChunk* chunk = run.chunk;
    uint32_t list = list_of(chunk);
    dress_.take_off(begin_of(run), bytes_of(run));
    clear_bit(chunk->begins, run.first);
    set_bit(chunk->freed, run.first);
    chunk->live -= 1;
    join_free(chunk, run.first, end_of(run));
    move_from(list, chunk);
}

Runs::Located Runs::classify(Chunk* chunk, const void* address) {
    auto* runs = static_cast<RunChunk*>(chunk);
    uint32_t granule = granule_of(address);
    if (granule < kHeadGranules) return {Finding::free, {runs, kHeadGranules}};
    bool at_granule = reinterpret_cast<uintptr_t>(address) % kGranuleBytes == 0;
    Run run{runs, last_bit(runs->begins, granule)};
    if (record_of(run).state == RunState::live) {
        bool begins = at_granule && run.first == granule;
        return {begins ? Finding::live : Finding::interior, run};
    }
    bool once = at_granule && has_bit(runs->freed, granule);
    return {once ? Finding::freed : Finding::free, run};
}

void Runs::reset() {
    for (uint32_t list = 0; list <= kFull; list++) {
        while (lists_[list] != nullptr) {
            RunChunk* chunk = lists_[list];
            for (Run run{chunk, kHeadGranules}; run.first < kGranules; run.first = end_of(run)) {
                if (record_of(run).state != RunState::live) continue;
                (void)inspect(run);
                dress_.take_off(begin_of(run), bytes_of(run));
                set_bit(chunk->freed, run.first);
            }
            std::memset(chunk->begins, 0, sizeof(chunk->begins));
            chunk->filled_bins = 0;
            chunk->live = 0;
            add_free(chunk, kHeadGranules, kGranules);
            unlink(list, chunk);
            link(kEmpty, chunk);
        }
    }
    empty_chunks_allowed_ = empty_chunks_ > 1 ? empty_chunks_ : 1;
}

// ------------------------------------------------------------------------------------ debug mode

bool Runs::inspect(Run run) {
    const unsigned char* object = begin_of(run);
    size_t size = size_of(run);
    if (dress_.guard_intact(object, size, bytes_of(run))) return true;
    reporter_.report(MORPH_REPORT_GUARD_OVERWRITTEN, object, size, 0,
                     "general: bytes behind %p were written (%zu bytes)",
                     static_cast<const void*>(object), size);
    errors_.fail(MORPH_ERROR_CORRUPTION, "RUN-GUARD: bytes behind %p were written",
                 static_cast<const void*>(object));
    return false;
}

// Free memory that is to be handed out. Once reported it is filled anew: the damage is told once.
bool Runs::inspect_freed(RunChunk* chunk, uint32_t begin, uint32_t end) {
    uint32_t fresh = chunk->untouched < begin ? begin : chunk->untouched;
    if (fresh > end) fresh = end;
    struct Part {
        uint32_t begin, end;
        unsigned char fill;
    };
    const Part parts[] = {{begin, fresh, kFreedFill}, {fresh, end, 0}};
    for (const Part& part : parts) {
        size_t bytes = size_t{part.end - part.begin} * kGranuleBytes;
        if (bytes == 0) continue;
        unsigned char* memory = granule_at(chunk, part.begin);
        unsigned char* memory_end = memory + bytes;
        {
            MarkedAccess access(memory, bytes, dress_.instrumented());
            if (all_bytes(memory, bytes, part.fill)) continue;
            while (*memory == part.fill) memory++;
            std::memset(memory, part.fill, static_cast<size_t>(memory_end - memory));
        }
        const void* where = memory;
        reporter_.report(MORPH_REPORT_WRITE_AFTER_FREE, where, 0, 0,
                         "general: %p was written after it was freed", where);
        errors_.fail(MORPH_ERROR_CORRUPTION, "RUN-FREED: %p was written after it was freed", where);
        return false;
    }
    return true;
}

}  // namespace morph
