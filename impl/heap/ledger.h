// Ledger: debug mode's proof that every store of a reference took the barrier, whatever the ages.
//
//   object                              behind it, at the next multiple of 8
//   +--------+----------------------+   +-------------+-------------+
//   | header | payload ...          |   |    guard    | ledger word |
//   +--------+----------------------+   +-------------+-------------+
//
// In debug mode every object's header asks for the barrier's slow path, which adds what the store
// changes to the object's ledger word: a sum over its reference slots of a mix of offset and value.
// check() compares: a difference is a store that the barrier never saw. The collector settles the
// word after it has updated references itself. Bytes between the object's size and the guard are
// guard as well.
//
// LEDGER-SUM    the word is the sum over the object's slots (objects with a custom visitor: 0,
// since
//               a store may change which slots there are)
// LEDGER-GUARD  the bytes behind the object are kGuardByte
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/parts.h"

namespace morph {

class Ledger {
 public:
    explicit Ledger(HeapParts& parts) : parts_(parts) {}

    // A fresh object or copy: writes guard and word.
    void open(void* object);
    // The word again, from what is there. For whoever has updated references.
    void settle(void* object);
    // The barrier: *slot is about to become value.
    void note(void* object, void** slot, const void* value);
    // Compares; reports what differs, and mends it so that it is reported once.
    void check(void* object);
    [[nodiscard]] bool intact(void* object) const;  // guard and word
    // Every object not found dead.
    void check_all();

 private:
    struct Trailer {
        uint64_t guard;
        uint64_t word;
    };
    static_assert(sizeof(Trailer) == kTrailerBytes);

    [[nodiscard]] Trailer* trailer_of(void* object) const;
    [[nodiscard]] uint64_t sum_of(void* object) const;
    [[nodiscard]] bool guard_intact(void* object) const;
    void write_guard(void* object);

    HeapParts& parts_;
};

}  // namespace morph
