// What an allocation would be, by the rules of a Model: its room and slot, or why it is refused.

#include <algorithm>

#include "reference/model.h"

namespace reference {
namespace {

constexpr size_t kBaselineHeaderBytes = 88;
constexpr size_t kBaselinePageBytes = 4096;
constexpr size_t kLargestSlot = 1152;  // the next class above 1,024: there for guards only

bool is_power_of_two(size_t number) {
    return number != 0 && (number & (number - 1)) == 0;
}

// number <= MORPH_MAX_REQUEST, so nothing wraps.
size_t round_up(size_t number, size_t multiple) {
    return (number + multiple - 1) / multiple * multiple;
}

// Size classes: multiples of 8 up to 128, then of an eighth of the power of two below.
size_t size_class_bytes(size_t bytes) {
    size_t step = 8;
    for (size_t power = 128; power < bytes; power *= 2) step = power / 8;
    return round_up(bytes, step);
}

// What does not fit a page with its header has a mapping of its own, and so has what is aligned.
MorphRoom room_of_baseline(const Object& planned) {
    const bool fits = planned.size <= kBaselinePageBytes - kBaselineHeaderBytes;
    return fits && planned.alignment <= MORPH_DEFAULT_ALIGNMENT ? MORPH_ROOM_OLD : MORPH_ROOM_LARGE;
}

}  // namespace

size_t pool_slot_bytes(size_t size, size_t alignment, bool debug) {
    const size_t payload = std::max(size, size_t{1});
    if (payload > MORPH_POOL_MAX_SIZE) return 0;
    if (round_up(payload, alignment) > MORPH_POOL_MAX_SIZE) return 0;
    const size_t needed = round_up(payload + (debug ? kGuardBytes : 0), alignment);
    return needed <= kLargestSlot ? size_class_bytes(needed) : 0;
}

size_t own_alignment(size_t size) {
    return size > MORPH_DEFAULT_ALIGNMENT ? MORPH_GENERAL_ALIGNMENT : MORPH_DEFAULT_ALIGNMENT;
}

MorphCode Model::plan(size_t size, size_t alignment, uint32_t type, MorphMemPlacement placement,
                      Object* planned) const {
    const bool pool = settings_.rules == Rules::pool;
    if (pool && size > MORPH_POOL_MAX_SIZE) return MORPH_ERROR_TOO_LARGE;
    if (pool && type >= MORPH_MAX_TYPES) return MORPH_ERROR_UNKNOWN_TYPE;
    if (in_context()) {
        if (type >= types_.size()) return MORPH_ERROR_UNKNOWN_TYPE;
        if (raw_number(placement) > MORPH_PLACE_ARENA) return MORPH_ERROR_INVALID_ARGUMENT;
        if (placement == MORPH_PLACE_BY_SIZE) placement = types_[type].placement;
    }
    if (!is_power_of_two(alignment)) return MORPH_ERROR_INVALID_ARGUMENT;
    if (alignment > MORPH_MAX_ALIGNMENT) return MORPH_ERROR_INVALID_ARGUMENT;
    if (size > MORPH_MAX_REQUEST) return MORPH_ERROR_TOO_LARGE;

    planned->size = size;
    planned->alignment = std::max(alignment, MORPH_DEFAULT_ALIGNMENT);
    planned->type = type;
    planned->scope = scopes_.size();
    if (settings_.rules == Rules::baseline) {
        planned->slot = round_up(std::max(size, size_t{1}), 8);
        planned->reserved = planned->slot + (settings_.debug ? kGuardBytes : 0);
        planned->room = room_of_baseline(*planned);
        return MORPH_OK;
    }
    if (settings_.rules == Rules::general) {
        planned->alignment = std::max(planned->alignment, own_alignment(size));
        planned->slot = pool_slot_bytes(size, planned->alignment, settings_.debug);
        planned->room = planned->slot != 0 ? MORPH_ROOM_POOL : MORPH_ROOM_RUNS;
        if (planned->slot == 0) planned->slot = round_up(std::max(size, size_t{1}), 8);
        planned->reserved = planned->slot + (settings_.debug ? kGuardBytes : 0);
        return MORPH_OK;
    }
    planned->room = MORPH_ROOM_POOL;
    if (settings_.rules == Rules::arena || placement == MORPH_PLACE_ARENA) {
        planned->room = MORPH_ROOM_ARENA;
    }
    const size_t slot = pool_slot_bytes(size, planned->alignment, settings_.debug);
    if (planned->room == MORPH_ROOM_POOL && slot == 0) {
        if (placement == MORPH_PLACE_POOL) return MORPH_ERROR_TOO_LARGE;
        planned->room = MORPH_ROOM_ARENA;
    }
    if (planned->room == MORPH_ROOM_POOL) {
        planned->slot = slot;
        planned->reserved = slot;
    } else {
        planned->slot = round_up(std::max(size, size_t{1}), 8);
        planned->reserved = planned->slot + (settings_.debug ? kGuardBytes : 0);
    }
    return MORPH_OK;
}

}  // namespace reference
