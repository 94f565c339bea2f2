#include "heap/ledger.h"

#include <cstring>

#include "heap/remember.h"
#include "heap/trace.h"
#include "heap/young_walk.h"

namespace morph {
namespace {

constexpr unsigned char kGuardByte = 0xfd;
constexpr uint64_t kGuard = 0xfdfdfdfdfdfdfdfd;

// NULL adds nothing, so that the sum of a fresh object is 0.
uint64_t mix(size_t offset, const void* value) {
    if (value == nullptr) return 0;
    uint64_t number = reinterpret_cast<uintptr_t>(value) + offset * 0x9e3779b97f4a7c15u;
    number = (number ^ number >> 32) * 0xd6e8feb86659fd93u;
    return number ^ number >> 32;
}

size_t offset_of(const void* object, void* const* slot) {
    return reinterpret_cast<uintptr_t>(slot) - reinterpret_cast<uintptr_t>(object);
}

}  // namespace

Ledger::Trailer* Ledger::trailer_of(void* object) const {
    size_t size = parts_.size_of(object);
    return reinterpret_cast<Trailer*>(static_cast<unsigned char*>(object) +
                                      ((size + 7) & ~size_t{7}));
}

uint64_t Ledger::sum_of(void* object) const {
    const TypeLayout& layout = parts_.layout_of(object);
    if (!layout.has_references() || layout.layout == MORPH_LAYOUT_CUSTOM) return 0;
    uint64_t sum = 0;
    each_slot(object, parts_.size_of(object), layout,
              [&](void** slot) { sum += mix(offset_of(object, slot), *slot); });
    return sum;
}

void Ledger::write_guard(void* object) {
    size_t size = parts_.size_of(object);
    Trailer* trailer = trailer_of(object);
    unsigned char* end = static_cast<unsigned char*>(object) + size;
    memset(end, kGuardByte, static_cast<size_t>(reinterpret_cast<unsigned char*>(trailer) - end));
    trailer->guard = kGuard;
}

bool Ledger::guard_intact(void* object) const {
    const Trailer* trailer = trailer_of(object);
    const auto* guards = reinterpret_cast<const unsigned char*>(trailer);
    const unsigned char* end = static_cast<unsigned char*>(object) + parts_.size_of(object);
    for (; end != guards; ++end) {
        if (*end != kGuardByte) return false;
    }
    return trailer->guard == kGuard;
}

void Ledger::open(void* object) {
    write_guard(object);
    settle(object);
}

void Ledger::settle(void* object) {
    trailer_of(object)->word = sum_of(object);
}

void Ledger::note(void* object, void** slot, const void* value) {
    const TypeLayout& layout = parts_.layout_of(object);
    if (!layout.has_references() || layout.layout == MORPH_LAYOUT_CUSTOM) return;
    size_t offset = offset_of(object, slot);
    trailer_of(object)->word += mix(offset, value) - mix(offset, *slot);
}

void Ledger::check(void* object) {
    uint32_t type = type_of(*header_of(object));
    size_t size = parts_.size_of(object);
    if (!guard_intact(object)) {
        parts_.reporter.report(MORPH_REPORT_GUARD_OVERWRITTEN, object, size, type,
                               "heap: the bytes behind object %p (%zu bytes, type %u \"%s\") were "
                               "written",
                               object, size, type, parts_.types[type].name);
        write_guard(object);
    }
    uint64_t sum = sum_of(object);
    if (trailer_of(object)->word == sum) return;
    parts_.reporter.report(MORPH_REPORT_MISSED_BARRIER, object, size, type,
                           "heap: a reference in object %p (%zu bytes, type %u \"%s\") was stored "
                           "without the write barrier",
                           object, size, type, parts_.types[type].name);
    trailer_of(object)->word = sum;
    remember_whole(parts_, object);  // what the barrier would have done
}

bool Ledger::intact(void* object) const {
    return guard_intact(object) && trailer_of(object)->word == sum_of(object);
}

void Ledger::check_all() {
    walk_young(parts_, [this](Header* header) {
        check(object_at(header));
        return true;
    });
    parts_.old.walk(
        [](void* ledger, Header* header) {
            static_cast<Ledger*>(ledger)->check(object_at(header));
            return true;
        },
        this);
}

}  // namespace morph
