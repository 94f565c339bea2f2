#include "heap/weak_table.h"

#include "chunk/check.h"

namespace morph {
namespace {

// What the library keeps in a weak object.
struct WeakObject {
    void* target;
    size_t position;  // index of its entry + 1
};
static_assert(sizeof(WeakObject) == kWeakBytes);

WeakObject& weak_object(void* weak) {
    return *static_cast<WeakObject*>(weak);
}

}  // namespace

void WeakTable::put(size_t index, void* weak) {
    entries_[index] = weak;
    weak_object(weak).position = index + 1;
}

bool WeakTable::reserve() {
    size_t count = entries_.size() + 1;
    if (entries_.reserve(count)) return true;
    entries_.source().explain_refusal(errors_, "weak references",
                                      MetadataArray<void*>::bytes_for(count));
    return false;
}

bool WeakTable::add(void* weak) {
    if (!reserve()) return false;
    bool pushed = entries_.push(weak);
    MORPH_CHECK(pushed);
    weak_object(weak) = {nullptr, entries_.size()};
    return true;
}

void WeakTable::changed(void* weak) {
    size_t index = weak_object(weak).position - 1;
    MORPH_CHECK(index < entries_.size() && entries_[index] == weak);
    if (index >= old_count_) return;
    old_count_ -= 1;
    put(index, entries_[old_count_]);
    put(old_count_, weak);
}

void WeakTable::clear_targets(const Fate& fate, bool whole) {
    for (size_t index = whole ? 0 : old_count_; index < entries_.size(); ++index) {
        void* weak = fate.now(entries_[index]);
        if (weak == nullptr) weak = entries_[index];
        void*& target = weak_object(weak).target;
        if (target == nullptr) continue;
        target = fate.now(target);
        cleared_ever_ += uint64_t{target == nullptr};
    }
}

// One pass, in place: what has been looked at lies before `kept`, its old part before `old`.
void WeakTable::drop_dead(const Fate& fate, bool whole) {
    size_t index = whole ? 0 : old_count_;
    size_t old = index;
    size_t kept = index;
    for (; index < entries_.size(); ++index) {
        void* weak = fate.now(entries_[index]);
        if (weak == nullptr) continue;
        if (fate.young(weak) || fate.young(weak_object(weak).target)) {
            put(kept, weak);
        } else {
            // The first of the young part makes room at its end.
            if (old != kept) put(kept, entries_[old]);
            put(old, weak);
            old += 1;
        }
        kept += 1;
    }
    entries_.shrink_to(kept);
    old_count_ = old;
}

void WeakTable::reset() {
    entries_.clear();
    old_count_ = 0;
}

const char* WeakTable::check(const Fate* fate, const void** where) const {
    const void* ignored = nullptr;
    if (where == nullptr) where = &ignored;
    *where = nullptr;
    if (const char* broken = entries_.check()) return broken;
    if (old_count_ > entries_.size()) return "WEAK-INDEX";
    for (size_t index = 0; index < entries_.size(); ++index) {
        void* weak = entries_[index];
        *where = weak;
        if (weak == nullptr || weak_object(weak).position != index + 1) return "WEAK-INDEX";
        if (fate == nullptr || index >= old_count_) continue;
        if (fate->young(weak) || fate->young(weak_object(weak).target)) return "WEAK-OLD";
    }
    return nullptr;
}

}  // namespace morph
