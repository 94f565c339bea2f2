// Dispatcher: which room serves an allocation; and the hot path.
#include <cstring>

#include "chunk/check.h"
#include "context/mode.h"

namespace morph {

// Everything common is inline here and calls nothing: type, limit, pop, count. What else there may
// be (no free slot at hand, arena, wide types, errors, debug mode) is allocate_slow's.
[[gnu::always_inline]] inline void* Context::allocate(size_t size, uint32_t type) {
    if (MORPH_LIKELY(type < types_.inline_count())) {
        TypeRecord& record = types_[type];
        if (MORPH_LIKELY(size < record.pool_sizes)) {
            if (size > MORPH_POOL_MAX_SIZE) __builtin_unreachable();  // TYPES-LIMIT
            void* object = pool_.pop(size, type);
            if (MORPH_LIKELY(object != nullptr)) {
                record.counters.add_allocation(size);
                totals_.bytes_live += size;
                return object;
            }
        }
    }
    return allocate_slow(size, type);
}

// Not inlined: the common path then needs no stack frame.
[[gnu::noinline]] void* Context::allocate_slow(size_t size, uint32_t type) {
    return in_turn(reporter_, this, "morph_mem_alloc", [=, this] {
        return allocate_with(size, MORPH_DEFAULT_ALIGNMENT, type, MORPH_PLACE_BY_SIZE, false);
    });
}

// Which error comes first when several things are wrong: type, placement, alignment, size.
MorphCode Context::choose_room(size_t size, size_t alignment, uint32_t type,
                               MorphMemPlacement placement, MorphRoom* room) {
    if (type >= types_.count()) {
        return errors_.fail(MORPH_ERROR_UNKNOWN_TYPE,
                            "type %u is not registered; ids from 0 to %u are", type,
                            types_.count() - 1);
    }
    unsigned number = raw_number(placement);
    if (number > MORPH_PLACE_ARENA) {
        return errors_.fail(MORPH_ERROR_INVALID_ARGUMENT,
                            "placement: %u is none of MORPH_PLACE_BY_SIZE (0), _POOL (1), "
                            "_ARENA (2)",
                            number);
    }
    bool is_power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
    if (!is_power_of_two || alignment > MORPH_MAX_ALIGNMENT) {
        return errors_.fail(MORPH_ERROR_INVALID_ARGUMENT,
                            "alignment: %zu is not a power of two from 1 to %zu", alignment,
                            MORPH_MAX_ALIGNMENT);
    }
    if (size > MORPH_MAX_REQUEST) {
        return errors_.fail(MORPH_ERROR_TOO_LARGE, "size: %zu exceeds the largest request, %zu",
                            size, MORPH_MAX_REQUEST);
    }
    if (number == MORPH_PLACE_BY_SIZE) placement = types_[type].placement;
    if (alignment < MORPH_DEFAULT_ALIGNMENT) alignment = MORPH_DEFAULT_ALIGNMENT;
    bool fits_pool = pool_.slot_class(size, alignment) != 0;
    if (placement == MORPH_PLACE_POOL && !fits_pool) {
        return errors_.fail(MORPH_ERROR_TOO_LARGE,
                            "%zu bytes aligned to %zu do not fit in a pool, whose limit is %zu; "
                            "placed by size or in the arena they would",
                            size, alignment, MORPH_POOL_MAX_SIZE);
    }
    bool to_pool = fits_pool && placement != MORPH_PLACE_ARENA;
    *room = to_pool ? MORPH_ROOM_POOL : MORPH_ROOM_ARENA;
    return MORPH_OK;
}

// From the room itself, uncounted. nullptr: the room has noted why.
void* Context::take(MorphRoom room, size_t size, size_t alignment, uint32_t type, bool zeroed) {
    if (alignment < MORPH_DEFAULT_ALIGNMENT) alignment = MORPH_DEFAULT_ALIGNMENT;
    if (room == MORPH_ROOM_POOL) {
        void* object = alignment == MORPH_DEFAULT_ALIGNMENT
                           ? pool_.allocate(size, type)
                           : pool_.allocate_aligned(size, alignment, type);
        if (object != nullptr && zeroed) memset(object, 0, size);
        return object;
    }
    if (alignment > MORPH_DEFAULT_ALIGNMENT) {
        void* object = arena_.alloc_aligned(size, alignment);
        if (object != nullptr && zeroed) memset(object, 0, size);
        return object;
    }
    return zeroed ? arena_.alloc_zeroed(size) : arena_.alloc(size);
}

void* Context::allocate_with(size_t size, size_t alignment, uint32_t type,
                             MorphMemPlacement placement, bool zeroed) {
    MorphRoom room = MORPH_ROOM_NONE;
    if (choose_room(size, alignment, type, placement, &room) != MORPH_OK) return count_null();
    void* object = take(room, size, alignment, type, zeroed);
    if (object == nullptr) return count_null();
    MORPH_CHECK((reinterpret_cast<uintptr_t>(object) & (alignment - 1)) == 0);
    count_allocation(room, size, type);
    return object;
}

}  // namespace morph

extern "C" {

void* morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type_id) {
    return morph::in_mode(context, [=](auto& its) __attribute__((always_inline)) {
        return its.allocate(size, type_id);
    });
}

void* morph_mem_alloc_zeroed(MorphMemContext* context, size_t size, uint32_t type_id) {
    return morph::with_context(context, "morph_mem_alloc_zeroed", [=](auto& its) {
        return its.allocate_with(size, MORPH_DEFAULT_ALIGNMENT, type_id, MORPH_PLACE_BY_SIZE, true);
    });
}

void* morph_mem_alloc_with(MorphMemContext* context, size_t size, size_t alignment,
                           uint32_t type_id, MorphMemPlacement placement) {
    return morph::with_context(context, "morph_mem_alloc_with", [=](auto& its) {
        return its.allocate_with(size, alignment, type_id, placement, false);
    });
}

}  // extern "C"
