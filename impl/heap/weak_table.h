// WeakTable: the weak references of a heap.
//
//   entries   | weak* | weak* | ... old_count() | weak* | ... size() |
//             '----- old part ------------------'----- young part ---'
//
//   a weak object's first 16 bytes: | target | its entry's index + 1 |
//
// A minor collection looks at the young part only: an entry is in the old part when neither the
// weak object nor its target is young. Both parts move entries by exchanging them, in O(1).
//
// WEAK-INDEX  each entry's weak object knows its index; the old part ends within the table
// WEAK-OLD    in the old part neither weak object nor target is young
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "heap/fate.h"
#include "heap/metadata_array.h"

namespace morph {

inline constexpr size_t kWeakBytes = 16;  // of a weak object that belong to the library

class WeakTable {
 public:
    WeakTable(Source& source, ErrorState& errors) : errors_(errors), entries_(source) {}

    // A fresh weak object: into the young part, refers to nothing. false: refused, errors tells
    // why, nothing has changed. O(1) amortised.
    [[nodiscard]] bool add(void* weak);
    // Room for one more, so that the next add() cannot fail; false as add().
    [[nodiscard]] bool reserve();

    // The target was or is about to be set: the entry goes to the young part. O(1).
    void changed(void* weak);

    // A collection, in two phases; whole: looks at the old part as well (major).
    // First, before finalizers: dead targets are cleared, moved ones updated; in the weak object
    // where it lies now, or, if it is dead, where it lay: a finalizer may resurrect it.
    void clear_targets(const Fate& fate, bool whole);
    // Last: entries of dead weak objects go, moved ones are updated, parts are as they should be.
    void drop_dead(const Fate& fate, bool whole);

    [[nodiscard]] size_t size() const { return entries_.size(); }
    [[nodiscard]] size_t old_count() const { return old_count_; }
    [[nodiscard]] uint64_t cleared_ever() const { return cleared_ever_; }

    void reset();  // forgets all entries; keeps the memory

    // nullptr, or the id of the first broken invariant, and the weak object. With fate (is_young
    // is asked alone): WEAK-OLD as well. O(size).
    [[nodiscard]] const char* check(const Fate* fate = nullptr, const void** where = nullptr) const;

 private:
    friend struct TablePeek;

    void put(size_t index, void* weak);

    ErrorState& errors_;
    MetadataArray<void*> entries_;
    size_t old_count_ = 0;
    uint64_t cleared_ever_ = 0;
};

}  // namespace morph
