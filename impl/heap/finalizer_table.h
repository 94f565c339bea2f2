// FinalizerTable: which objects have a finalizer, and which finalizers are to run.
//
//   entries   | e0 | e1 | e2 | ...      an entry keeps its place; lists go through them by index
//   lists     young  objects that a minor collection may find dead or move, by sequence
//             old    the others
//             ready  found dead, in the order in which they run
//             free
//   index     object -> entry, of all but the free ones
//
// Everything a collection does to it is done in place: it needs no memory after set().
// A finalizer that is ready can still be replaced or removed.
//
// FINALIZER-LISTS  each entry is in the one list that its state names; lists are linked both ways
// FINALIZER-INDEX  the index knows exactly the entries that are not free
// FINALIZER-OLD    no object of the old list is young
// FINALIZER-ORDER  the young list ascends by sequence
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "heap/address_index.h"
#include "heap/fate.h"
#include "heap/metadata_array.h"

#include "morph/heap.h"

namespace morph {

class FinalizerTable {
 public:
    struct Entry {
        void* object;
        MorphFinalizer finalizer;
        void* user;
        uint64_t sequence;  // of the first set(); counts all of them
    };

    FinalizerTable(Source& source, ErrorState& errors)
        : errors_(errors), slots_(source), index_(source) {}

    // Replaces the finalizer of the object's entry (which keeps its place in the order), or adds
    // one; nullptr removes it. false: refused, errors tells why, nothing has changed. O(1)
    // amortised.
    [[nodiscard]] bool set(void* object, MorphFinalizer finalizer, void* user, bool is_young);
    [[nodiscard]] bool has(const void* object) const { return index_.find(object) != nullptr; }

    // After marking or evacuation. whole: looks at the old list as well (major). Entries whose
    // object is dead become ready, behind those that are, in order of sequence; moved ones are
    // updated, those whose object is no longer young go to the old list.
    void collect(const Fate& fate, bool whole);

    // f(void*& object) for the object of each ready entry, which f keeps alive and updates.
    template <class F>
    void each_ready(F&& f) {
        for (uint32_t at = lists_[kReady].first; at != kNone; at = slots_[at].next) {
            void* object = slots_[at].entry.object;
            f(object);
            moved(at, object);
        }
    }

    // The next one to run; it leaves the table. false: none.
    [[nodiscard]] bool pop_ready(Entry* entry);

    [[nodiscard]] size_t size() const { return index_.size(); }  // ready ones included
    [[nodiscard]] size_t ready() const { return lists_[kReady].count; }
    [[nodiscard]] size_t old_count() const { return lists_[kOldList].count; }

    void reset();  // forgets all; keeps the memory

    // nullptr, or the id of the first broken invariant, and the object. With fate (is_young is
    // asked alone): FINALIZER-OLD as well. O(capacity).
    [[nodiscard]] const char* check(const Fate* fate = nullptr, const void** where = nullptr) const;

 private:
    friend struct TablePeek;

    enum ListName : uint32_t { kYoung, kOldList, kReady, kFree, kLists };
    static constexpr uint32_t kNone = UINT32_MAX;

    struct Slot {
        Entry entry;
        uint32_t next;
        uint32_t previous;
        ListName list;
    };
    struct List {
        uint32_t first = kNone;
        uint32_t last = kNone;
        size_t count = 0;
    };

    [[nodiscard]] bool make_room();
    void append(ListName name, uint32_t at);
    void unlink(uint32_t at);
    void moved(uint32_t at, void* object);
    void collect_list(const Fate& fate, ListName name, List* dead);
    void sort_by_sequence(List* list);
    [[nodiscard]] uint32_t merge(uint32_t left, uint32_t right);
    [[nodiscard]] const char* check_list(ListName name, const Fate* fate, const void** where) const;

    ErrorState& errors_;
    MetadataArray<Slot> slots_;
    AddressIndex index_;
    List lists_[kLists];
    uint64_t next_sequence_ = 0;
};

}  // namespace morph
