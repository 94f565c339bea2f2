// The C interface of morph/pool.h: a Pool with a Source of its own, in one home mapping.
#include <new>

#include "chunk/check.h"
#include "chunk/single_use.h"
#include "pool/pool.h"

namespace morph {
namespace {

// Bases, so that they are made before the pool that refers to them and go after it.
struct OwnParts {
    OwnParts(const MorphPoolConfig& config, size_t home_bytes)
        : source(config.memory, home_bytes),
          limits(config.memory),
          reporter{config.report, config.report_user, config.enable_debug ? &use : nullptr} {}
    SingleUse use;
    Source source;
    ErrorState errors;
    const MorphMemoryLimits limits;
    const Reporter reporter;
};

struct OwnPool : OwnParts, Pool {
    OwnPool(const MorphPoolConfig& config, size_t home_bytes)
        : OwnParts(config, home_bytes), Pool(source, errors, reporter, config.enable_debug) {}

    // What is wrong with the object comes first.
    void* refuse_zero(const void* object) {
        Slot slot;
        if (object == nullptr || require_live(object, &slot)) {
            errors.fail(MORPH_ERROR_INVALID_ARGUMENT, "pool: reallocation to 0 bytes; free it");
        }
        return nullptr;
    }

    MorphCode verify_all() {
        const char* broken = source.check();
        if (broken == nullptr) broken = verify();
        if (broken == nullptr) return MORPH_OK;
        return errors.fail(MORPH_ERROR_CORRUPTION, "pool: invariant %s is broken", broken);
    }
};

constexpr size_t kSmallestBound = kChunkBytes + (size_t{64} << 10);
static_assert(sizeof(OwnPool) <= size_t{32} << 10, "with the source's table below 64 KiB");

Pool* of(MorphPool* pool) {
    return static_cast<Pool*>(pool);
}

OwnPool* own(MorphPool* pool) {
    return static_cast<OwnPool*>(of(pool));
}
// Queries do not change what the user sees; but they take their turn.
OwnPool* own(const MorphPool* pool) {
    return own(const_cast<MorphPool*>(pool));
}

// call(the pool), in a turn of its own.
template <typename Its, typename Call>
auto with_pool(Its* pool, const char* name, Call call) {
    OwnPool& its = *own(pool);
    return in_turn(its.reporter, pool, name, [&] { return call(its); });
}

// The uncommon part of the two hot calls. In debug mode all comes here: pop and locate ask only
// what is constant then. Not inlined, so that the common part needs no stack frame.
[[gnu::noinline]] void* allocate_slowly(MorphPool* pool, size_t size, uint32_t type) {
    return with_pool(pool, "morph_pool_alloc",
                     [=](OwnPool& its) { return its.allocate_slow(size, type); });
}
[[gnu::noinline]] MorphCode free_slowly(MorphPool* pool, void* object, size_t size) {
    return with_pool(pool, "morph_pool_free",
                     [=](OwnPool& its) { return its.release(object, size); });
}

}  // namespace
}  // namespace morph

using morph::of;
using morph::own;
using morph::OwnPool;
using morph::with_pool;

MorphPool* morph_pool_create(const MorphPoolConfig* config) {
    MorphPoolConfig chosen = config != nullptr ? *config : MorphPoolConfig{};
    size_t bound = chosen.memory.bytes_max;
    if (bound != 0 && bound < morph::kSmallestBound) {
        morph::set_creation_error(
            MORPH_ERROR_INVALID_CONFIGURATION, "memory.bytes_max: %s is less than a pool needs, %s",
            morph::Grouped(bound).text, morph::Grouped(morph::kSmallestBound).text);
        return nullptr;
    }
    morph::Refusal refusal = morph::Refusal::none;
    void* home = morph::Source::map_home(chosen.memory, sizeof(OwnPool), &refusal);
    if (home == nullptr) {
        morph::set_creation_error(MORPH_ERROR_OUT_OF_MEMORY,
                                  "pool: %s bytes for its records were refused by the %s",
                                  morph::Grouped(sizeof(OwnPool)).text,
                                  refusal == morph::Refusal::hook ? "request hook" : "system");
        return nullptr;
    }
    return new (home) OwnPool(chosen, sizeof(OwnPool));
}

void morph_pool_destroy(MorphPool* pool) {
    if (pool == nullptr) return;
    OwnPool* owner = own(pool);
    morph::Turn turn(owner->reporter, pool, "morph_pool_destroy");
    if (!turn) return;
    turn.stay();
    MorphMemoryLimits limits = owner->limits;
    owner->~OwnPool();
    morph::Source::return_home(limits, owner, sizeof(OwnPool));
}

void* morph_pool_alloc_typed(MorphPool* pool, size_t size, uint32_t type) {
    void* object = of(pool)->pop(size, type);
    return MORPH_LIKELY(object != nullptr) ? object : morph::allocate_slowly(pool, size, type);
}

MorphCode morph_pool_free(MorphPool* pool, void* object, size_t size) {
    morph::Slot slot;
    if (MORPH_LIKELY(of(pool)->locate(object, &slot))) {
        of(pool)->release_located(slot);
        return MORPH_OK;
    }
    return morph::free_slowly(pool, object, size);
}

void* morph_pool_realloc(MorphPool* pool, void* object, size_t new_size) {
    return with_pool(pool, "morph_pool_realloc", [=](OwnPool& its) {
        return new_size == 0 ? its.refuse_zero(object)
                             : its.reallocate(object, new_size, nullptr, nullptr);
    });
}

void morph_pool_reset(MorphPool* pool) {
    with_pool(pool, "morph_pool_reset", [](OwnPool& its) { its.reset(); });
}

MorphAddressInfo morph_pool_query(const MorphPool* pool, const void* address) {
    return with_pool(pool, "morph_pool_query", [=](OwnPool& its) { return its.query(address); });
}

void morph_pool_walk(const MorphPool* pool, MorphObjectVisitor visit, void* user) {
    with_pool(pool, "morph_pool_walk", [=](OwnPool& its) { its.walk(visit, user); });
}

MorphPoolStats morph_pool_stats(const MorphPool* pool) {
    return with_pool(pool, "morph_pool_stats", [](OwnPool& its) { return its.stats(); });
}

MorphCode morph_pool_verify(MorphPool* pool) {
    return with_pool(pool, "morph_pool_verify", [](OwnPool& its) { return its.verify_all(); });
}

MorphError morph_pool_last_error(const MorphPool* pool) {
    OwnPool* owner = own(pool);
    return morph::error_in_turn(owner->reporter, [=] { return owner->errors.last; });
}
