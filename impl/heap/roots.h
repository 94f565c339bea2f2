// Roots: where the collector begins.
//
//   shadow stack  | slot | slot | ... roots_top | spare ... roots_limit |   the public head's ends
//   globals       dense: | slot, count | slot, count | ...    index: slot -> position
//
// Both double; a refused growth leaves everything as it was.
//
// ROOTS-STACK   base <= roots_top <= roots_limit, the mapping lies between base and roots_limit, no
//               slot below roots_top is nullptr
// ROOTS-GLOBAL  each global slot is there once, with a count of at least 1, and the index knows its
//               position; the counts add up to globals()
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "heap/address_index.h"
#include "heap/metadata_array.h"

#include "morph/heap.h"

namespace morph {

class Roots {
 public:
    Roots(Source& source, ErrorState& errors, MorphHeap& head)
        : head_(head), errors_(errors), stack_(source), globals_(source), index_(source) {}
    Roots(const Roots&) = delete;
    Roots& operator=(const Roots&) = delete;

    // Maps the first page of the shadow stack; once, before anything else. This and the others that
    // give a bool: false: refused, errors tells why, nothing has changed.
    [[nodiscard]] bool open();

    // What the inline push does, and grows. slot is not nullptr.
    [[nodiscard]] bool push(void** slot);
    // false, and nothing is popped: there are fewer.
    [[nodiscard]] bool pop(size_t count);
    // false, and nothing is popped: slot is not the last one.
    [[nodiscard]] bool pop_exactly(void** slot);
    [[nodiscard]] size_t depth() const { return static_cast<size_t>(head_.roots_top - base()); }

    // slot is not nullptr. Adding twice counts twice. O(1).
    [[nodiscard]] bool add_global(void** slot);
    // false: never added, or removed as often as that. Cannot fail otherwise.
    [[nodiscard]] bool remove_global(void** slot);
    [[nodiscard]] uint64_t globals() const { return global_count_; }  // duplicates counted

    // f(void** slot) for each root, the shadow stack from its bottom, then the globals (each slot
    // once). A slot that was pushed twice is visited twice. f leaves the roots alone.
    template <class F>
    void each(F&& f) const {
        for (void*** root = base(); root != head_.roots_top; ++root) f(*root);
        for (const Global& global : globals_.all()) f(global.slot);
    }

    void reset();  // forgets all; keeps the memory

    // nullptr, or the id of the first broken invariant. O(roots).
    [[nodiscard]] const char* check() const;

 private:
    friend struct TablePeek;

    struct Global {
        void** slot;
        uint64_t count;
    };

    [[nodiscard]] void*** base() const { return static_cast<void***>(stack_.address()); }
    [[nodiscard]] bool grow_stack();
    [[nodiscard]] bool reserve_global();

    MorphHeap& head_;
    ErrorState& errors_;
    MetadataBlock stack_;
    MetadataArray<Global> globals_;
    AddressIndex index_;
    uint64_t global_count_ = 0;
};

}  // namespace morph
