// The graph that roots reach, on both sides at once: the subject's addresses and the model's ids.
//
// Isomorphic means: each id has one address and each address one id; size, type, flags and data are
// the object's own; and each slot holds the address of what the model's slot holds.
#include <algorithm>

#include "fuzz/fill.h"
#include "fuzz/heap_session.h"

namespace suite {
namespace {

// To ask for an age may cost a walk of the nursery: of larger graphs some are asked, in turn.
constexpr size_t kAgesMax = 64;

unsigned long long number(uint64_t id) {
    return id;
}

}  // namespace

bool HeapSession::check_object(Id id, const void* address, Checker checker, const char* when) {
    const reference::HeapObject& model = *model_->find(id);
    const size_t size = heap_->size_of(address);
    const uint32_t type = heap_->type_of(address);
    if (can_.precise && (size != model.size || type != model.type)) {
        return fail(checker, "object %llu at %p: %zu bytes of type %u, expected %zu of type %u%s",
                    number(id), address, size, type, model.size, model.type, when);
    }
    if (can_.precise && heap_->flags_of(address) != model.flags) {
        return fail(checker, "object %llu at %p: flags 0x%02x, expected 0x%02x%s", number(id),
                    address, heap_->flags_of(address), model.flags, when);
    }
    const Shadow& shadow = shadow_of(id);
    const size_t offset =
        contents_->first_difference(address, model.type, model.size, model.size, shadow.identity);
    if (offset == model.size) return true;
    const auto* bytes = static_cast<const unsigned char*>(address);
    return fail(checker == Checker::graph ? Checker::contents : checker,
                "object %llu at %p (%zu bytes): byte %zu is 0x%02x, expected 0x%02x%s", number(id),
                address, model.size, offset, bytes[offset], filled_byte(offset, shadow.identity),
                when);
}

bool HeapSession::check_age(Id id, const void* address) {
    if (!can_.precise || !can_.query) return true;
    const std::optional<MorphAddressInfo> info = subject_->query(address);
    if (!info.has_value()) return true;
    if (!info->allocated || info->object != address) {
        return fail(Checker::query, "object %llu at %p: allocated %d, object %p", number(id),
                    address, info->allocated, info->object);
    }
    if (!can_.generations && (info->room == MORPH_ROOM_OLD || info->room == MORPH_ROOM_LARGE)) {
        return true;
    }
    if (model_->age_is_legal(id, info->room, info->age, memory_refused_)) return true;
    return fail(Checker::ages, "object %llu survived %u collections: room %d, age %u", number(id),
                model_->find(id)->survived, info->room, info->age);
}

// One object, reached by one reference. Its own references are followed by check_graph.
bool HeapSession::visit(Id id, const void* address, Checker checker, const char* when) {
    if ((address == nullptr) != (id == reference::kNoObject)) {
        return fail(checker, "%p is reached where object %llu is expected%s", address, number(id),
                    when);
    }
    if (address == nullptr) return true;
    Shadow& shadow = shadow_of(id);
    if (shadow.seen == walk_) {
        if (shadow.address == address) return true;
        return fail(checker, "object %llu is at %p and at %p%s", number(id),
                    static_cast<void*>(shadow.address), address, when);
    }
    shadow.seen = walk_;
    shadow.address = static_cast<unsigned char*>(const_cast<void*>(address));
    const reference::HeapObject& model = *model_->find(id);
    places_.push_back({shadow.address, std::max<size_t>(model.size, 1), id});
    if (!check_object(id, address, checker, when)) return false;
    if (model_->type(model.type).layout == MORPH_LAYOUT_WEAK) weak_seen_.push_back(id);
    return true;
}

bool HeapSession::visit_slots(const reference::HeapObject& object, unsigned char* address,
                              Checker checker, const char* when) {
    for (size_t slot = 0; slot < object.slots.size(); ++slot) {
        void* at = address + model_->offset_of(object.type, slot);
        const void* value = *static_cast<void**>(at);
        const Id id = object.slots[slot];
        if (value == nullptr && id == reference::kNoObject) continue;
        if (!visit(id, value, checker, when)) {
            if (result_.finding) {
                result_.finding->text +=
                    ", by slot " + std::to_string(slot) + " of object " + std::to_string(object.id);
            }
            return false;
        }
    }
    return true;
}

// Each address is one object's, and they lie apart.
bool HeapSession::check_places(Checker checker) {
    std::ranges::sort(places_, {}, &Place::address);
    for (size_t i = 1; i < places_.size(); ++i) {
        const Place& before = places_[i - 1];
        const Place& place = places_[i];
        if (before.address == place.address) {
            return fail(checker, "objects %llu and %llu are both at %p", number(before.id),
                        number(place.id), static_cast<void*>(place.address));
        }
        if (place.address - before.address >= static_cast<ptrdiff_t>(before.bytes)) continue;
        return fail(Checker::overlap, "object %llu at %p overlaps object %llu at %p (%zu bytes)",
                    number(place.id), static_cast<void*>(place.address), number(before.id),
                    static_cast<void*>(before.address), before.bytes);
    }
    return true;
}

// Of the graph in order of discovery. The subject's is the same: it was found isomorphic.
uint64_t HeapSession::digest() {
    uint64_t value = 0;
    ++walk_;
    std::vector<Id> found;
    const auto add = [&](uint64_t number) { value = (value ^ number) * 0x9e3779b97f4a7c15; };
    const auto reach = [&](Id id) {
        if (id == reference::kNoObject) return add(0);
        Shadow& shadow = shadow_of(id);
        if (shadow.seen != walk_) {
            shadow.seen = walk_;
            shadow.order = found.size();
            found.push_back(id);
        }
        add(1 + shadow.order);
    };
    for (size_t cell : model_->roots()) reach(model_->cell(cell));
    for (size_t cell : model_->global_roots()) reach(model_->cell(cell));
    for (size_t next = 0; next < found.size(); ++next) {  // it grows
        const reference::HeapObject& object = *model_->find(found[next]);
        add(object.type);
        add(object.size);
        add(object.flags);
        add(shadow_of(object.id).identity);
        for (Id id : object.slots) reach(id);
    }
    return value;
}

bool HeapSession::check_graph(Checker checker, const char* when) {
    ++walk_;
    places_.clear();
    weak_seen_.clear();
    const auto visit_cell = [&](size_t cell) {
        return visit(model_->cell(cell), cells_[cell], checker, when);
    };
    if (!std::ranges::all_of(model_->roots(), visit_cell)) return false;
    if (!std::ranges::all_of(model_->global_roots(), visit_cell)) return false;
    for (size_t next = 0; next < places_.size(); ++next) {  // it grows
        const Place place = places_[next];
        if (!visit_slots(*model_->find(place.id), place.address, checker, when)) return false;
    }
    const size_t step = 1 + places_.size() / kAgesMax;
    for (size_t i = walk_ % step; collected_ && i < places_.size(); i += step) {
        if (!check_age(places_[i].id, places_[i].address)) return false;
    }
    for (Id id : weak_seen_) {
        if (!observe_weak(id, heap_->weak_get(shadow_of(id).address), true)) return false;
    }
    return check_places(checker);
}

}  // namespace suite
