// General: the allocator behind morph/general.h.
//
//   request                   room       where                      costs beside the object
//   0 .. 1024                 Pool       slot of a size class       a tag, slack to the class
//   .. a quarter of a chunk   Runs       granules of 256 bytes      8 bytes for each, slack
//   more                      Mappings   a mapping of its own       64 bytes, slack to a page
//
// All three take from one Source, so the bound is exact, and an address is known by its chunk: it
// is looked up in the Source's table, and only what is found there is read.
//
// Sizes are rounded up to 16 from 9 bytes on before a pool's class is chosen, so that every object
// but the smallest is aligned to 16.
//
// Shrinking never fails: where a smaller place is not to be had, the object stays where it is.
// What one room keeps idle does not stand in another one's way: before a refusal is final, and
// whenever something was mapped, empty chunks go back.
//
// Invariants (checked by General::verify together with those of its rooms):
//   GENERAL-COUNT  objects and bytes found in the rooms are those that were counted
#pragma once

#include "chunk/error.h"
#include "chunk/report.h"
#include "chunk/single_use.h"
#include "chunk/source.h"
#include "general/dress.h"
#include "general/mappings.h"
#include "general/runs.h"
#include "pool/pool.h"

#include "morph/general.h"

struct MorphGeneral {};

namespace morph {

// What was counted. large: objects above MORPH_POOL_MAX_SIZE. Live bytes are kept as their distance
// from the peak, so that allocating is what finds a new one, by a sign.
struct GeneralCounts {
    uint64_t allocations = 0;
    uint64_t frees = 0;
    uint64_t bytes_allocated = 0;
    uint64_t peak = 0;
    int64_t below_peak = 0;  // never negative between calls
    uint64_t resizes = 0;
    uint64_t resets = 0;
    uint64_t failures = 0;
    uint64_t large_live = 0;

    [[nodiscard]] uint64_t bytes_live() const { return peak - static_cast<uint64_t>(below_peak); }
    [[nodiscard]] uint64_t bytes_freed() const { return bytes_allocated - bytes_live(); }
    void add_bytes(size_t size) {
        bytes_allocated += size;
        below_peak -= static_cast<int64_t>(size);
        if (below_peak >= 0) return;
        peak += static_cast<uint64_t>(-below_peak);
        below_peak = 0;
    }
    void take_bytes(size_t size) { below_peak += static_cast<int64_t>(size); }
    void add_allocation(size_t size) {
        allocations += 1;
        add_bytes(size);
    }
    void add_free(size_t size) {
        frees += 1;
        take_bytes(size);
    }
    void free_all() {
        frees = allocations;
        below_peak = static_cast<int64_t>(peak);
        large_live = 0;
    }
};

class General : public MorphGeneral {
 public:
    General(const MorphGeneralConfig& config, size_t home_bytes);
    General(const General&) = delete;
    General& operator=(const General&) = delete;
    ~General();

    [[nodiscard]] void* allocate(size_t size);
    [[nodiscard]] void* allocate_zeroed(size_t size);
    [[nodiscard]] void* allocate_aligned(size_t size, size_t alignment);
    [[nodiscard]] void* reallocate(void* object, size_t new_size);
    MorphCode release(void* object);
    [[nodiscard]] size_t size_of(const void* object) const;
    void reset();

    [[nodiscard]] MorphAddressInfo query(const void* address) const;
    [[nodiscard]] MorphGeneralStats stats() const;
    [[nodiscard]] MorphCode verify();
    void report_leaks() const;

    [[nodiscard]] const MorphError& last_error() const { return errors_.last; }
    [[nodiscard]] const MorphMemoryLimits& limits() const { return limits_; }
    [[nodiscard]] bool reports_leaks() const { return report_leaks_; }
    [[nodiscard]] const Reporter& reporter() const { return reporter_; }

 private:
    friend struct GeneralPeek;  // tests break things with it

    // A live object, wherever it is.
    struct Found {
        ChunkKind kind;
        Slot slot;           // pool
        Run run;             // general_runs
        MappedChunk* large;  // general_large
        size_t size;
        size_t room;  // bytes that are the object's, slack and guard included
    };

    struct Placed {
        void* object;
        unsigned char* zero_from;
    };
    [[nodiscard]] void* allocate_slow(size_t size);
    [[nodiscard]] Placed place(size_t size, size_t alignment, size_t spare);
    [[nodiscard]] void* allocate_checked(size_t size, size_t alignment, bool zeroed);
    void* note(void* object, size_t size);
    void* count_null();
    MorphCode count_failure();
    void count_free(size_t size);
    void count_resize(size_t old_size, size_t new_size);

    [[nodiscard]] bool locate(const void* object, Slot* slot) const;
    [[nodiscard]] bool find(void* object, Found* found);
    void refuse(Chunk* chunk, const void* object);
    [[nodiscard]] MorphCode release_slow(void* object);
    MorphCode release_any(void* object);
    void discard(const Found& found, void* object);

    [[nodiscard]] void* reallocate_slow(void* object, size_t new_size);
    [[nodiscard]] void* reallocate_any(void* object, size_t new_size);
    [[nodiscard]] bool should_move(const Found& found, size_t new_size) const;
    [[nodiscard]] Runs::Resize resize(const Found& found, size_t new_size);
    [[nodiscard]] void* move(void* object, const Found& found, size_t new_size);

    void give_back_surplus(size_t mapped_before);
    bool relieve();
    template <typename Visit>
    void walk(Visit visit) const;
    [[nodiscard]] const char* check_counts() const;

    SingleUse use_;
    Source source_;
    ErrorState errors_;
    const Reporter reporter_;
    const Dress dress_;
    GeneralCounts counts_;
    Pool pool_;
    Runs runs_;
    Mappings mappings_;
    const MorphMemoryLimits limits_;
    const bool report_leaks_;
};

constexpr size_t own_alignment(size_t size) {
    return size > 8 ? MORPH_GENERAL_ALIGNMENT : MORPH_DEFAULT_ALIGNMENT;
}

// Sizes above 8 go by their multiple of 16. size <= MORPH_POOL_MAX_SIZE.
constexpr size_t pool_step(size_t size) {
    return size > 8 ? (size + 15) & ~size_t{15} : size;
}

// call(the allocator), in a turn of its own (chunk/single_use.h). The hot calls take theirs where
// they leave the inline path, which in debug mode they always do, having read constants only.
template <typename Call>
auto with_general(const MorphGeneral* general, const char* name, Call call) {
    auto& its = *static_cast<General*>(const_cast<MorphGeneral*>(general));
    return in_turn(its.reporter(), general, name, [&] { return call(its); });
}

}  // namespace morph
