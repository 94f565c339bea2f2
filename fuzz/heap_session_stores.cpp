// Operations of a heap session on references.
#include <algorithm>
#include <cstdio>

#include "fuzz/heap_session.h"

namespace suite {

reference::HeapObject& HeapSession::object_in(size_t cell) {
    return *model_->find(model_->cell(cell));
}

// Address of a slot of the object in a root.
void** HeapSession::slot_at(size_t cell, size_t slot) {
    auto* bytes = static_cast<unsigned char*>(cells_[cell]);
    void* at = bytes + model_->offset_of(object_in(cell).type, slot);
    return static_cast<void**>(at);
}

// How many slots from this one on lie side by side; most at most.
size_t HeapSession::run_of(const reference::HeapObject& object, size_t slot, size_t most) const {
    size_t count = 1;
    while (count < most && slot + count < object.slots.size() &&
           model_->offset_of(object.type, slot + count) ==
               model_->offset_of(object.type, slot + count - 1) + sizeof(void*)) {
        ++count;
    }
    return count;
}

HeapSession::Step HeapSession::store_reference(const Operation& operation, size_t cell) {
    reference::HeapObject& object = object_in(cell);
    if (object.slots.empty()) return Step::skipped;
    const size_t slot = operation.slot % object.slots.size();
    const size_t target = pick_target(operation.target);
    resolved_.slot = static_cast<uint32_t>(slot);
    changed_ = true;
    heap_->store(cells_[cell], slot_at(cell, slot), target == kNone ? nullptr : cells_[target]);
    model_->write(object.id, slot, target == kNone ? reference::kNoObject : model_->cell(target));
    return Step::done;
}

HeapSession::Step HeapSession::store_many(const Operation& operation, size_t cell) {
    reference::HeapObject& object = object_in(cell);
    if (object.slots.empty()) return Step::skipped;
    const size_t slot = operation.slot % object.slots.size();
    const size_t count = run_of(object, slot, size_t{operation.count} + 1);
    const size_t target = pick_target(operation.target);
    std::snprintf(outcome_, sizeof outcome_, "%zu slots from %zu on", count, slot);
    changed_ = true;
    heap_->fill(cells_[cell], slot_at(cell, slot), count,
                target == kNone ? nullptr : cells_[target]);
    model_->fill(object.id, slot, count,
                 target == kNone ? reference::kNoObject : model_->cell(target));
    return Step::done;
}

HeapSession::Step HeapSession::copy_references(const Operation& operation, size_t cell) {
    reference::HeapObject& object = object_in(cell);
    const size_t source = pick_object(operation.target);
    reference::HeapObject& from = object_in(source);
    if (object.slots.empty() || from.slots.empty()) return Step::skipped;
    const size_t slot = operation.slot % object.slots.size();
    const size_t from_slot = operation.slot / 2 % from.slots.size();
    size_t count = run_of(object, slot, size_t{operation.count} + 1);
    count = run_of(from, from_slot, count);
    std::snprintf(outcome_, sizeof outcome_, "%zu slots, from %zu of object %llu to %zu", count,
                  from_slot, static_cast<unsigned long long>(from.id), slot);
    changed_ = true;
    heap_->copy(cells_[cell], slot_at(cell, slot), slot_at(source, from_slot), count);
    model_->copy(object.id, slot, from.id, from_slot, count);
    return Step::done;
}

// A weak reference gives its target.
HeapSession::Step HeapSession::load_reference(const Operation& operation, size_t cell) {
    reference::HeapObject& object = object_in(cell);
    const bool weak = model_->type(object.type).layout == MORPH_LAYOUT_WEAK;
    if (object.slots.empty() && !weak) return Step::skipped;
    const Id holder = object.id;
    if (weak && !observe_weak(holder, heap_->weak_get(cells_[cell]), false)) return Step::bad;
    const size_t slot = weak ? 0 : operation.slot % object.slots.size();
    size_t pushed = kNone;
    bool good = true;
    const size_t into = root_for(operation.root, &pushed, &good);
    if (into == kNone) return good ? Step::done : Step::bad;
    changed_ = true;
    const reference::HeapObject& loaded = *model_->find(holder);
    const Id id = weak ? loaded.target : loaded.slots[slot];
    void* address = weak ? heap_->weak_get(cells_[cell]) : *slot_at(cell, slot);
    if ((address == nullptr) != (id == reference::kNoObject)) {
        fail(Checker::graph, "object %llu: slot %zu holds %p, expected object %llu",
             static_cast<unsigned long long>(holder), slot, address,
             static_cast<unsigned long long>(id));
        return Step::bad;
    }
    if (id != reference::kNoObject && !check_object(id, address, Checker::graph, " when loaded")) {
        return Step::bad;
    }
    assign(into, address, id);
    return Step::done;
}

}  // namespace suite
