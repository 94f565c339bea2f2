// Runs: objects above a pool's size and up to a quarter of a chunk, in runs of granules.
//
// A request takes from the chunk whose longest free run is the shortest that serves, and there the
// shortest run that serves (both by bin); what it does not need stays free. So chunks that are
// nearly full are filled, and others can become empty. A run that is freed is joined with its free
// neighbours. All of it is a few bit operations, whatever the number of runs and chunks: but for
// clearing `freed` bits, a word for each 64 granules.
//
// Objects grow in place into the free run behind them, and shrink in place: the tail is free.
//
// Invariants (checked by Runs::check, cited by tests):
//   RUN-TILES    runs tile each chunk behind its head: each begins where the one before ends
//   RUN-JOINED   no two neighbours are free
//   RUN-BINS     a chunk's bins hold each of its free runs once, by length, and filled_bins agrees
//   RUN-CHUNKS   a chunk is in the list of its longest run's bin, in the full or the empty one;
//                no more are empty than one, but for those that a reset emptied
//   RUN-SIZE     a live run is as long as its object needs, guard included, and no longer
//   RUN-GUARD    debug mode: bytes behind live objects are as they were filled
//   RUN-FREED    debug mode: bytes of free runs are as they were filled; untouched ones are zero
#pragma once

#include "chunk/error.h"
#include "chunk/report.h"
#include "general/dress.h"
#include "general/layout.h"

namespace morph {

class Runs {
 public:
    // All outlive it. Maps nothing.
    Runs(Source& source, ErrorState& errors, const Reporter& reporter, const Dress& dress);
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;
    ~Runs();  // returns every chunk

    // Whether a chunk can hold it. Nothing wraps.
    [[nodiscard]] static constexpr bool fits(size_t size, size_t alignment) {
        return size <= kRunBytesMax - kGuardBytes && alignment <= kRunBytesMax;
    }

    struct Place {
        unsigned char* object;     // nullptr: refused, and errors tells why
        unsigned char* zero_from;  // from here on it is zero already; not in debug mode
    };
    // It must fit; alignment is a power of two.
    [[nodiscard]] Place allocate(size_t size, size_t alignment);

    // The live run that begins at object. chunk is one of ours and covers it.
    [[nodiscard]] static bool locate(Chunk* chunk, const void* object, Run* run);
    // Whether its guard is intact (debug mode); if not, that is noted and reported.
    [[nodiscard]] bool inspect(Run run);
    // Both after inspect. Unless resized, nothing has changed; damaged is noted and reported.
    enum class Resize : uint8_t { done, no_room, damaged };
    [[nodiscard]] Resize resize(Run run, size_t new_size);
    void release(Run run);

    enum class Finding : uint8_t { live, interior, freed, free };
    struct Located {
        Finding finding;
        Run run;  // that covers the address; not for the chunk's head
    };
    [[nodiscard]] static Located classify(Chunk* chunk, const void* address);

    void reset();  // keeps every chunk
    [[nodiscard]] size_t empty_chunks() const { return empty_chunks_; }
    bool return_empty_chunk();

    // Calls visit(run) for every live run, until it returns false.
    template <typename Visit>
    bool walk(Visit visit) const {
        for (RunChunk* chunk : lists_) {
            for (; chunk != nullptr; chunk = static_cast<RunChunk*>(chunk->next)) {
                for (Run run{chunk, kHeadGranules}; run.first < kGranules;
                     run.first = end_of(run)) {
                    if (record_of(run).state == RunState::live && !visit(run)) return false;
                }
            }
        }
        return true;
    }

    // nullptr, or the id of the first broken invariant.
    [[nodiscard]] const char* check() const;

 private:
    friend struct RunsPeek;  // tests break things with it
    friend class RunsCheck;  // runs_check.cpp

    // Lists of chunks: by the bin of the longest free run; then without any; then empty ones.
    static constexpr uint32_t kFull = kRunBins;
    static constexpr uint32_t kEmpty = kRunBins + 1;
    static constexpr uint32_t kLists = kRunBins + 2;
    static constexpr uint32_t kTries = 4;  // where only some may be long enough

    [[nodiscard]] uint32_t granules_for(size_t size) const {
        size_t bytes = (size == 0 ? 1 : size) + dress_.guard();
        return static_cast<uint32_t>((bytes + kGranuleBytes - 1) / kGranuleBytes);
    }
    [[nodiscard]] static uint32_t list_of(const RunChunk* chunk);
    void link(uint32_t list, RunChunk* chunk);
    void unlink(uint32_t list, RunChunk* chunk);
    void move_from(uint32_t list, RunChunk* chunk);
    [[nodiscard]] static uint32_t find_run(const RunChunk* chunk, uint32_t granules);
    [[nodiscard]] Run choose(uint32_t granules);
    RunChunk* take_chunk();

    static void add_free(RunChunk* chunk, uint32_t begin, uint32_t end);
    static void remove_free(Run run);
    static void join_free(RunChunk* chunk, uint32_t begin, uint32_t end);
    void touch(RunChunk* chunk, uint32_t begin, uint32_t end);
    static void note_live(Run run, uint32_t granules, size_t size);
    [[nodiscard]] bool inspect_freed(RunChunk* chunk, uint32_t begin, uint32_t end);

    Source& source_;
    ErrorState& errors_;
    const Reporter& reporter_;
    const Dress& dress_;
    uint64_t lists_filled_ = 0;  // bit b: there is a chunk in list b, for bins
    RunChunk* lists_[kLists] = {};
    size_t empty_chunks_ = 0;
    size_t empty_chunks_allowed_ = 1;
};

}  // namespace morph
