#include "reference/heap_model.h"

#include <algorithm>
#include <cassert>

#include "reference/heap_types.h"
#include "reference/model.h"

namespace reference {

HeapModel::HeapModel(uint32_t promotion_age)
    : promotion_age_(promotion_age), next_promotion_age_(promotion_age) {
    types_.push_back({.name = "none"});
}

HeapModel::~HeapModel() = default;

// -------------------------------------------------------------------------------------- objects

uint32_t HeapModel::register_type(const MorphMemTypeInfo& info, MorphCode* code,
                                  MorphLayout custom_rule) {
    *code = check_type(info);
    if (*code == MORPH_OK && types_.size() >= MORPH_MAX_TYPES) *code = MORPH_ERROR_TOO_MANY_TYPES;
    if (*code != MORPH_OK) {
        note_failure(*code);
        return MORPH_TYPE_INVALID;
    }
    HeapType type = {.name = kept_name(info.name, types()), .layout = info.layout};
    type.rule = info.layout == MORPH_LAYOUT_CUSTOM ? custom_rule : info.layout;
    if (type.rule == MORPH_LAYOUT_OFFSETS || type.rule == MORPH_LAYOUT_STRUCTS) {
        type.offsets.assign(info.offsets, info.offsets + info.offset_count);
        type.element_size = info.element_size;
    }
    types_.push_back(std::move(type));
    return types() - 1;
}

size_t HeapModel::slots_of(uint32_t type, size_t size) const {
    const HeapType& known = types_[type];
    switch (known.rule) {
        case MORPH_LAYOUT_OFFSETS:
            return static_cast<size_t>(std::ranges::count_if(
                known.offsets, [size](size_t offset) { return offset + kSlotBytes <= size; }));
        case MORPH_LAYOUT_POINTERS:
            return size / kSlotBytes;
        case MORPH_LAYOUT_STRUCTS:
            return size / known.element_size * known.offsets.size();
        default:
            return 0;
    }
}

size_t HeapModel::offset_of(uint32_t type, size_t slot) const {
    const HeapType& known = types_[type];
    if (known.rule == MORPH_LAYOUT_POINTERS) return slot * kSlotBytes;
    const size_t count = known.offsets.size();
    return slot / count * known.element_size + known.offsets[slot % count];
}

MorphCode HeapModel::refusal(size_t size, uint32_t type, size_t alignment) const {
    if (type >= types_.size()) return MORPH_ERROR_UNKNOWN_TYPE;
    return check_object(size, alignment, least_size(types_[type].layout, types_[type].offsets));
}

HeapResult HeapModel::allocate(size_t size, uint32_t type, size_t alignment) {
    const MorphCode code = refusal(size, type, alignment);
    if (code != MORPH_OK) return {note_failure(code), nullptr};
    auto object = std::make_unique<HeapObject>();
    object->id = first_id_ + objects_.size();
    object->size = size;
    object->alignment = std::max(alignment, MORPH_DEFAULT_ALIGNMENT);
    object->type = type;
    object->slots.resize(slots_of(type, size), kNoObject);
    for (MorphMemCounts* counts : {&total_, &types_[type].counts}) {
        counts->allocations += 1;
        counts->objects_live += 1;
        counts->bytes_allocated += size;
        counts->bytes_live += size;
    }
    live_.push_back(object.get());
    objects_.push_back(std::move(object));
    return {MORPH_OK, live_.back()};
}

HeapResult HeapModel::resize(ObjectId object, size_t new_size) {
    const HeapObject& old = alive(object);
    const HeapResult result = allocate(new_size, old.type);
    if (result.code != MORPH_OK) return result;
    HeapObject& fresh = *result.object;
    fresh.flags = old.flags;
    fresh.target = old.target;
    fresh.maybe_cleared = old.maybe_cleared;
    std::copy_n(old.slots.begin(), std::min(old.slots.size(), fresh.slots.size()),
                fresh.slots.begin());
    return result;
}

HeapObject* HeapModel::find(ObjectId object) const {
    if (object < first_id_ || object - first_id_ >= objects_.size()) return nullptr;
    return objects_[object - first_id_].get();
}

HeapObject& HeapModel::alive(ObjectId object) const {
    HeapObject* found = find(object);
    assert(found != nullptr);
    return *found;
}

void HeapModel::set_flags(ObjectId object, uint8_t flags) {
    alive(object).flags = flags;
}

void HeapModel::write(ObjectId object, size_t slot, ObjectId value) {
    assert(value == kNoObject || find(value) != nullptr);
    alive(object).slots.at(slot) = value;
}

void HeapModel::copy(ObjectId object, size_t to, ObjectId from_object, size_t from, size_t count) {
    const std::vector<ObjectId>& source = alive(from_object).slots;
    assert(from <= source.size() && count <= source.size() - from);
    const std::vector<ObjectId> values(source.begin() + static_cast<ptrdiff_t>(from),
                                       source.begin() + static_cast<ptrdiff_t>(from + count));
    copy(object, to, values);
}

void HeapModel::copy(ObjectId object, size_t to, std::span<const ObjectId> values) {
    for (size_t index = 0; index < values.size(); ++index) write(object, to + index, values[index]);
}

void HeapModel::fill(ObjectId object, size_t to, size_t count, ObjectId value) {
    for (size_t index = 0; index < count; ++index) write(object, to + index, value);
}

void HeapModel::reset() {
    last_ = {};
    begin_traversal();
    bury_unreached();
    first_id_ += objects_.size();
    objects_.clear();
    cells_.clear();
    roots_.clear();
    global_roots_.clear();
    kept_ = kNoObject;
    pending_.clear();
    maybe_.clear();
    update_pending_ids();
    finalizers_ = 0;
}

// ---------------------------------------------------------------------------------------- roots

void HeapModel::set_cell(size_t cell, ObjectId object) {
    assert(object == kNoObject || find(object) != nullptr);
    if (cell >= cells_.size()) cells_.resize(cell + 1, kNoObject);
    cells_[cell] = object;
}

ObjectId HeapModel::cell(size_t cell) const {
    return cell < cells_.size() ? cells_[cell] : kNoObject;
}

void HeapModel::push_root(size_t cell) {
    assert(this->cell(cell) == kNoObject || find(this->cell(cell)) != nullptr);
    roots_.push_back(cell);
}

MorphCode HeapModel::pop_roots(size_t count) {
    if (count > roots_.size()) return note_failure(MORPH_ERROR_SCOPE);
    roots_.resize(roots_.size() - count);
    return MORPH_OK;
}

MorphCode HeapModel::pop_root(size_t cell) {
    if (roots_.empty() || roots_.back() != cell) return note_failure(MORPH_ERROR_SCOPE);
    roots_.pop_back();
    return MORPH_OK;
}

void HeapModel::add_global_root(size_t cell) {
    assert(this->cell(cell) == kNoObject || find(this->cell(cell)) != nullptr);
    global_roots_.push_back(cell);
}

MorphCode HeapModel::remove_global_root(size_t cell) {
    const auto found = std::ranges::find(global_roots_, cell);
    if (found == global_roots_.end()) return note_failure(MORPH_ERROR_NOT_AN_OBJECT);
    global_roots_.erase(found);
    return MORPH_OK;
}

bool HeapModel::is_root(size_t cell) const {
    return std::ranges::count(roots_, cell) + std::ranges::count(global_roots_, cell) != 0;
}

// ----------------------------------------------------------------- weak references and finalizers

void HeapModel::set_weak(ObjectId weak, ObjectId target) {
    assert(types_[alive(weak).type].layout == MORPH_LAYOUT_WEAK);
    assert(target == kNoObject || find(target) != nullptr);
    alive(weak).target = target;
    alive(weak).maybe_cleared = false;
}

bool HeapModel::observe_weak(ObjectId weak, ObjectId target) {
    HeapObject& object = alive(weak);
    if (target == kNoObject && object.target != kNoObject) {
        if (!object.maybe_cleared) return false;
        clear_weak(object);
    }
    object.maybe_cleared = false;
    return object.target == target;
}

void HeapModel::clear_weak(HeapObject& weak) {
    weak.target = kNoObject;
    weak.maybe_cleared = false;
    weak_cleared_ += 1;
}

void HeapModel::set_finalizer(ObjectId object, bool on) {
    const auto is_it = [object](const Waiting& waiting) { return waiting.object == object; };
    HeapObject& owner = alive(object);
    const bool is_pending = std::ranges::any_of(pending_, is_it);
    const bool was_on = owner.finalizer != 0 || is_pending;
    if (on && !was_on) owner.finalizer = ++last_finalizer_;
    if (!on) {
        owner.finalizer = 0;
        std::erase_if(pending_, is_it);
        std::erase_if(maybe_, is_it);
        update_pending_ids();
    }
    if (on != was_on) finalizers_ += on ? uint64_t{1} : ~uint64_t{0};
}

bool HeapModel::start_finalizer(ObjectId object) {
    const auto is_it = [object](const Waiting& waiting) { return waiting.object == object; };
    const auto comes_first = [](const Waiting& one, const Waiting& other) {
        return one.batch != 0 && one.batch == other.batch && one.finalizer < other.finalizer;
    };
    HeapObject* owner = find(object);
    if (owner == nullptr) return false;
    if (const auto sure = std::ranges::find_if(pending_, is_it); sure != pending_.end()) {
        const Waiting started = *sure;
        pending_.erase(sure);
        update_pending_ids();
        for (const Waiting& other : pending_) {
            if (comes_first(other, started)) return false;
        }
    } else {
        const auto perhaps = std::ranges::find_if(maybe_, is_it);
        if (perhaps == maybe_.end()) return false;
        const Waiting started = *perhaps;
        maybe_.erase(perhaps);
        // What was set before this one and died with it would have run: so it did not die.
        std::erase_if(maybe_, [&](const Waiting& other) { return comes_first(other, started); });
        owner->finalizer = 0;
    }
    finalizers_ -= 1;
    finalizers_run_ += 1;
    for (HeapObject* weak : live_) {
        if (weak->target == object) clear_weak(*weak);
    }
    return true;
}

ObjectId HeapModel::finish_collections() {
    const ObjectId missed = pending_.empty() ? kNoObject : pending_.front().object;
    finalizers_ -= pending_.size();
    pending_.clear();
    maybe_.clear();
    update_pending_ids();
    return missed;
}

void HeapModel::update_pending_ids() {
    pending_ids_.clear();
    for (const Waiting& waiting : pending_) pending_ids_.push_back(waiting.object);
}

MorphCode HeapModel::note_failure(MorphCode code) {
    failures_ += 1;
    return code;
}

}  // namespace reference
