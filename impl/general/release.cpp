// Freeing and resizing: what ends the life of an object, or moves it.
#include <cstring>

#include "chunk/check.h"
#include "general/general.h"

namespace morph {

// A plain pool object that may be freed by release_located. Whatever else the address is, nothing
// is read but the Source's table and what it says is ours.
[[gnu::always_inline]] inline bool General::locate(const void* object, Slot* slot) const {
    if (!MORPH_LIKELY(pool_.spans(object))) return false;
    return MORPH_LIKELY(source_.surely_covers(object, ChunkKind::pool)) &&
           pool_.locate(object, slot);
}

[[gnu::always_inline]] inline MorphCode General::release(void* object) {
    Slot slot;
    if (MORPH_LIKELY(locate(object, &slot))) {
        counts_.add_free(pool_.size_of_located(slot));
        pool_.release_located(slot);
        return MORPH_OK;
    }
    return release_slow(object);
}

// What the address is, when it is no live object: noted and, in debug mode, reported.
void General::refuse(Chunk* chunk, const void* object) {
    const char* what = "is no object of this allocator";
    MorphReportKind kind = MORPH_REPORT_FOREIGN_POINTER;
    if (chunk != nullptr && chunk->kind == ChunkKind::general_runs) {
        Runs::Finding finding = Runs::classify(chunk, object).finding;
        if (finding == Runs::Finding::interior) what = "lies inside an object";
        if (finding == Runs::Finding::freed) {
            what = "is free already";
            kind = MORPH_REPORT_DOUBLE_FREE;
        }
    } else if (chunk != nullptr && chunk->kind == ChunkKind::general_large) {
        auto* large = static_cast<MappedChunk*>(chunk);
        if (object > large->object) what = "lies inside an object";
    }
    if (dress_.debug()) reporter_.report(kind, object, 0, 0, "general: %p %s", object, what);
    errors_.fail(MORPH_ERROR_NOT_AN_OBJECT, "general: %p %s", object, what);
}

// Unless it is live and its guard intact, the error is noted.
bool General::find(void* object, Found* found) {
    Chunk* chunk = source_.find(object);
    found->kind = chunk != nullptr ? chunk->kind : ChunkKind::arena;
    switch (found->kind) {
        case ChunkKind::pool: {
            ObjectInfo info;
            if (!pool_.require_live(object, &found->slot)) return false;
            if (!pool_.inspect_live(found->slot, &info)) return false;
            found->size = info.size;
            found->room = found->slot.block->slot_size;
            return true;
        }
        case ChunkKind::general_runs:
            if (!Runs::locate(chunk, object, &found->run)) break;
            found->size = morph::size_of(found->run);
            found->room = bytes_of(found->run);
            return runs_.inspect(found->run);
        case ChunkKind::general_large:
            found->large = Mappings::locate(chunk, object);
            if (found->large == nullptr) break;
            found->size = found->large->size;
            found->room = found->large->bytes;
            return mappings_.inspect(found->large);
        default:
            break;
    }
    refuse(chunk, object);
    return false;
}

// It was found; the count is the caller's.
void General::discard(const Found& found, void* object) {
    if (found.kind == ChunkKind::pool) {
        MorphCode code = pool_.release(object, found.size);
        MORPH_CHECK(code == MORPH_OK);
    } else if (found.kind == ChunkKind::general_runs) {
        runs_.release(found.run);
    } else {
        mappings_.release(found.large);
    }
}

void General::count_free(size_t size) {
    counts_.add_free(size);
    if (size > MORPH_POOL_MAX_SIZE) counts_.large_live -= 1;
}

[[gnu::noinline]] MorphCode General::release_slow(void* object) {
    return in_turn(reporter_, this, "morph_general_free",
                   [=, this] { return release_any(object); });
}

MorphCode General::release_any(void* object) {
    if (object == nullptr) return MORPH_OK;
    Found found;
    if (!find(object, &found)) return count_failure();
    discard(found, object);
    count_free(found.size);
    return MORPH_OK;
}

// ------------------------------------------------------------------------------------- resizing

// Moves, as long as a place is to be had, what would waste memory where it is: in a slot of
// another class than its own, a run that could be a slot, a mapping of which half is idle.
bool General::should_move(const Found& found, size_t new_size) const {
    if (found.kind == ChunkKind::pool) {
        uint32_t size_class = pool_.slot_class(new_size, own_alignment(new_size));
        return size_class == 0 || morph_size_class_bytes(size_class) != found.room;
    }
    if (found.kind == ChunkKind::general_runs) return new_size <= MORPH_POOL_MAX_SIZE;
    return new_size < found.room / 2;
}

// Stays in place, if it can.
Runs::Resize General::resize(const Found& found, size_t new_size) {
    if (found.kind == ChunkKind::general_runs) {
        return Runs::fits(new_size, 1) ? runs_.resize(found.run, new_size) : Runs::Resize::no_room;
    }
    if (found.kind == ChunkKind::general_large) {
        return mappings_.resize(found.large, new_size) ? Runs::Resize::done : Runs::Resize::no_room;
    }
    // A larger size has another class, so it moves.
    MORPH_CHECK(new_size <= found.room && found.room - new_size >= dress_.guard());
    pool_.resize_in_place(found.slot, {found.size, 0}, new_size);
    return Runs::Resize::done;
}

void General::count_resize(size_t old_size, size_t new_size) {
    counts_.resizes += 1;
    if (new_size > old_size) {
        counts_.add_bytes(new_size - old_size);
    } else {
        counts_.take_bytes(old_size - new_size);
    }
    counts_.large_live += (new_size > MORPH_POOL_MAX_SIZE ? 1u : 0u);
    counts_.large_live -= (old_size > MORPH_POOL_MAX_SIZE ? 1u : 0u);
}

// To a place of its own. nullptr: refused, and nothing has changed but the error.
void* General::move(void* object, const Found& found, size_t new_size) {
    size_t spare = new_size > found.size && !dress_.debug() ? new_size / 8 : 0;
    void* fresh = place(new_size, own_alignment(new_size), spare).object;
    if (fresh == nullptr) return nullptr;
    std::memcpy(fresh, object, found.size < new_size ? found.size : new_size);
    note(fresh, new_size);
    discard(found, object);
    count_free(found.size);
    return fresh;
}

[[gnu::noinline]] void* General::reallocate_slow(void* object, size_t new_size) {
    return in_turn(reporter_, this, "morph_general_realloc",
                   [=, this] { return reallocate_any(object, new_size); });
}

void* General::reallocate_any(void* object, size_t new_size) {
    if (object == nullptr) return allocate_slow(new_size);
    Found found;
    if (!find(object, &found)) return count_null();
    bool shrinks = new_size <= found.size;
    if (!should_move(found, new_size)) {
        Runs::Resize outcome = resize(found, new_size);
        if (outcome == Runs::Resize::damaged) return count_null();
        if (outcome == Runs::Resize::done) {
            count_resize(found.size, new_size);
            return object;
        }
        MORPH_CHECK(!shrinks);
    }
    MorphError before;
    if (shrinks) before = errors_.last;
    void* moved = move(object, found, new_size);
    if (moved != nullptr) return moved;
    if (!shrinks) return count_null();
    // Shrinking does not fail.
    Runs::Resize outcome = resize(found, new_size);
    MORPH_CHECK(outcome == Runs::Resize::done);
    errors_.last = before;
    count_resize(found.size, new_size);
    return object;
}

// The common cases: an object of the pool that stays there.
[[gnu::always_inline]] inline void* General::reallocate(void* object, size_t new_size) {
    Slot slot;
    if (MORPH_LIKELY(new_size - 1 < MORPH_POOL_MAX_SIZE && locate(object, &slot))) {
        ObjectInfo old = {pool_.size_of_located(slot), 0};
        uint32_t size_class = morph_size_class(pool_step(new_size));
        if (morph_size_class_bytes(size_class) == slot.block->slot_size) {
            pool_.resize_in_place(slot, old, new_size);
            count_resize(old.size, new_size);
            return object;
        }
        void* fresh = pool_.pop_from(size_class, new_size, 0);
        if (MORPH_LIKELY(fresh != nullptr)) {
            counts_.add_allocation(new_size);
            std::memcpy(fresh, object, old.size < new_size ? old.size : new_size);
            counts_.add_free(old.size);
            pool_.release_located(slot);
            return fresh;
        }
    }
    return reallocate_slow(object, new_size);
}

void General::reset() {
    counts_.free_all();
    counts_.resets += 1;
    pool_.reset();
    runs_.reset();
    mappings_.reset();
}

size_t General::size_of(const void* object) const {
    Slot slot;
    if (MORPH_LIKELY(locate(object, &slot))) return pool_.size_of_located(slot);
    return in_turn(reporter_, this, "morph_general_size", [=, this] {
        MorphAddressInfo info = query(object);
        return info.allocated && info.object == object ? info.size : 0;
    });
}

}  // namespace morph

extern "C" {

MorphCode morph_general_free(MorphGeneral* general, void* object) {
    return static_cast<morph::General*>(general)->release(object);
}

void* morph_general_realloc(MorphGeneral* general, void* object, size_t new_size) {
    return static_cast<morph::General*>(general)->reallocate(object, new_size);
}

size_t morph_general_size(const MorphGeneral* general, const void* object) {
    return static_cast<const morph::General*>(general)->size_of(object);
}

void morph_general_reset(MorphGeneral* general) {
    morph::with_general(general, "morph_general_reset", [](auto& its) { its.reset(); });
}

}  // extern "C"
