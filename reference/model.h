// Model: the rules of one arena, pool or context, as the public headers document them.
//
// Objects lie in malloc memory, each for itself; what is live, how large, of which type and in
// which scope is kept in plain containers. The suite runs a subject and the Model side by side and
// compares; the C interface of the reference (arena.cpp, pool.cpp, mem.cpp) is a thin layer on it
// (docs/reference.md has the picture).
//
//   subject returned something      run the same call on the Model, compare code and figures
//   a request was refused to it     note_failure(): the call is counted as failed, nothing else
//
// What a Model cannot know, because it depends on how memory is laid out, is zero in its figures:
// bytes mapped, reserved, padding, metadata, blocks, chunks, large objects, utilisation.
//
// Which error comes first when several things are wrong: type, placement, alignment, size;
// in a pool size, then type; in reallocate the object, then as for an allocation, then whether type
// and old size are the object's. Then memory.
//
// Invariants (checked by check()):
//   MODEL-LIVE     live()[i]->index == i, and addresses of live objects are disjoint
//   MODEL-COUNTS   total == pool + arena (but for baseline and general, which have neither) == sum
//   over types ==
//                  what counting live() gives
//   MODEL-SCOPES   no live object is in a deeper scope than is open; scope ids ascend
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reference/memory.h"

#include "morph/arena.h"
#include "morph/general.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace reference {

// The number in an enumeration that a C program may have filled with any number: to load such a one
// as the enumeration itself would be undefined.
template <typename Enumeration>
unsigned raw_number(const Enumeration& enumeration) {
    unsigned number = 0;
    static_assert(sizeof number == sizeof enumeration);
    std::memcpy(&number, &enumeration, sizeof number);
    return number;
}

// Debug mode: bytes behind each object that must not change.
inline constexpr size_t kGuardBytes = 8;

// baseline: a context in COMPILER mode on V1: one heap for all, in which placements are checked and
// have no effect; an object stays where it is only if its size stays the same.
// general: a general allocator: sizes alone decide, and where an object is kept is its own affair.
enum class Rules : uint8_t { arena, pool, context, baseline, general };

struct Settings {
    Rules rules = Rules::context;
    bool debug = false;           // guards behind objects: they take part in the size class
    bool metrics = true;          // context: false makes all counts and peaks zero
    bool find_by_address = true;  // false: find() finds nothing, and each call is cheaper
    MorphMemoryLimits limits = {};
};

struct Object {
    uint64_t id;             // counts up from 1, never used twice
    unsigned char* address;  // aligned to alignment; at least slot bytes are there
    size_t size;             // as requested
    size_t alignment;        // as requested, at least 8
    size_t slot;             // bytes it occupies: pool: its size class; else size rounded up to 8
    uint32_t type;
    MorphRoom room;   // pool or arena; baseline: old or large; general: pool or runs
    size_t scope;     // how many scopes were open when it was allocated
    size_t index;     // in live()
    size_t reserved;  // bytes that were taken from memory for it
};

// How a call ended: object is set when code is MORPH_OK and the call gives one.
struct Result {
    MorphCode code;
    Object* object;
};

// Bytes of the slot that a pool uses for such an object: 0 when no pool can hold it.
size_t pool_slot_bytes(size_t size, size_t alignment, bool debug);

// General: alignment of an object for which none was asked.
size_t own_alignment(size_t size);

class Model {
 public:
    explicit Model(const Settings& settings);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    ~Model();

    Result allocate(size_t size, uint32_t type = 0, bool zeroed = false,
                    size_t alignment = MORPH_DEFAULT_ALIGNMENT,
                    MorphMemPlacement placement = MORPH_PLACE_BY_SIZE);

    // The code with which the rules refuse such an allocation; MORPH_OK when memory alone decides.
    [[nodiscard]] MorphCode refusal(size_t size, uint32_t type) const;

    // A pool's object goes. An arena's (in a context) stays live until reset, and that is MORPH_OK.
    MorphCode free(Object& object);

    // Whether a reallocation must leave the object where it is.
    [[nodiscard]] bool stays(const Object& object, size_t new_size) const;
    // Gives the same Object when it stays; otherwise another one, and the old one is gone if it
    // was a pool's (an arena's stays live). Contents up to the lesser size are kept.
    Result reallocate(Object& object, size_t new_size);
    // General: what a subject was seen to do, whatever stays() says. It was resized where it is
    // (and yet another Object is given: the model's own bytes may move), or moved.
    Result stay_resized(Object& object, size_t new_size);
    Result move_resized(Object& object, size_t new_size);

    void reset();

    // A scope, by a number that is never used again; 0 when there was no memory for it.
    uint64_t mark();
    // MORPH_ERROR_SCOPE when scope is not open. Closes the scopes inside it as well.
    MorphCode release(uint64_t scope);
    [[nodiscard]] std::span<const uint64_t> scopes() const { return scopes_; }  // outermost first

    // Context. The new id, or MORPH_TYPE_INVALID with *code telling why. name may be empty.
    uint32_t register_type(std::string_view name, MorphMemPlacement placement, MorphCode* code);
    [[nodiscard]] uint32_t types() const { return static_cast<uint32_t>(types_.size()); }

    // A call failed for a reason that lies outside the rules: it is counted, nothing else changes.
    MorphCode note_failure(MorphCode code = MORPH_ERROR_OUT_OF_MEMORY);

    // The live objects. Order: of allocation until the first free, then the last one fills a gap.
    [[nodiscard]] std::span<Object* const> live() const { return live_; }
    // The live object whose slot covers address (settings.find_by_address), else nullptr.
    [[nodiscard]] Object* find(const void* address) const;
    [[nodiscard]] const std::map<uintptr_t, Object*>& by_address() const { return by_address_; }
    // Whether the guard bytes behind an object are as they were (true without debug).
    [[nodiscard]] bool guard_intact(const Object& object) const;

    [[nodiscard]] MorphMemStats context_figures() const;
    [[nodiscard]] MorphMemTypeStats type_figures(uint32_t type) const;  // type < types()
    [[nodiscard]] MorphArenaStats arena_figures() const;
    [[nodiscard]] MorphPoolStats pool_figures() const;
    [[nodiscard]] MorphGeneralStats general_figures() const;

    // Bytes taken from memory() for the live objects of a room.
    [[nodiscard]] size_t bytes_taken(MorphRoom room) const;

    [[nodiscard]] const Settings& settings() const { return settings_; }
    [[nodiscard]] Memory& memory() { return memory_; }
    [[nodiscard]] const Memory& memory() const { return memory_; }

    // nullptr, or the id of the first broken invariant. O(live log live).
    [[nodiscard]] const char* check() const;

 private:
    [[nodiscard]] bool in_context() const {
        return settings_.rules == Rules::context || settings_.rules == Rules::baseline;
    }
    // Whether what is live is counted by room as well.
    [[nodiscard]] bool has_parts() const {
        return settings_.rules != Rules::baseline && settings_.rules != Rules::general;
    }
    struct Type {
        std::string name;
        MorphMemPlacement placement = MORPH_PLACE_BY_SIZE;
        MorphMemCounts counts = {};
    };

    // What an allocation would be, before memory is asked for: its room, or why it is refused.
    MorphCode plan(size_t size, size_t alignment, uint32_t type, MorphMemPlacement placement,
                   Object* planned) const;
    Object* place(const Object& planned, bool zeroed);
    void remove(Object* object);
    void count_allocation(const Object& object);
    void count_free(const Object& object);
    void count_resize(const Object& object, size_t new_size);
    MorphMemCounts* counts_of(MorphRoom room);  // nullptr: counted in the total alone
    uint64_t& slots_of(MorphRoom room);

    Settings settings_;
    Memory memory_;
    std::vector<Object*> live_;
    std::map<uintptr_t, Object*> by_address_;
    std::vector<uint64_t> scopes_;
    std::vector<Type> types_;
    MorphMemCounts total_ = {};
    MorphMemCounts pool_ = {};
    MorphMemCounts arena_ = {};
    uint64_t bytes_live_peak_ = 0;
    uint64_t bytes_slots_ = 0;  // of live objects, those of the arena excepted
    uint64_t large_live_ = 0;   // objects above a pool's size
    uint64_t bytes_used_ = 0;   // of live arena objects, each rounded up to 8
    uint64_t resizes_ = 0;
    uint64_t resets_ = 0;
    uint64_t failures_ = 0;
    uint64_t last_id_ = 0;
    uint64_t last_scope_ = 0;
};

}  // namespace reference
