// The functions of morph/arena.h: an arena on a source of its own.
#include <new>

#include "arena/arena.h"
#include "chunk/check.h"

namespace morph {
namespace {

// What lives in an arena's home. Bases are destroyed last to first: the arena before its source.
struct Home {
    Home(const MorphMemoryLimits& memory_limits, size_t home_bytes)
        : limits(memory_limits), source(memory_limits, home_bytes) {}
    MorphMemoryLimits limits;
    SingleUse use;
    ErrorState errors;
    Source source;
};

class OwningArena : public Home, public Arena {
 public:
    explicit OwningArena(const MorphArenaConfig& config)
        : Home(config.memory, sizeof(OwningArena)),
          Arena(Home::source, Home::errors,
                {config.block_size,
                 config.enable_debug,
                 {config.report, config.report_user, config.enable_debug ? &use : nullptr}}) {}
};

Arena* arena_of(MorphArena* arena) {
    return static_cast<Arena*>(arena);
}
const Arena* arena_of(const MorphArena* arena) {
    return static_cast<const Arena*>(arena);
}

// call(the arena), in a turn of its own.
template <typename Its, typename Call>
auto with_arena(Its* arena, const char* name, Call call) {
    auto& its = *arena_of(arena);
    return in_turn(its.reporter(), arena, name, [&] { return call(its); });
}

constexpr size_t kBlockBytesMin = 4096;
constexpr size_t kBlockBytesMax = size_t{1} << 30;
constexpr size_t kBoundReserve = size_t{64} << 10;  // metadata that a bound must leave room for

bool validate(const MorphArenaConfig& config) {
    size_t block = config.block_size;
    if (block != 0 &&
        ((block & (block - 1)) != 0 || block < kBlockBytesMin || block > kBlockBytesMax)) {
        set_creation_error(MORPH_ERROR_INVALID_CONFIGURATION,
                           "block_size: %zu is not 0 or a power of two from %zu to %zu", block,
                           kBlockBytesMin, kBlockBytesMax);
        return false;
    }
    size_t least = (block == 0 ? kChunkBytes : block) + kChunkBytes + kBoundReserve;
    if (config.memory.bytes_max != 0 && config.memory.bytes_max < least) {
        set_creation_error(MORPH_ERROR_INVALID_CONFIGURATION,
                           "memory.bytes_max: %zu is below %zu (block size, chunk size and 64 KiB "
                           "together); 0 means no bound",
                           config.memory.bytes_max, least);
        return false;
    }
    return true;
}

void destroy(OwningArena* arena) {
    MorphMemoryLimits limits = arena->limits;
    arena->~OwningArena();
    Source::return_home(limits, arena, sizeof(OwningArena));
}

}  // namespace
}  // namespace morph

extern "C" {

MorphArena* morph_arena_create(const MorphArenaConfig* config) {
    using morph::OwningArena;
    MorphArenaConfig defaults{};
    if (config == nullptr) config = &defaults;
    if (!morph::validate(*config)) return nullptr;
    morph::Refusal refusal = morph::Refusal::none;
    void* home = morph::Source::map_home(config->memory, sizeof(OwningArena), &refusal);
    if (home == nullptr) {
        morph::set_creation_error(
            MORPH_ERROR_OUT_OF_MEMORY, "arena: %zu bytes for the arena itself refused by the %s",
            sizeof(OwningArena), refusal == morph::Refusal::hook ? "request hook" : "system");
        return nullptr;
    }
    auto* arena = new (home) OwningArena(*config);
    if (!arena->prepare()) {
        morph::set_creation_error(arena->last_error());
        morph::destroy(arena);
        return nullptr;
    }
    return arena;
}

void morph_arena_destroy(MorphArena* arena) {
    if (arena == nullptr) return;
    morph::Turn turn(morph::arena_of(arena)->reporter(), arena, "morph_arena_destroy");
    if (!turn) return;
    turn.stay();
    morph::destroy(static_cast<morph::OwningArena*>(arena));
}

void* morph_arena_alloc_slow(MorphArena* arena, size_t size) {
    return morph::arena_of(arena)->alloc_slow(size);
}

void* morph_arena_alloc_aligned(MorphArena* arena, size_t size, size_t alignment) {
    return morph::arena_of(arena)->alloc_aligned(size, alignment);
}

void* morph_arena_alloc_zeroed(MorphArena* arena, size_t size) {
    return morph::arena_of(arena)->alloc_zeroed(size);
}

void morph_arena_reset(MorphArena* arena) {
    morph::with_arena(arena, "morph_arena_reset", [=](auto& its) { return its.reset(); });
}

MorphArenaMark* morph_arena_mark(MorphArena* arena) {
    return morph::with_arena(arena, "morph_arena_mark", [=](auto& its) { return its.mark(); });
}

MorphCode morph_arena_release(MorphArena* arena, MorphArenaMark* mark) {
    return morph::with_arena(arena, "morph_arena_release",
                             [=](auto& its) { return its.release(mark); });
}

MorphArenaStats morph_arena_stats(const MorphArena* arena) {
    return morph::with_arena(arena, "morph_arena_stats", [=](auto& its) { return its.stats(); });
}

bool morph_arena_contains(const MorphArena* arena, const void* address) {
    return morph::with_arena(arena, "morph_arena_contains",
                             [=](auto& its) { return its.contains(address); });
}

MorphCode morph_arena_verify(MorphArena* arena) {
    return morph::with_arena(arena, "morph_arena_verify", [=](auto& its) { return its.verify(); });
}

MorphError morph_arena_last_error(const MorphArena* arena) {
    const morph::Arena* its = morph::arena_of(arena);
    return morph::error_in_turn(its->reporter(), [=] { return its->last_error(); });
}

}  // extern "C"
