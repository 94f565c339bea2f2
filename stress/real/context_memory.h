// ContextMemory: memory of the shape of realloc on a context in COMPILER mode, for programs that
// tell the size of what they resize and free. What a user of morph/mem.h would write for Lua.
//
//   up to 1,024 bytes    pools: freed at once
//   above                the arena, which frees nothing alone: what is freed is kept in a list of
//                        its size, and given out again
//
// Large sizes are rounded up to one of eight for each doubling, so that sizes that differ a little
// share a list. Without the lists every table that grows would leave its old arrays in the arena.
// On the V1 baseline everything is freed at once, and there are no lists.
//
// REUSE-LISTS: idle_objects() blocks with idle_bytes() in all lie in the lists; nothing else does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "morph/mem.h"

namespace real {

class ContextMemory {
 public:
    // context in COMPILER mode, which outlives this. type: of all objects.
    ContextMemory(MorphMemContext* context, uint32_t type, bool v1)
        : context_(context), type_(type), v1_(v1) {}

    // NULL when there is no memory.
    void* allocate(size_t size);
    // new_size is not 0; NULL: the object is as it was.
    void* reallocate(void* object, size_t old_size, size_t new_size);
    bool release(void* object, size_t size);
    // All objects at once.
    void reset();

    [[nodiscard]] uint64_t idle_objects() const { return idle_objects_; }
    [[nodiscard]] uint64_t idle_bytes() const { return idle_bytes_; }
    [[nodiscard]] uint64_t rounding_bytes() const { return rounding_bytes_; }  // of live objects
    [[nodiscard]] uint64_t calls_saved() const { return calls_saved_; }
    [[nodiscard]] MorphMemContext* context() const { return context_; }
    [[nodiscard]] bool lists_in_order() const;  // REUSE-LISTS

    // What is asked of the context for an object of size.
    [[nodiscard]] size_t capacity(size_t size) const;

 private:
    struct Idle {
        Idle* next;
    };
    // Doublings of 2^10 .. 2^46, eight sizes each.
    static constexpr size_t kLists = 37 * 8;

    [[nodiscard]] bool in_arena(size_t size) const { return !v1_ && size > MORPH_POOL_MAX_SIZE; }
    void* take_idle(size_t bytes);
    void keep(void* object, size_t bytes);

    MorphMemContext* context_;
    uint32_t type_;
    bool v1_;
    std::array<Idle*, kLists> lists_{};
    uint64_t idle_objects_ = 0;
    uint64_t idle_bytes_ = 0;
    uint64_t rounding_bytes_ = 0;
    uint64_t calls_saved_ = 0;
};

}  // namespace real
