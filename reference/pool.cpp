// morph/pool.h over the Model. The inline fast path finds no free slot, so every call comes here.

#include "morph/pool.h"

#include <memory>

#include "reference/config.h"
#include "reference/owner.h"

namespace reference {
namespace {

// The bins are all zero, for ever.
struct Pool : MorphPool {
    Pool(const Settings& settings, const MorphPoolConfig& config)
        : MorphPool{}, owner(settings, config.report, config.report_user) {}
    Owner owner;
};

Owner& owner_of(MorphPool* pool) {
    return static_cast<Pool*>(pool)->owner;
}
const Owner& owner_of(const MorphPool* pool) {
    return static_cast<const Pool*>(pool)->owner;
}

}  // namespace
}  // namespace reference

using reference::owner_of;

extern "C" {

MorphPool* morph_pool_create(const MorphPoolConfig* given) {
    const MorphPoolConfig config = given != nullptr ? *given : MorphPoolConfig{};
    if (!reference::check_pool(config)) return nullptr;
    reference::Settings settings = {.rules = reference::Rules::pool};
    settings.debug = config.enable_debug;
    settings.limits = config.memory;
    auto pool = std::make_unique<reference::Pool>(settings, config);
    return pool->owner.open() ? pool.release() : nullptr;
}

void morph_pool_destroy(MorphPool* pool) {
    delete static_cast<reference::Pool*>(pool);
}

void* morph_pool_alloc_typed(MorphPool* pool, size_t size, uint32_t type) {
    return owner_of(pool).keep(owner_of(pool).model.allocate(size, type));
}

MorphCode morph_pool_free(MorphPool* pool, void* address, size_t size) {
    if (address == nullptr) return MORPH_OK;
    MorphCode code = MORPH_OK;
    reference::Object* object = owner_of(pool).claim(address, &code);
    if (object == nullptr) return code;
    code = owner_of(pool).check_size(*object, size);
    return code == MORPH_OK ? owner_of(pool).free(*object) : code;
}

void* morph_pool_realloc(MorphPool* pool, void* address, size_t new_size) {
    reference::Owner& owner = owner_of(pool);
    if (address == nullptr && new_size == 0) owner.fail(MORPH_ERROR_INVALID_ARGUMENT);
    if (address == nullptr) return new_size != 0 ? morph_pool_alloc(pool, new_size) : nullptr;
    MorphCode code = MORPH_OK;
    reference::Object* object = owner.claim(address, &code);
    return object != nullptr ? owner.reallocate(*object, new_size) : nullptr;
}

void morph_pool_reset(MorphPool* pool) {
    owner_of(pool).reset();
}

MorphAddressInfo morph_pool_query(const MorphPool* pool, const void* address) {
    return owner_of(pool).query(address);
}

void morph_pool_walk(const MorphPool* pool, MorphObjectVisitor visit, void* user) {
    owner_of(pool).walk(visit, user);
}

MorphPoolStats morph_pool_stats(const MorphPool* pool) {
    MorphPoolStats stats = owner_of(pool).model.pool_figures();
    stats.bytes_mapped = owner_of(pool).model.memory().bytes();
    stats.bytes_mapped_peak = owner_of(pool).model.memory().bytes_peak();
    return stats;
}

MorphCode morph_pool_verify(MorphPool* pool) {
    return owner_of(pool).verify();
}

MorphError morph_pool_last_error(const MorphPool* pool) {
    return owner_of(pool).last;
}

}  // extern "C"
