// Context: one runtime's memory, COMPILER mode.
//
//   home pages (metadata of its own Source)          chunks of the same Source
//   +------------------------------------------+     +------+ +------+     +-------+
//   | types | Pool | Arena | Totals | Source   |---->| pool | | pool | ... | arena | ...
//   +------------------------------------------+     +------+ +------+     +-------+
//        |
//        +-> type records: limits, counters, names
//
// One Source serves all three rooms, so the bound is exact and a pointer's chunk tells its room.
// Pool and arena take their first chunk with their first object.
//
// Counting: each allocation adds to its type's counters and to bytes_live; what went to the arena
// is counted apart, and the pools' part is the difference. The peak is taken when bytes_live is
// about to fall, and when somebody asks: allocating need not look at it. Counting is not switched
// off without metrics: three additions cost less than asking whether to do them (docs/context.md).
//
// Invariants (checked by Context::verify together with those of its rooms):
//   CONTEXT-COUNT  bytes_live is the sum over types of allocated minus freed bytes; the arena's
//                  counters do not exceed the sums over types
//   CONTEXT-POOL   objects and bytes found in the pools are what was counted for them, type by
//                  type not more than what is live
#pragma once

#include "arena/arena.h"
#include "chunk/error.h"
#include "chunk/report.h"
#include "chunk/single_use.h"
#include "chunk/source.h"
#include "context/config.h"
#include "context/types.h"
#include "pool/pool.h"

#include "morph/mem.h"

namespace morph {

// What is counted for the context as a whole.
struct Totals {
    uint64_t bytes_live = 0;
    uint64_t bytes_live_peak = 0;  // up to the last fall of bytes_live, see peak()
    Counters arena = {};
    uint64_t resizes = 0;
    uint64_t resets = 0;
    uint64_t failures = 0;

    [[nodiscard]] uint64_t peak() const {
        return bytes_live > bytes_live_peak ? bytes_live : bytes_live_peak;
    }
};

class Context : public MorphMemContext {
 public:
    // home_bytes: of the mapping it is constructed in.
    Context(const MorphMemConfig& config, const Environment& environment, size_t home_bytes);
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() = default;

    // config is valid (validate_config). nullptr: refused, and errors tells why. Balanced by
    // destroy.
    static Context* create(const MorphMemConfig& config, const Environment& environment,
                           ErrorState& errors);
    static MorphCode destroy(Context* context);

    [[nodiscard]] void* allocate(size_t size, uint32_t type);
    [[nodiscard]] void* allocate_with(size_t size, size_t alignment, uint32_t type,
                                      MorphMemPlacement placement, bool zeroed);
    MorphCode free(void* object);
    [[nodiscard]] void* reallocate(void* object, size_t old_size, size_t new_size, uint32_t type);
    void reset();

    [[nodiscard]] uint32_t register_type(const MorphMemTypeInfo& info);
    [[nodiscard]] MorphAddressInfo query(const void* address) const;
    void walk(MorphObjectVisitor visit, void* user) const { pool_.walk(visit, user); }
    [[nodiscard]] MorphCode verify();

    [[nodiscard]] MorphMemStats stats() const;
    [[nodiscard]] MorphMemTypeStats type_stats(uint32_t type) const;
    [[nodiscard]] uint32_t types() const { return types_.count(); }

    [[nodiscard]] const MorphError& last_error() const { return errors_.last; }
    [[nodiscard]] const Reporter& reporter() const { return reporter_; }

    // Notes a failure of a call: code and text (printf's format), and counts it.
    MorphCode fail(MorphCode code, const char* format, ...) __attribute__((format(printf, 3, 4)));

 private:
    friend struct ContextPeek;  // tests break things with it

    // A room has noted the error already.
    MorphCode count_failure() {
        totals_.failures += 1;
        return errors_.last.code;
    }
    void* count_null() {
        totals_.failures += 1;
        return nullptr;
    }

    [[nodiscard]] void* allocate_slow(size_t size, uint32_t type);
    MorphCode choose_room(size_t size, size_t alignment, uint32_t type, MorphMemPlacement placement,
                          MorphRoom* room);
    MorphCode open(size_t expected_bytes);
    static void dismantle(Context* context);
    [[nodiscard]] void* take(MorphRoom room, size_t size, size_t alignment, uint32_t type,
                             bool zeroed);
    [[nodiscard]] void* keep_in_pool(void* object, size_t new_size);
    [[nodiscard]] void* move_from_pool(void* object, size_t old_size, size_t new_size,
                                       uint32_t type);
    [[nodiscard]] void* copy_from_arena(const Chunk* chunk, const void* object, size_t old_size,
                                        size_t new_size, uint32_t type);
    MorphCode free_slow(void* object);
    MorphCode free_any(void* object);

    void count_allocation(MorphRoom room, size_t size, uint32_t type);
    void count_free(size_t size, uint32_t type) {
        totals_.bytes_live_peak = totals_.peak();
        types_[type].counters.add_free(size);
        totals_.bytes_live -= size;
    }
    void count_resize(size_t old_size, size_t new_size, uint32_t type);
    [[nodiscard]] Counters sum_of_types() const;
    [[nodiscard]] MorphMemStats counted() const;
    [[nodiscard]] const char* check_counts();
    MorphMemCounts tally_pool();
    void report_leaks();

    // What is used by others is constructed before them and destroyed after them.
    SingleUse use_;
    Source source_;
    ErrorState errors_;
    const bool debug_;
    const Reporter reporter_;
    const bool metrics_;  // whether counts are shown; see Counting above
    Totals totals_;
    TypeTable types_;
    Pool pool_;
    Arena arena_;
    const MorphMemoryLimits limits_;
    const size_t home_bytes_;
    const bool report_leaks_;
    char stats_path_[kStatsPathBytesMax];  // "": no statistics at destroy
};

inline Context* context_of(MorphMemContext* context) {
    return static_cast<Context*>(context);
}

}  // namespace morph
