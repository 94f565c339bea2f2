// Runs::check: every invariant of runs.h. Trusts nothing it has not checked, so that broken runs
// give an id and not a crash, as far as heads are readable.
#include "general/runs.h"

namespace morph {

class RunsCheck {
 public:
    explicit RunsCheck(const Runs& runs) : runs_(runs) {}

    const char* run() {
        size_t bytes = 0;
        size_t empty = 0;
        for (uint32_t list = 0; list < Runs::kLists; list++) {
            const Chunk* previous = nullptr;
            bool said = list >= kRunBins || (runs_.lists_filled_ >> list & 1) != 0;
            bool filled = runs_.lists_[list] != nullptr;
            if (list < kRunBins && said != filled) return "RUN-CHUNKS";
            for (RunChunk* chunk = runs_.lists_[list]; chunk != nullptr;
                 chunk = static_cast<RunChunk*>(chunk->next)) {
                bool ours = chunk->kind == ChunkKind::general_runs && chunk->owner == &runs_ &&
                            chunk->previous == previous && runs_.source_.find(chunk) == chunk;
                if (!ours) return "RUN-CHUNKS";
                if (const char* broken = check_chunk(chunk)) return broken;
                if (Runs::list_of(chunk) != list) return "RUN-CHUNKS";
                previous = chunk;
                bytes += chunk->bytes;
                empty += list == Runs::kEmpty ? 1u : 0u;
            }
        }
        bool counted = bytes == runs_.source_.bytes_of(ChunkKind::general_runs) &&
                       empty == runs_.empty_chunks_ && empty <= runs_.empty_chunks_allowed_;
        return counted ? nullptr : "RUN-CHUNKS";
    }

 private:
    const char* check_chunk(RunChunk* chunk) const {
        if (const char* broken = check_tiles(chunk)) return broken;
        if (const char* broken = check_bins(chunk)) return broken;
        for (Run run{chunk, kHeadGranules}; run.first < kGranules; run.first = end_of(run)) {
            const char* broken =
                record_of(run).state == RunState::live ? check_live(run) : check_freed(run);
            if (broken != nullptr) return broken;
        }
        return nullptr;
    }

    // Lengths, bits, and what the last granules say.
    static const char* check_tiles(RunChunk* chunk) {
        if (chunk->untouched < kHeadGranules || chunk->untouched > kGranules) return "RUN-TILES";
        uint32_t live = 0;
        uint32_t begins = 0;
        bool after_free = false;
        Run run{chunk, kHeadGranules};
        while (run.first < kGranules) {
            const Granule& first = record_of(run);
            if (first.length == 0 || first.length > kGranules - run.first) return "RUN-TILES";
            if (!has_bit(chunk->begins, run.first)) return "RUN-TILES";
            bool is_free = first.state == RunState::free;
            const Granule& last = chunk->granules[end_of(run) - 1];
            if (last.ends_free != is_free) return "RUN-TILES";
            if (is_free && last.length != first.length) return "RUN-TILES";
            if (is_free && after_free) return "RUN-JOINED";
            if (!is_free && end_of(run) > chunk->untouched) return "RUN-TILES";
            if (!is_free) live += 1;
            after_free = is_free;
            begins += 1;
            run.first = end_of(run);
        }
        uint32_t bits = 0;
        for (uint64_t word : chunk->begins) bits += static_cast<uint32_t>(std::popcount(word));
        return begins == bits && live == chunk->live ? nullptr : "RUN-TILES";
    }

    static const char* check_bins(RunChunk* chunk) {
        uint32_t free_runs = 0;
        for (Run run{chunk, kHeadGranules}; run.first < kGranules; run.first = end_of(run)) {
            free_runs += record_of(run).state == RunState::free ? 1u : 0u;
        }
        for (uint32_t bin = 0; bin < kRunBins; bin++) {
            if ((chunk->filled_bins >> bin & 1) == 0) continue;
            uint32_t previous = 0;
            uint32_t granule = chunk->first_free[bin];
            if (granule == 0) return "RUN-BINS";
            while (granule != 0) {
                if (granule >= kGranules || !has_bit(chunk->begins, granule)) return "RUN-BINS";
                const Granule& first = chunk->granules[granule];
                bool here = first.state == RunState::free && bin_of(first.length) == bin &&
                            first.previous == previous && free_runs > 0;
                if (!here) return "RUN-BINS";
                free_runs -= 1;
                previous = granule;
                granule = first.next;
            }
        }
        bool others = kRunBins < 64 && chunk->filled_bins >> (kRunBins & 63) != 0;
        return free_runs == 0 && !others ? nullptr : "RUN-BINS";
    }

    const char* check_live(Run run) const {
        if (record_of(run).slack > bytes_of(run)) return "RUN-SIZE";
        size_t size = size_of(run);
        if (runs_.granules_for(size) != record_of(run).length) return "RUN-SIZE";
        if (has_bit(run.chunk->freed, run.first)) return "RUN-TILES";
        bool intact = runs_.dress_.guard_intact(begin_of(run), size, bytes_of(run));
        return intact ? nullptr : "RUN-GUARD";
    }

    const char* check_freed(Run run) const {
        if (!runs_.dress_.debug()) return nullptr;
        uint32_t touched = run.chunk->untouched;
        if (touched < run.first) touched = run.first;
        if (touched > end_of(run)) touched = end_of(run);
        bool intact = holds(run.chunk, run.first, touched, kFreedFill) &&
                      holds(run.chunk, touched, end_of(run), 0);
        return intact ? nullptr : "RUN-FREED";
    }

    bool holds(RunChunk* chunk, uint32_t begin, uint32_t end, unsigned char fill) const {
        size_t bytes = size_t{end - begin} * kGranuleBytes;
        if (bytes == 0) return true;
        MarkedAccess access(granule_at(chunk, begin), bytes, runs_.dress_.instrumented());
        return all_bytes(granule_at(chunk, begin), bytes, fill);
    }

    const Runs& runs_;
};

const char* Runs::check() const {
    return RunsCheck(*this).run();
}

}  // namespace morph
