// Freeing, resizing, and reset: what ends the life of an object, or moves it.
#include <cstring>

#include "chunk/check.h"
#include "context/mode.h"

namespace morph {

[[gnu::always_inline]] inline MorphCode Context::free(void* object) {
    Slot slot;
    if (MORPH_LIKELY(pool_.locate(object, &slot))) {
        ObjectInfo info = pool_.describe(slot);
        count_free(info.size, info.type);
        pool_.release_located(slot);
        return MORPH_OK;
    }
    return free_slow(object);
}

// Arena objects, errors, debug mode and instrumented builds.
[[gnu::noinline]] MorphCode Context::free_slow(void* object) {
    return in_turn(reporter_, this, "morph_mem_free", [=, this] { return free_any(object); });
}

MorphCode Context::free_any(void* object) {
    if (object == nullptr) return MORPH_OK;
    const Chunk* chunk = source_.find(object);
    if (chunk != nullptr && chunk->kind != ChunkKind::pool && arena_.contains(object)) {
        return MORPH_OK;  // stays until reset
    }
    ObjectInfo freed = {};
    if (pool_.release_unsized(object, &freed) != MORPH_OK) return count_failure();
    count_free(freed.size, freed.type);
    return MORPH_OK;
}

// Stays in its slot, or moves to another one of the pools: the pool knows which.
void* Context::keep_in_pool(void* object, size_t new_size) {
    ObjectInfo old = {};
    bool moved = false;
    void* resized = pool_.reallocate(object, new_size, &old, &moved);
    if (resized == nullptr) return count_null();
    if (moved) {
        count_allocation(MORPH_ROOM_POOL, new_size, old.type);
        count_free(old.size, old.type);
    } else {
        MORPH_CHECK(resized == object);
        count_resize(old.size, new_size, old.type);
    }
    return resized;
}

void* Context::move_from_pool(void* object, size_t old_size, size_t new_size, uint32_t type) {
    // The guard is looked at now: once the arena has given the new place, there is no way back.
    Slot slot;
    ObjectInfo info;
    if (!pool_.require_live(object, &slot) || !pool_.inspect_live(slot, &info)) return count_null();
    void* moved = take(MORPH_ROOM_ARENA, new_size, MORPH_DEFAULT_ALIGNMENT, type, false);
    if (moved == nullptr) return count_null();
    memcpy(moved, object, old_size < new_size ? old_size : new_size);
    count_allocation(MORPH_ROOM_ARENA, new_size, type);
    MorphCode code = pool_.release(object, old_size);
    MORPH_CHECK(code == MORPH_OK);
    count_free(old_size, type);
    return moved;
}

void* Context::copy_from_arena(const Chunk* chunk, const void* object, size_t old_size,
                               size_t new_size, uint32_t type) {
    // The arena does not know its objects' sizes; but none ends behind its chunk.
    size_t offset = reinterpret_cast<uintptr_t>(object) - reinterpret_cast<uintptr_t>(chunk);
    if (old_size > chunk->bytes - offset) {
        fail(MORPH_ERROR_WRONG_SIZE, "old_size: an object of %zu bytes cannot lie at %p", old_size,
             object);
        return nullptr;
    }
    void* copy = allocate_with(new_size, MORPH_DEFAULT_ALIGNMENT, type, MORPH_PLACE_BY_SIZE, false);
    if (copy != nullptr) memcpy(copy, object, old_size < new_size ? old_size : new_size);
    return copy;
}

void* Context::reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) {
    if (object == nullptr) {
        return allocate_with(new_size, MORPH_DEFAULT_ALIGNMENT, type, MORPH_PLACE_BY_SIZE, false);
    }
    const Chunk* chunk = source_.find(object);
    if (chunk != nullptr && chunk->kind != ChunkKind::pool && arena_.contains(object)) {
        return copy_from_arena(chunk, object, old_size, new_size, type);
    }
    MorphAddressInfo info = pool_.query(object);
    if (info.room != MORPH_ROOM_POOL || !info.allocated || info.object != object) {
        // No object: the pool says what is wrong, and reports it in debug mode.
        void* none = pool_.reallocate(object, 1, nullptr, nullptr);
        MORPH_CHECK(none == nullptr);
        return count_null();
    }
    MorphRoom room = MORPH_ROOM_NONE;
    MorphCode code =
        choose_room(new_size, MORPH_DEFAULT_ALIGNMENT, type, MORPH_PLACE_BY_SIZE, &room);
    uint32_t new_class = pool_.slot_class(new_size, MORPH_DEFAULT_ALIGNMENT);
    bool stays = new_class != 0 && morph_size_class_bytes(new_class) == info.slot_size;
    if (code != MORPH_OK) return count_null();
    if (type != info.type) {
        fail(MORPH_ERROR_INVALID_ARGUMENT, "type_id: %p is of type %u, not %u", object, info.type,
             type);
        return nullptr;
    }
    if (debug_ && old_size != info.size) {
        reporter_.report(MORPH_REPORT_WRONG_SIZE, object, info.size, info.type,
                         "context: realloc of %p with old size %zu; it has %zu (type %u)", object,
                         old_size, info.size, info.type);
        fail(MORPH_ERROR_WRONG_SIZE, "old_size: %zu given for %p, which has %zu", old_size, object,
             info.size);
        return nullptr;
    }
    if (stays || room == MORPH_ROOM_POOL) return keep_in_pool(object, new_size);
    return move_from_pool(object, info.size, new_size, type);
}

void Context::reset() {
    totals_.bytes_live_peak = totals_.peak();
    totals_.bytes_live = 0;
    totals_.arena.free_all();
    totals_.resets += 1;
    for (uint32_t type = 0; type < types_.count(); ++type) types_[type].counters.free_all();
    pool_.reset();
    arena_.reset();
}

}  // namespace morph

extern "C" {

MorphCode morph_mem_free(MorphMemContext* context, void* object) {
    return morph::in_mode(context, [=](auto& its) { return its.free(object); });
}

void* morph_mem_realloc(MorphMemContext* context, void* object, size_t old_size, size_t new_size,
                        uint32_t type_id) {
    return morph::with_context(context, "morph_mem_realloc", [=](auto& its) {
        return its.reallocate(object, old_size, new_size, type_id);
    });
}

void morph_mem_reset(MorphMemContext* context) {
    morph::with_context(context, "morph_mem_reset", [](auto& its) { its.reset(); });
}

}  // extern "C"
