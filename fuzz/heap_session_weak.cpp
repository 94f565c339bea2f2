// Weak references and finalizers in a heap session.
#include <cstdio>

#include "fuzz/heap_layouts.h"
#include "fuzz/heap_session.h"

namespace suite {
namespace {

constexpr size_t kFinalizerBytes = 48;  // that a finalizer allocates
constexpr unsigned kDepthMax = 16;      // of finalizers within finalizers that still allocate

unsigned long long number(uint64_t id) {
    return id;
}

}  // namespace

// Its target is picked when it exists: a collection may have moved it.
HeapSession::Step HeapSession::new_weak(const Operation& operation) {
    const size_t least = least_size(model_->type(kWeakType));
    const size_t size =
        operation.size > SIZE_MAX - least ? SIZE_MAX : static_cast<size_t>(operation.size) + least;
    const size_t target = pick_target(operation.target);
    const uint64_t before = result_.allocations;
    const Step step = allocate(operation, size, kWeakType);
    if (step != Step::done || result_.allocations == before || target == kNone) return step;
    const size_t cell = operation.root != 0 ? pick_root(operation.root - 1) : kNone;
    const size_t holder = cell != kNone ? cell : model_->roots().back();
    if (object_in(holder).type != kWeakType) return step;
    heap_->weak_set(cells_[holder], cells_[target]);
    model_->set_weak(model_->cell(holder), model_->cell(target));
    return step;
}

HeapSession::Step HeapSession::set_weak(const Operation& operation) {
    const size_t cell = pick_weak(operation.object);
    if (cell == kNone) return Step::skipped;
    const size_t target = pick_target(operation.target);
    resolved_.object = static_cast<uint32_t>(model_->cell(cell));
    changed_ = true;
    heap_->weak_set(cells_[cell], target == kNone ? nullptr : cells_[target]);
    model_->set_weak(model_->cell(cell),
                     target == kNone ? reference::kNoObject : model_->cell(target));
    return Step::done;
}

HeapSession::Step HeapSession::check_weak(uint32_t choice) {
    const size_t cell = pick_weak(choice);
    if (cell == kNone) return Step::skipped;
    resolved_.object = static_cast<uint32_t>(model_->cell(cell));
    const void* target = heap_->weak_get(cells_[cell]);
    std::snprintf(outcome_, sizeof outcome_, "%p", target);
    return observe_weak(model_->cell(cell), target, false) ? Step::done : Step::bad;
}

// What a weak reference shows, against the model: the target as it is, or cleared where that may
// be. Right after a graph walk addresses are known of all that roots reach; of others what is there
// must fit.
bool HeapSession::observe_weak(Id id, const void* address, bool walked) {
    const Id expected = model_->find(id)->target;
    const Id shown = address == nullptr ? reference::kNoObject : expected;
    if (!model_->observe_weak(id, shown) ||
        (address != nullptr && expected == reference::kNoObject)) {
        return fail(Checker::weak, "weak reference %llu shows %p, expected object %llu", number(id),
                    address, number(expected));
    }
    if (address == nullptr) return true;
    const Shadow& shadow = shadow_of(expected);
    if (walked && shadow.seen == walk_ && shadow.address != address) {
        return fail(Checker::weak, "weak reference %llu shows %p, object %llu is at %p", number(id),
                    address, number(expected), static_cast<void*>(shadow.address));
    }
    return check_object(expected, address, Checker::weak, " by a weak reference");
}

HeapSession::Step HeapSession::set_finalizer(size_t cell, uint8_t choice) {
    const Id id = model_->cell(cell);
    const Finalizer kind = static_cast<Finalizer>(choice % 4);
    changed_ = true;
    records_.push_back({this, id, kind});
    const bool on = kind != Finalizer::none;
    const MorphCode code = heap_->set_finalizer(cells_[cell], on ? on_finalizer : nullptr,
                                                on ? &records_.back() : nullptr);
    if (code == MORPH_OK) {
        model_->set_finalizer(id, on);
        return Step::done;
    }
    model_->note_failure();
    if (!refused()) {
        fail(Checker::contract, "set_finalizer gave %s, and nothing was refused to it",
             morph_code_name(code));
        return Step::bad;
    }
    memory_refused_ = true;
    if (!settle(code, MORPH_ERROR_OUT_OF_MEMORY, "set_finalizer")) return Step::bad;
    return check_after_failure(false) ? Step::done : Step::bad;
}

void HeapSession::on_finalizer(MorphHeap*, void* object, void* user) {
    FinalizerRecord& record = *static_cast<FinalizerRecord*>(user);
    HeapSession& session = *record.session;
    if (session.result_.finding.has_value()) return;  // what is known is no longer true
    ++session.depth_;
    session.run_finalizer(record, object);
    --session.depth_;
}

void HeapSession::run_finalizer(FinalizerRecord& record, void* object) {
    if (!note_collections()) return;
    if (model_->find(record.id) == nullptr || !model_->start_finalizer(record.id)) {
        fail(Checker::finalizers, "the finalizer of object %llu runs, which it may not now",
             number(record.id));
        return;
    }
    // A set finalizer runs once: a second call is refused by the model above.
    if (!check_object(record.id, object, Checker::finalizers, " in its finalizer")) return;
    switch (record.kind) {
        case Finalizer::allocates:
            if (depth_ <= kDepthMax) allocate_in_finalizer(object, record.id);
            break;
        case Finalizer::revives:
            revive(object, record.id);
            break;
        default:
            break;
    }
}

// Roots the object, allocates, which may collect, and looks whether the object came through.
void HeapSession::allocate_in_finalizer(void* object, Id id) {
    size_t cell = kNone;
    if (!push(&cell) || cell == kNone) return;
    assign(cell, object, id);
    const MorphCode expected = model_->refusal(kFinalizerBytes, kDataType);
    const Asked asked = note_allocation();
    void* fresh = heap_->allocate_object(kFinalizerBytes, MORPH_DEFAULT_ALIGNMENT, kDataType);
    if (!note_served(asked)) return;
    if (fresh != nullptr) {
        const Id garbage = model_->allocate(kFinalizerBytes, kDataType).object->id;
        if (law_.has_value()) {
            law_->allocate(garbage, kFinalizerBytes, MORPH_DEFAULT_ALIGNMENT, fresh);
        }
        if (!accept(kNone, fresh, garbage)) return;
    } else {
        model_->note_failure();
        if (!refused()) {
            fail(Checker::contract, "an allocation in a finalizer gave NULL, expected %s",
                 morph_code_name(expected));
            return;
        }
        memory_refused_ = true;
    }
    if (!check_object(id, cells_[cell], Checker::finalizers, " after its finalizer allocated")) {
        return;
    }
    (void)drop_roots(1);
}

void HeapSession::revive(void* object, Id id) {
    const size_t cell = take_cell();
    const MorphCode code = heap_->add_global(&cells_[cell]);
    if (code == MORPH_OK) {
        model_->add_global_root(cell);
        assign(cell, object, id);
        return;
    }
    return_cell(cell);
    model_->note_failure();
    memory_refused_ = true;
    if (!refused()) {
        fail(Checker::contract, "add_global_root in a finalizer gave %s", morph_code_name(code));
    }
}

}  // namespace suite
