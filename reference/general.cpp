// morph/general.h over the Model. Where an object is kept is the allocator's own affair: here each
// is a piece of malloc's, and it stays in place as long as its pool slot would be the same.

#include "morph/general.h"

#include <cstring>
#include <memory>

#include "reference/config.h"
#include "reference/owner.h"

struct MorphGeneral {};

namespace reference {
namespace {

struct General : MorphGeneral {
    General(const Settings& settings, const MorphGeneralConfig& config)
        : owner(settings, config.report, config.report_user), reports_leaks(config.report_leaks) {}
    Owner owner;
    bool reports_leaks;
};

Owner& owner_of(MorphGeneral* general) {
    return static_cast<General*>(general)->owner;
}
const Owner& owner_of(const MorphGeneral* general) {
    return static_cast<const General*>(general)->owner;
}

// The live object that begins there; nullptr: none does.
const Object* find(const MorphGeneral* general, const void* address) {
    const Object* object = owner_of(general).model.find(address);
    return object != nullptr && object->address == address ? object : nullptr;
}

}  // namespace
}  // namespace reference

using reference::owner_of;

extern "C" {

MorphGeneral* morph_general_create(const MorphGeneralConfig* given) {
    const MorphGeneralConfig config = given != nullptr ? *given : MorphGeneralConfig{};
    if (!reference::check_general(config)) return nullptr;
    reference::Settings settings = {.rules = reference::Rules::general};
    settings.debug = config.enable_debug;
    settings.limits = config.memory;
    auto general = std::make_unique<reference::General>(settings, config);
    return general->owner.open() ? general.release() : nullptr;
}

void morph_general_destroy(MorphGeneral* general) {
    auto* own = static_cast<reference::General*>(general);
    if (own != nullptr && own->reports_leaks) own->owner.report_leaks();
    delete own;
}

void* morph_general_alloc(MorphGeneral* general, size_t size) {
    return owner_of(general).keep(owner_of(general).model.allocate(size));
}

void* morph_general_alloc_zeroed(MorphGeneral* general, size_t size) {
    return owner_of(general).keep(owner_of(general).model.allocate(size, 0, true));
}

void* morph_general_alloc_aligned(MorphGeneral* general, size_t size, size_t alignment) {
    return owner_of(general).keep(owner_of(general).model.allocate(size, 0, false, alignment));
}

void* morph_general_realloc(MorphGeneral* general, void* address, size_t new_size) {
    if (address == nullptr) return morph_general_alloc(general, new_size);
    MorphCode code = MORPH_OK;
    reference::Object* object = owner_of(general).claim(address, &code);
    return object != nullptr ? owner_of(general).reallocate(*object, new_size) : nullptr;
}

MorphCode morph_general_free(MorphGeneral* general, void* address) {
    if (address == nullptr) return MORPH_OK;
    MorphCode code = MORPH_OK;
    reference::Object* object = owner_of(general).claim(address, &code);
    return object != nullptr ? owner_of(general).free(*object) : code;
}

size_t morph_general_size(const MorphGeneral* general, const void* address) {
    const reference::Object* object = reference::find(general, address);
    return object != nullptr ? object->size : 0;
}

void morph_general_reset(MorphGeneral* general) {
    owner_of(general).reset();
}

MorphAddressInfo morph_general_query(const MorphGeneral* general, const void* address) {
    return owner_of(general).query(address);
}

MorphGeneralStats morph_general_stats(const MorphGeneral* general) {
    const reference::Model& model = owner_of(general).model;
    MorphGeneralStats stats = model.general_figures();
    stats.bytes_mapped = model.memory().bytes();
    stats.bytes_mapped_peak = model.memory().bytes_peak();
    return stats;
}

MorphCode morph_general_verify(MorphGeneral* general) {
    return owner_of(general).verify();
}

MorphError morph_general_last_error(const MorphGeneral* general) {
    return general != nullptr ? owner_of(general).last : morph_creation_error();
}

}  // extern "C"
