// RuntimeContext: one program's memory, RUNTIME mode: a heap (the generational one, or V1), and
// what a context adds to it.
//
//   home pages, a mapping of their own            all else: the heap's Source
//   +-----------------------------------+         +---------+-----+-------+----------+
//   | heap * | errors | path | H = bytes |------->| nursery | old | large | metadata |
//   +-----------------------------------+         +---------+-----+-------+----------+
//
// Bound and balance are exact although there are two accounts. The home's H bytes are asked of the
// request hook before anything else and returned after everything else; in between they do not
// change. The heap gets bytes_max - H as its own bound and the same hooks, so
//   granted - returned == H + the heap's bytes_mapped      at every moment, the peak likewise
//   bytes_mapped <= bytes_max                              whenever the heap keeps its own bound
//
// Failures: calls that the heap refuses are noted there, those that the context refuses here. Each
// note here remembers how many there were there, so the last of both is known.
//
// Invariant (checked by RuntimeContext::verify, after the heap's own):
//   RUNTIME-BOUND  the bytes mapped are not above bytes_max, when that is not 0
#pragma once

#include <new>

#include "chunk/error.h"
#include "chunk/report.h"
#include "chunk/source.h"
#include "context/config.h"
#include "context/home.h"

#include "morph/mem.h"

namespace morph {

class RuntimeContext : public MorphMemContext {
 public:
    RuntimeContext(const MorphMemConfig& config, const Environment& environment, size_t home_bytes);
    RuntimeContext(const RuntimeContext&) = delete;
    RuntimeContext& operator=(const RuntimeContext&) = delete;
    ~RuntimeContext() = default;

    // config is valid (validate_config). nullptr: refused, and errors tells why.
    static RuntimeContext* create(const MorphMemConfig& config, const Environment& environment,
                                  ErrorState& errors);
    static MorphCode destroy(RuntimeContext* context);

    [[nodiscard]] void* allocate(size_t size, uint32_t type) {
        return morph_heap_alloc(heap, size, type);
    }
    [[nodiscard]] void* allocate_with(size_t size, size_t alignment, uint32_t type,
                                      MorphMemPlacement placement, bool zeroed);
    MorphCode free(const void* object);
    [[nodiscard]] void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type);
    void reset();

    [[nodiscard]] uint32_t register_type(const MorphMemTypeInfo& info);
    [[nodiscard]] MorphAddressInfo query(const void* address) const {
        return morph_heap_query(heap, address);
    }
    void walk(MorphObjectVisitor visit, void* user) const { morph_heap_walk(heap, visit, user); }
    [[nodiscard]] MorphCode verify();

    [[nodiscard]] MorphMemStats stats() const;
    [[nodiscard]] MorphMemTypeStats type_stats(uint32_t type) const;
    [[nodiscard]] uint32_t types() const;
    // As morph_heap_timeline; nothing without metrics.
    [[nodiscard]] size_t timeline(MorphTimelineSample* samples, size_t count) const;

    [[nodiscard]] MorphError last_error() const;
    [[nodiscard]] const Reporter& reporter() const { return reporter_; }

    // Notes a failure of a call: code and text (printf's format), and counts it.
    MorphCode fail(MorphCode code, const char* format, ...) __attribute__((format(printf, 3, 4)));

 protected:
    // Its: this class, or one that is made of it.
    template <typename Its>
    [[nodiscard]] static Its* create_as(const MorphMemConfig& config,
                                        const Environment& environment, ErrorState& errors) {
        constexpr size_t kHomeBytes = (sizeof(Its) + kPageBytes - 1) & ~(kPageBytes - 1);
        static_assert(kHomeBytes <= kRuntimeOverheadBytes);  // what mem.h says a bound leaves
        void* home = map_context_home(config.memory, kHomeBytes, errors);
        if (home == nullptr) return nullptr;
        auto* context = new (home) Its(config, environment, kHomeBytes);
        if (context->open_heap(config, errors) == MORPH_OK) return context;
        dismantle(context);
        return nullptr;
    }
    // Notes and reports that a reallocation was given another size than the object's.
    MorphCode refuse_old_size(const void* object, size_t old_size, size_t own_size, uint32_t type);
    // What validation finds first, in COMPILER mode as well: type, then size.
    [[nodiscard]] MorphCode check_new_size(size_t new_size, uint32_t type);
    // Notes in whose name a placement is wrong; MORPH_OK when it is none of that.
    [[nodiscard]] MorphCode check_placement(MorphMemPlacement placement, bool matters);
    [[nodiscard]] bool debug() const { return debug_; }
    [[nodiscard]] bool metrics() const { return metrics_; }
    [[nodiscard]] bool reports_leaks() const { return reports_leaks_; }

 private:
    friend struct RuntimePeek;  // tests break things with it

    [[nodiscard]] MorphCode open_heap(const MorphMemConfig& config, ErrorState& errors);
    [[nodiscard]] MorphHeap* make_v1(const MorphMemConfig& config, const MorphMemoryLimits& memory,
                                     ErrorState& errors) const;
    static void dismantle(RuntimeContext* context);
    [[nodiscard]] MorphCode check_object(const void* object, size_t old_size, uint32_t type);

    ErrorState errors_;
    Reporter reporter_;  // once there is a heap: the heap's, with its word (chunk/single_use.h)
    MorphMemoryLimits limits_;
    const size_t home_bytes_;  // whole pages
    const bool metrics_;       // whether counts are shown
    const bool debug_;
    const bool reports_leaks_;
    uint64_t failures_ = 0;       // noted here, ever
    uint64_t heap_failures_ = 0;  // noted by the heap when errors_ was written last
    uint64_t resets_ = 0;
    char stats_path_[kStatsPathBytesMax];  // "": no statistics at destroy
};

inline RuntimeContext* runtime_of(MorphMemContext* context) {
    return static_cast<RuntimeContext*>(context);
}

}  // namespace morph
