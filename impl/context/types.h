// TypeTable: the types of one context, and what was counted of each.
//
//   records_ -> | type 0 "none" | type 1 | type 2 | ... | spare |     in metadata memory
//
// The table doubles: a new mapping is filled before the old one goes, so a refused growth leaves
// everything as it was.
//
// Invariants (checked by TypeTable::check):
//   TYPES-ROOM    1 <= count() <= capacity, count() <= MORPH_MAX_TYPES; inline_count() is that or 0
//   TYPES-NAME    every name is terminated and not empty
//   TYPES-LIMIT   pool_sizes is 0 for types placed in the arena, MORPH_POOL_MAX_SIZE + 1 for others
//   TYPES-COUNT   of no type was more freed than allocated
#pragma once

#include "chunk/error.h"
#include "chunk/source.h"

#include "morph/mem.h"

namespace morph {

// Counters grow for ever; 64 bits last for centuries of allocations.
struct Counters {
    uint64_t allocations;
    uint64_t bytes_allocated;
    uint64_t frees;
    uint64_t bytes_freed;

    void add_allocation(uint64_t bytes) {
        allocations += 1;
        bytes_allocated += bytes;
    }
    void add_free(uint64_t bytes) {
        frees += 1;
        bytes_freed += bytes;
    }
    void add_resize(uint64_t old_bytes, uint64_t new_bytes) {
        if (new_bytes > old_bytes) bytes_allocated += new_bytes - old_bytes;
        if (new_bytes < old_bytes) bytes_freed += old_bytes - new_bytes;
    }
    void free_all() {
        frees = allocations;
        bytes_freed = bytes_allocated;
    }
    [[nodiscard]] MorphMemCounts counts() const {
        return {allocations,         frees,
                bytes_allocated,     bytes_freed,
                allocations - frees, bytes_allocated - bytes_freed};
    }
};

// Two cache lines: the first is all that allocating touches.
struct alignas(64) TypeRecord {
    uint64_t pool_sizes;  // sizes below this may go to a pool by default
    Counters counters;
    MorphMemPlacement placement;
    // Scratch of one walk over the pools (Context::tally_pool).
    uint64_t tally_objects;
    uint64_t tally_bytes;
    char name[64];
};
static_assert(sizeof(TypeRecord) == 128);

class TypeTable {
 public:
    TypeTable(Source& source, ErrorState& errors, bool serves_inline)
        : serves_inline_(serves_inline), source_(source), errors_(errors) {}
    TypeTable(const TypeTable&) = delete;
    TypeTable& operator=(const TypeTable&) = delete;
    ~TypeTable();

    // Maps the first page and registers MORPH_TYPE_NONE. Once, before anything else.
    MorphCode open();

    // The new id, or MORPH_TYPE_INVALID with the reason in errors. name may be nullptr.
    uint32_t add(const char* name, MorphMemPlacement placement);

    [[nodiscard]] uint32_t count() const { return count_; }
    // What the inline path of allocating may look up: count(), or constantly none, so that it reads
    // nothing that changes (debug mode, chunk/single_use.h).
    [[nodiscard]] uint32_t inline_count() const { return inline_count_; }
    [[nodiscard]] TypeRecord& operator[](uint32_t type) { return records_[type]; }
    [[nodiscard]] const TypeRecord& operator[](uint32_t type) const { return records_[type]; }

    // nullptr, or the id of the first broken invariant.
    [[nodiscard]] const char* check() const;

 private:
    friend struct ContextPeek;  // tests break things with it

    MorphCode grow();

    TypeRecord* records_ = nullptr;
    uint32_t inline_count_ = 0;
    uint32_t count_ = 0;
    uint32_t capacity_ = 0;
    const bool serves_inline_;
    Source& source_;
    ErrorState& errors_;
};

}  // namespace morph
