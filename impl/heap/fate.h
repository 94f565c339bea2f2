// Fate: what a collection has found out about objects, as the weak references and finalizers ask.
#pragma once

namespace morph {

struct Fate {
    void* user;
    // Where object lies now; nullptr: it is dead. Unchanged: not concerned by this collection (old,
    // in a minor one), or found reachable where it is.
    void* (*resolve)(void* user, void* object);
    // Whether address (where an object lies now) is in the young generation.
    bool (*is_young)(void* user, const void* address);

    [[nodiscard]] void* now(void* object) const { return resolve(user, object); }
    [[nodiscard]] bool young(const void* address) const {
        return address != nullptr && is_young(user, address);
    }
};

}  // namespace morph
