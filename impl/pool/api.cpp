// The C interface of morph/pool.h: a Pool with a Source of its own, in one home mapping.
#include <new>

#include "chunk/check.h"
#include "pool/pool.h"

namespace morph {
namespace {

// Bases, so that they are made before the pool that refers to them and go after it.
struct OwnParts {
    Source source;
    ErrorState errors;
    const MorphMemoryLimits limits;
};

struct OwnPool : OwnParts, Pool {
    OwnPool(const MorphPoolConfig& config, size_t home_bytes)
        : OwnParts{Source(config.memory, home_bytes), {}, config.memory},
          Pool(source, errors, Reporter{config.report, config.report_user}, config.enable_debug) {}

    // What is wrong with the object comes first.
    void* refuse_zero(const void* object) {
        Slot slot;
        if (object == nullptr || require_live(object, &slot)) {
            errors.fail(MORPH_ERROR_INVALID_ARGUMENT, "pool: reallocation to 0 bytes; free it");
        }
        return nullptr;
    }
};

constexpr size_t kSmallestBound = kChunkBytes + (size_t{64} << 10);
static_assert(sizeof(OwnPool) <= size_t{32} << 10, "with the source's table below 64 KiB");

Pool* of(MorphPool* pool) {
    return static_cast<Pool*>(pool);
}
const Pool* of(const MorphPool* pool) {
    return static_cast<const Pool*>(pool);
}

OwnPool* own(MorphPool* pool) {
    return static_cast<OwnPool*>(of(pool));
}
const OwnPool* own(const MorphPool* pool) {
    return static_cast<const OwnPool*>(of(pool));
}

}  // namespace
}  // namespace morph

using morph::of;
using morph::own;
using morph::OwnPool;

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
    MorphMemoryLimits limits = owner->limits;
    owner->~OwnPool();
    morph::Source::return_home(limits, owner, sizeof(OwnPool));
}

void* morph_pool_alloc_typed(MorphPool* pool, size_t size, uint32_t type) {
    return of(pool)->allocate(size, type);
}

MorphCode morph_pool_free(MorphPool* pool, void* object, size_t size) {
    return of(pool)->release(object, size);
}

void* morph_pool_realloc(MorphPool* pool, void* object, size_t new_size) {
    if (new_size == 0) return own(pool)->refuse_zero(object);
    return of(pool)->reallocate(object, new_size, nullptr, nullptr);
}

void morph_pool_reset(MorphPool* pool) {
    of(pool)->reset();
}

MorphAddressInfo morph_pool_query(const MorphPool* pool, const void* address) {
    return of(pool)->query(address);
}

void morph_pool_walk(const MorphPool* pool, MorphObjectVisitor visit, void* user) {
    of(pool)->walk(visit, user);
}

MorphPoolStats morph_pool_stats(const MorphPool* pool) {
    return of(pool)->stats();
}

MorphCode morph_pool_verify(MorphPool* pool) {
    const char* broken = own(pool)->source.check();
    if (broken == nullptr) broken = of(pool)->verify();
    if (broken == nullptr) return MORPH_OK;
    return own(pool)->errors.fail(MORPH_ERROR_CORRUPTION, "pool: invariant %s is broken", broken);
}

MorphError morph_pool_last_error(const MorphPool* pool) {
    return own(pool)->errors.last;
}
