#include "heap/finalizer_table.h"

#include "chunk/check.h"

namespace morph {

bool FinalizerTable::make_room() {
    if (lists_[kFree].count != 0) return true;  // then the index has room as well
    MetadataBlock fresh_slots(slots_.source());
    MetadataBlock fresh_index(slots_.source());
    size_t count = slots_.size() + 1;
    size_t refused = 0;
    if (count >= kNone) {
        errors_.fail(MORPH_ERROR_OUT_OF_MEMORY, "finalizers: all %u entries are in use", kNone);
        return false;
    }
    if (!slots_.prepare(count, fresh_slots)) {
        refused = MetadataArray<Slot>::bytes_for(count);
    } else if (!index_.prepare(count, fresh_index)) {
        refused = AddressIndex::bytes_for(count);
    }
    if (refused != 0) {
        slots_.source().explain_refusal(errors_, "finalizers", refused);
        fresh_slots.cancel();
        return false;
    }
    slots_.adopt(fresh_slots);
    index_.adopt(fresh_index);
    bool pushed = slots_.push({});
    MORPH_CHECK(pushed);
    append(kFree, static_cast<uint32_t>(count - 1));
    return true;
}

void FinalizerTable::append(ListName name, uint32_t at) {
    List& list = lists_[name];
    Slot& slot = slots_[at];
    slot.list = name;
    slot.next = kNone;
    slot.previous = list.last;
    if (list.last != kNone) {
        slots_[list.last].next = at;
    } else {
        list.first = at;
    }
    list.last = at;
    list.count += 1;
}

void FinalizerTable::unlink(uint32_t at) {
    Slot& slot = slots_[at];
    List& list = lists_[slot.list];
    (slot.previous != kNone ? slots_[slot.previous].next : list.first) = slot.next;
    (slot.next != kNone ? slots_[slot.next].previous : list.last) = slot.previous;
    list.count -= 1;
}

bool FinalizerTable::set(void* object, MorphFinalizer finalizer, void* user, bool is_young) {
    const size_t* found = index_.find(object);
    if (found != nullptr) {
        auto at = static_cast<uint32_t>(*found);
        if (finalizer != nullptr) {
            slots_[at].entry.finalizer = finalizer;
            slots_[at].entry.user = user;
            return true;
        }
        index_.erase(object);
        unlink(at);
        append(kFree, at);
        return true;
    }
    if (finalizer == nullptr) return true;
    if (!make_room()) return false;
    uint32_t at = lists_[kFree].first;
    unlink(at);
    slots_[at].entry = {object, finalizer, user, next_sequence_++};
    append(is_young ? kYoung : kOldList, at);
    index_.insert(object, at);
    return true;
}

// The object of an entry lies elsewhere now.
void FinalizerTable::moved(uint32_t at, void* object) {
    Entry& entry = slots_[at].entry;
    if (entry.object == object) return;
    index_.erase(entry.object);
    index_.insert(object, at);
    entry.object = object;
}

// Dead entries are linked by `next` alone until they are sorted.
void FinalizerTable::collect_list(const Fate& fate, ListName name, List* dead) {
    for (uint32_t at = lists_[name].first; at != kNone;) {
        uint32_t next = slots_[at].next;
        void* object = fate.now(slots_[at].entry.object);
        if (object == nullptr) {
            unlink(at);
            slots_[at].next = dead->first;
            dead->first = at;
            dead->count += 1;
        } else {
            moved(at, object);
            if (name == kYoung && !fate.young(object)) {
                unlink(at);
                append(kOldList, at);
            }
        }
        at = next;
    }
}

void FinalizerTable::collect(const Fate& fate, bool whole) {
    List dead;
    if (whole) collect_list(fate, kOldList, &dead);
    collect_list(fate, kYoung, &dead);
    sort_by_sequence(&dead);
    for (uint32_t at = dead.first; at != kNone;) {
        uint32_t next = slots_[at].next;
        append(kReady, at);
        at = next;
    }
}

uint32_t FinalizerTable::merge(uint32_t left, uint32_t right) {
    uint32_t first = kNone;
    uint32_t* link = &first;
    while (left != kNone && right != kNone) {
        uint32_t& smaller =
            slots_[left].entry.sequence < slots_[right].entry.sequence ? left : right;
        *link = smaller;
        link = &slots_[smaller].next;
        smaller = *link;
    }
    *link = left != kNone ? left : right;
    return first;
}

// Merge sort from below, without recursion or memory: sorted[k] is a sorted list of 2^k entries.
void FinalizerTable::sort_by_sequence(List* list) {
    uint32_t sorted[33];
    for (uint32_t& part : sorted) part = kNone;
    for (uint32_t at = list->first; at != kNone;) {
        uint32_t next = slots_[at].next;
        slots_[at].next = kNone;
        uint32_t* part = sorted;
        for (; *part != kNone; ++part) {
            at = merge(*part, at);
            *part = kNone;
        }
        *part = at;
        at = next;
    }
    uint32_t all = kNone;
    for (uint32_t part : sorted) all = merge(part, all);
    list->first = all;
}

bool FinalizerTable::pop_ready(Entry* entry) {
    uint32_t at = lists_[kReady].first;
    if (at == kNone) return false;
    *entry = slots_[at].entry;
    index_.erase(entry->object);
    unlink(at);
    append(kFree, at);
    return true;
}

void FinalizerTable::reset() {
    slots_.clear();
    index_.clear();
    for (List& list : lists_) list = {};
}

const char* FinalizerTable::check_list(ListName name, const Fate* fate, const void** where) const {
    const List& list = lists_[name];
    uint32_t previous = kNone;
    size_t count = 0;
    for (uint32_t at = list.first; at != kNone; at = slots_[at].next) {
        if (at >= slots_.size() || count++ == slots_.size()) return "FINALIZER-LISTS";
        const Slot& slot = slots_[at];
        *where = slot.entry.object;
        if (slot.list != name || slot.previous != previous) return "FINALIZER-LISTS";
        const size_t* known = index_.find(slot.entry.object);
        bool is_known = known != nullptr && *known == at;
        if (is_known != (name != kFree)) return "FINALIZER-INDEX";
        if (name == kOldList && fate != nullptr && fate->young(slot.entry.object)) {
            return "FINALIZER-OLD";
        }
        if (name == kYoung && previous != kNone &&
            slots_[previous].entry.sequence >= slot.entry.sequence) {
            return "FINALIZER-ORDER";
        }
        previous = at;
    }
    return count == list.count && previous == list.last ? nullptr : "FINALIZER-LISTS";
}

const char* FinalizerTable::check(const Fate* fate, const void** where) const {
    const void* ignored = nullptr;
    if (where == nullptr) where = &ignored;
    *where = nullptr;
    if (const char* broken = slots_.check()) return broken;
    if (const char* broken = index_.check()) return broken;
    size_t total = 0;
    for (uint32_t name = 0; name < kLists; ++name) {
        if (const char* broken = check_list(static_cast<ListName>(name), fate, where)) {
            return broken;
        }
        total += lists_[name].count;
    }
    *where = nullptr;
    if (total != slots_.size()) return "FINALIZER-LISTS";
    return index_.size() == total - lists_[kFree].count ? nullptr : "FINALIZER-INDEX";
}

}  // namespace morph
