// Collections of a HeapModel, its figures, and its check function.

#include <algorithm>
#include <cassert>

#include "reference/heap_model.h"

namespace reference {

// ------------------------------------------------------------------------------------ traversing

void HeapModel::begin_traversal() {
    traversal_ += 1;
}

bool HeapModel::reached(ObjectId object) const {
    const HeapObject* found = find(object);
    return found != nullptr && found->mark == traversal_;
}

void HeapModel::reach(ObjectId object) {
    if (object == kNoObject) return;
    HeapObject& found = alive(object);
    if (found.mark == traversal_) return;
    found.mark = traversal_;
    queue_.push_back(&found);
    // Whoever called first follows the slots of all, so this does not recurse.
}

void HeapModel::reach_slots() {
    while (!queue_.empty()) {
        const HeapObject* object = queue_.back();
        queue_.pop_back();
        for (const ObjectId value : object->slots) reach(value);
    }
}

void HeapModel::reach_waiting(const std::vector<Waiting>& waiting) {
    for (const Waiting& one : waiting) reach(one.object);
    reach_slots();
}

void HeapModel::reach_roots() {
    for (const size_t cell : roots_) reach(this->cell(cell));
    for (const size_t cell : global_roots_) reach(this->cell(cell));
    reach(kept_);
    reach_waiting(pending_);
}

// ------------------------------------------------------------------------------------ collecting

void HeapModel::begin_collection() {
    promotion_age_ = next_promotion_age_;
    batch_ += 1;
    // A collection inside a finalizer: which of the two finds these is not known.
    for (Waiting& waiting : maybe_) waiting.batch = 0;
    begin_traversal();
    reach_roots();
    for (HeapObject* weak : live_) {
        if (weak->target != kNoObject && !reached(weak->target)) weak->maybe_cleared = true;
    }
}

std::vector<HeapObject*> HeapModel::unreached_finalizable() const {
    std::vector<HeapObject*> found;
    for (HeapObject* object : live_) {
        if (object->finalizer != 0 && object->mark != traversal_) found.push_back(object);
    }
    std::ranges::sort(found, {}, &HeapObject::finalizer);
    return found;
}

void HeapModel::bury_unreached() {
    for (HeapObject* object : live_) {
        if (object->mark == traversal_) continue;
        for (MorphMemCounts* counts : {&total_, &types_[object->type].counts}) {
            counts->frees += 1;
            counts->objects_live -= 1;
            counts->bytes_freed += object->size;
            counts->bytes_live -= object->size;
        }
        last_.died.push_back(object->id);
    }
    std::erase_if(live_, [this](const HeapObject* object) { return object->mark != traversal_; });
    for (const ObjectId id : last_.died) objects_[id - first_id_].reset();
}

const FullCollection& HeapModel::collect_full() {
    last_ = {};
    full_collections_ += 1;
    begin_collection();
    reach_waiting(maybe_);
    std::vector<HeapObject*> cleared;
    for (HeapObject* weak : live_) {
        if (weak->target == kNoObject || reached(weak->target)) continue;
        cleared.push_back(weak);
    }
    for (HeapObject* object : unreached_finalizable()) {
        pending_.push_back({object->id, object->finalizer, batch_});
        last_.ready.push_back(object->id);
        object->finalizer = 0;
    }
    update_pending_ids();
    reach_waiting(pending_);
    for (HeapObject* weak : cleared) {
        const bool lives_on = reached(weak->id);
        if (lives_on) last_.cleared.push_back(weak->id);
        if (lives_on) clear_weak(*weak);
    }
    bury_unreached();
    for (HeapObject* object : live_) object->survived += 1;
    return last_;
}

void HeapModel::collect_minor() {
    minor_collections_ += 1;
    begin_collection();
    for (const HeapObject* object : unreached_finalizable()) {
        const bool waits = std::ranges::any_of(maybe_, [object](const Waiting& waiting) {
            return waiting.object == object->id && waiting.finalizer == object->finalizer;
        });
        if (!waits) maybe_.push_back({object->id, object->finalizer, batch_});
    }
    for (HeapObject* object : live_) object->survived += 1;
}

std::vector<ObjectId> HeapModel::reachable() {
    begin_traversal();
    reach_roots();
    std::vector<ObjectId> ids;
    for (const HeapObject* object : live_) {
        if (object->mark == traversal_) ids.push_back(object->id);
    }
    return ids;
}

std::vector<HeapModel::Amount> HeapModel::reachable_by_type() {
    std::vector<Amount> amounts(types_.size(), Amount{0, 0});
    for (const ObjectId id : reachable()) {
        const HeapObject& object = alive(id);
        amounts[object.type].objects += 1;
        amounts[object.type].bytes += object.size;
    }
    return amounts;
}

bool HeapModel::age_is_legal(ObjectId id, MorphRoom room, uint32_t age, bool refused) {
    HeapObject& object = alive(id);
    if (room == MORPH_ROOM_OLD || room == MORPH_ROOM_LARGE) {
        object.seen_old = true;
        return true;
    }
    if (room != MORPH_ROOM_YOUNG || object.seen_old) return false;
    if (refused) return age <= object.survived;
    return age == object.survived && age < promotion_age_;
}

// -------------------------------------------------------------------------------------- checking

const char* HeapModel::check() const {
    MorphMemCounts counted = {};
    for (const HeapObject* object : live_) {
        counted.objects_live += 1;
        counted.bytes_live += object->size;
        if (object->slots.size() != slots_of(object->type, object->size)) return "GRAPH-SLOTS";
        for (const ObjectId value : object->slots) {
            if (value != kNoObject && find(value) == nullptr) return "GRAPH-ALIVE";
        }
        if (object->target != kNoObject && find(object->target) == nullptr) return "GRAPH-ALIVE";
    }
    for (const std::vector<size_t>* cells : {&roots_, &global_roots_}) {
        for (const size_t cell : *cells) {
            const ObjectId object = this->cell(cell);
            if (object != kNoObject && find(object) == nullptr) return "GRAPH-ALIVE";
        }
    }
    std::vector<uint64_t> waiting;
    for (const std::vector<Waiting>* list : {&pending_, &maybe_}) {
        for (const Waiting& one : *list) {
            if (find(one.object) == nullptr) return "GRAPH-READY";
            waiting.push_back(one.finalizer);
        }
    }
    std::ranges::sort(waiting);
    if (std::ranges::adjacent_find(waiting) != waiting.end()) return "GRAPH-READY";

    MorphMemCounts sum = {};
    for (const HeapType& type : types_) {
        sum.allocations += type.counts.allocations;
        sum.bytes_allocated += type.counts.bytes_allocated;
        sum.objects_live += type.counts.objects_live;
        sum.bytes_live += type.counts.bytes_live;
    }
    if (sum.allocations != total_.allocations || sum.objects_live != total_.objects_live ||
        sum.bytes_allocated != total_.bytes_allocated || sum.bytes_live != total_.bytes_live) {
        return "GRAPH-COUNTS";
    }
    if (counted.objects_live != total_.objects_live || counted.bytes_live != total_.bytes_live ||
        total_.allocations - total_.frees != total_.objects_live) {
        return "GRAPH-COUNTS";
    }
    return nullptr;
}

}  // namespace reference
