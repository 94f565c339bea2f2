// What a subject says of addresses, against what the model knows.
//
// A pool knows each slot: live or not, where it begins, its size and type; and so does V1 of its
// objects. An arena knows only whether a live object may cover the address.
#include <cstdio>

#include "fuzz/session.h"

namespace suite {
namespace {

int static_foreigner = 0;

}  // namespace

Session::Step Session::query(size_t position, size_t offset) {
    const Shadow& shadow = live_.at(position);
    size_t choice = offset;
    offset %= shadow.size + 1;
    std::snprintf(outcome_, sizeof outcome_, "at offset %zu", offset);
    bool good = offset < shadow.size || offset == 0
                    ? check_inside(shadow, offset)
                    : check_behind(reinterpret_cast<uintptr_t>(shadow.address) + offset);
    return good && check_foreign(choice) ? Step::done : Step::bad;
}

bool Session::check_inside(const Shadow& shadow, size_t offset) {
    std::optional<MorphAddressInfo> info = subject_->query(shadow.address + offset);
    if (!info.has_value()) return true;
    const reference::Object* model = shadow.model;
    MorphRoom room = model != nullptr ? model->room : info->room;
    // V1 may serve any size from what it finds free, in a page or in a mapping of its own.
    const bool in_heap = info->room == MORPH_ROOM_OLD || info->room == MORPH_ROOM_LARGE;
    if (can_.baseline && in_heap) room = info->room;
    const bool general = entry_.kind == Kind::general;
    if (general && (info->room == MORPH_ROOM_POOL || info->room == MORPH_ROOM_RUNS ||
                    info->room == MORPH_ROOM_LARGE)) {
        room = info->room;
    }
    if (!info->allocated || info->room != room) {
        return fail(Checker::query, "object %u at offset %zu: allocated %d in room %d, is in %d",
                    shadow.number, offset, info->allocated, info->room, room);
    }
    if (room == MORPH_ROOM_ARENA) return true;
    if (info->object != shadow.address || info->size != shadow.size) {
        return fail(Checker::query,
                    "object %u at offset %zu: begins at %p with %zu bytes, expected %p with %zu",
                    shadow.number, offset, info->object, info->size,
                    static_cast<void*>(shadow.address), shadow.size);
    }
    if (model == nullptr) return true;
    if (info->type != model->type) {
        return fail(Checker::query, "object %u: type %u, expected %u", shadow.number, info->type,
                    model->type);
    }
    if (general) {
        return info->slot_size >= model->size ||
               fail(Checker::query, "object %u: %zu bytes in a slot of %zu", shadow.number,
                    model->size, info->slot_size);
    }
    const size_t slot = room == MORPH_ROOM_POOL ? model->slot : V1Law::slot_bytes(model->size);
    if (info->slot_size != slot) {
        return fail(Checker::query, "object %u: slot of %zu bytes, expected %zu", shadow.number,
                    info->slot_size, slot);
    }
    return true;
}

// The address behind an object: its own slack, another object (whose slot check_inside looks at),
// or no object at all.
bool Session::check_behind(uintptr_t address) {
    std::optional<MorphAddressInfo> info = subject_->query(reinterpret_cast<void*>(address));
    if (!info.has_value() || info->room == MORPH_ROOM_ARENA || !info->allocated) return true;
    const IntervalMap::Range* range = ranges_.find(reinterpret_cast<uintptr_t>(info->object));
    if (range == nullptr || range->begin != reinterpret_cast<uintptr_t>(info->object)) {
        return fail(Checker::query, "%p is said to belong to an object at %p; none is there",
                    reinterpret_cast<void*>(address), info->object);
    }
    const Shadow& owner = live_.in_slot(range->value);
    // The header of a heap's object belongs to its slot.
    const uintptr_t begin = range->begin - (can_.baseline ? V1Law::kHeaderBytes : 0);
    if (address - begin >= info->slot_size) {
        return fail(Checker::query, "%p is said to belong to object %u, whose slot ends before it",
                    reinterpret_cast<void*>(address), owner.number);
    }
    return check_inside(owner, 0);
}

bool Session::check_foreign(size_t choice) {
    int on_stack = 0;
    const void* addresses[] = {nullptr,
                               &on_stack,
                               &static_foreigner,
                               subject_.get(),
                               reinterpret_cast<void*>(~uintptr_t{7}),
                               reinterpret_cast<void*>(uintptr_t{8})};
    const void* address = addresses[choice % std::size(addresses)];
    std::optional<MorphAddressInfo> info = subject_->query(address);
    if (!info.has_value() || (!info->allocated && info->room == MORPH_ROOM_NONE)) return true;
    return fail(Checker::query, "foreign address %p: allocated %d, room %d", address,
                info->allocated, info->room);
}

// Right after a free: no address that was the object's is anybody's.
bool Session::check_freed(const unsigned char* object, size_t size) {
    if (!can_.query) return true;
    for (size_t offset : {size_t{0}, size / 2}) {
        std::optional<MorphAddressInfo> info = subject_->query(object + offset);
        if (!info.has_value() || !info->allocated) continue;
        return fail(Checker::query, "%p was freed and is said to be allocated",
                    static_cast<const void*>(object + offset));
    }
    return true;
}

// Right after a reset or release, before anything else can be there.
bool Session::check_dropped() {
    if (!can_.query) return true;
    for (const void* object : dropped_) {
        std::optional<MorphAddressInfo> info = subject_->query(object);
        if (!info.has_value() || !info->allocated) continue;
        return fail(Checker::query, "%p was dropped and is said to be allocated", object);
    }
    return true;
}

}  // namespace suite
