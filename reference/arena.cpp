// morph/arena.h over the Model. The inline fast path finds no room, so every call comes here.

#include "morph/arena.h"

#include <memory>
#include <new>
#include <string>

#include "reference/config.h"
#include "reference/owner.h"

namespace reference {
namespace {

struct Arena : MorphArena {
    Arena(const Settings& settings, const MorphArenaConfig& config)
        : MorphArena{nullptr, nullptr}, owner(settings, config.report, config.report_user) {}
    Owner owner;
};

Owner& owner_of(MorphArena* arena) {
    return static_cast<Arena*>(arena)->owner;
}
const Owner& owner_of(const MorphArena* arena) {
    return static_cast<const Arena*>(arena)->owner;
}

// A mark is the number of its scope: numbers are never used twice, so a dead one is always known.
MorphArenaMark* mark_of(uint64_t scope) {
    return reinterpret_cast<MorphArenaMark*>(static_cast<uintptr_t>(scope));
}

}  // namespace
}  // namespace reference

using reference::owner_of;

extern "C" {

MorphArena* morph_arena_create(const MorphArenaConfig* given) {
    const MorphArenaConfig config = given != nullptr ? *given : MorphArenaConfig{};
    if (!reference::check_arena(config)) return nullptr;
    reference::Settings settings = {.rules = reference::Rules::arena};
    settings.debug = config.enable_debug;
    settings.limits = config.memory;
    auto arena = std::make_unique<reference::Arena>(settings, config);
    return arena->owner.open() ? arena.release() : nullptr;
}

void morph_arena_destroy(MorphArena* arena) {
    if (arena == nullptr) return;
    owner_of(arena).check_guards();
    delete static_cast<reference::Arena*>(arena);
}

void* morph_arena_alloc_slow(MorphArena* arena, size_t size) {
    return owner_of(arena).keep(owner_of(arena).model.allocate(size));
}

void* morph_arena_alloc_aligned(MorphArena* arena, size_t size, size_t alignment) {
    return owner_of(arena).keep(owner_of(arena).model.allocate(size, 0, false, alignment));
}

void* morph_arena_alloc_zeroed(MorphArena* arena, size_t size) {
    return owner_of(arena).keep(owner_of(arena).model.allocate(size, 0, true));
}

void morph_arena_reset(MorphArena* arena) {
    owner_of(arena).reset();
}

MorphArenaMark* morph_arena_mark(MorphArena* arena) {
    const uint64_t scope = owner_of(arena).model.mark();
    if (scope == 0) owner_of(arena).keep(MORPH_ERROR_OUT_OF_MEMORY);
    return reference::mark_of(scope);
}

MorphCode morph_arena_release(MorphArena* arena, MorphArenaMark* mark) {
    return owner_of(arena).release(reinterpret_cast<uintptr_t>(mark));
}

MorphArenaStats morph_arena_stats(const MorphArena* arena) {
    const reference::Model& model = owner_of(arena).model;
    MorphArenaStats stats = model.arena_figures();
    stats.bytes_mapped = model.memory().bytes();
    stats.bytes_mapped_peak = model.memory().bytes_peak();
    stats.bytes_reserved = model.bytes_taken(MORPH_ROOM_ARENA);
    stats.bytes_padding = stats.bytes_reserved - stats.bytes_used;
    stats.large_objects = model.live().size();
    stats.utilisation = 1;
    if (stats.bytes_reserved != 0) {
        stats.utilisation =
            static_cast<double>(stats.bytes_used) / static_cast<double>(stats.bytes_reserved);
    }
    return stats;
}

bool morph_arena_contains(const MorphArena* arena, const void* address) {
    return owner_of(arena).model.find(address) != nullptr;
}

MorphCode morph_arena_verify(MorphArena* arena) {
    return owner_of(arena).verify();
}

MorphError morph_arena_last_error(const MorphArena* arena) {
    return owner_of(arena).last;
}

}  // extern "C"
