// What a Heap's collections begin with, and what they end with: roots; weak references and
// finalizers.

#include <algorithm>
#include <cstring>

#include "reference/heap.h"

namespace reference {
namespace {

constexpr size_t kRootsFirst = 64;

}  // namespace

// -------------------------------------------------------------------------------- shadow stack

size_t Heap::root_depth() const {
    return static_cast<size_t>(roots_top - roots_base);
}

MorphCode Heap::push_root(void** slot) {
    if (slot == nullptr) return fail(MORPH_ERROR_INVALID_ARGUMENT, "slot: NULL");
    if (roots_top == roots_limit) {
        const size_t depth = root_depth();
        const size_t room = depth == 0 ? kRootsFirst : 2 * depth;
        unsigned char* piece = memory_.take(room * sizeof *roots_base, MORPH_DEFAULT_ALIGNMENT);
        if (piece == nullptr) return fail(MORPH_ERROR_OUT_OF_MEMORY);
        auto*** grown = static_cast<void***>(static_cast<void*>(piece));
        std::copy(roots_base, roots_top, grown);
        if (roots_base != nullptr) {
            memory_.give_back(static_cast<unsigned char*>(static_cast<void*>(roots_base)),
                              depth * sizeof *roots_base);
        }
        roots_base = grown;
        roots_top = grown + depth;
        roots_limit = grown + room;
    }
    *roots_top++ = slot;
    return MORPH_OK;
}

MorphCode Heap::pop_roots(size_t count) {
    if (count > root_depth()) return fail(MORPH_ERROR_SCOPE, "fewer roots are pushed");
    roots_top -= count;
    return MORPH_OK;
}

MorphCode Heap::pop_root(void** slot) {
    if (root_depth() == 0 || roots_top[-1] != slot) {
        if (debug()) {
            report(MORPH_REPORT_ROOT_ORDER, slot, nullptr,
                   ": the root popped is not the last one pushed");
        }
        return fail(MORPH_ERROR_SCOPE, "the root popped is not the last one pushed");
    }
    roots_top -= 1;
    return MORPH_OK;
}

// -------------------------------------------------------------------------------- global roots

MorphCode Heap::add_global_root(void** slot) {
    if (slot == nullptr) return fail(MORPH_ERROR_INVALID_ARGUMENT, "slot: NULL");
    unsigned char* entry = memory_.take(sizeof(GlobalRoot), MORPH_DEFAULT_ALIGNMENT);
    if (entry == nullptr) return fail(MORPH_ERROR_OUT_OF_MEMORY);
    globals_.push_back({slot, entry});
    return MORPH_OK;
}

MorphCode Heap::remove_global_root(void** slot) {
    const auto found = std::ranges::find(globals_, slot, &GlobalRoot::slot);
    if (found == globals_.end()) {
        return fail(MORPH_ERROR_NOT_AN_OBJECT, "the slot is not a global root");
    }
    memory_.give_back(found->entry, sizeof(GlobalRoot));
    *found = globals_.back();
    globals_.pop_back();
    return MORPH_OK;
}

// --------------------------------------------------------------- weak references and finalizers

MorphCode Heap::set_weak(void* weak, void* target) {
    Record* record = find(weak);
    if (record == nullptr || types_[record->type].layout != MORPH_LAYOUT_WEAK) {
        return fail(MORPH_ERROR_NOT_AN_OBJECT, "weak: not a weak reference");
    }
    *static_cast<void**>(weak) = target;
    settle(*record);
    return MORPH_OK;
}

MorphCode Heap::set_finalizer(void* object, MorphFinalizer finalizer, void* user) {
    if (find(object) == nullptr) return fail(MORPH_ERROR_NOT_AN_OBJECT);
    const auto ready = std::ranges::find(ready_, object, &Finalizer::object);
    const auto set = finalizers_.find(object);
    Finalizer* present = ready != ready_.end()      ? &*ready
                         : set != finalizers_.end() ? &set->second
                                                    : nullptr;
    if (present != nullptr && finalizer != nullptr) {
        present->call = finalizer;
        present->user = user;
    } else if (present != nullptr) {
        memory_.give_back(present->entry, sizeof(Finalizer));
        if (ready != ready_.end()) ready_.erase(ready);
        if (set != finalizers_.end()) finalizers_.erase(set);
    } else if (finalizer != nullptr) {
        unsigned char* entry = memory_.take(sizeof(Finalizer), MORPH_DEFAULT_ALIGNMENT);
        if (entry == nullptr) return fail(MORPH_ERROR_OUT_OF_MEMORY);
        finalizers_[object] = {object, finalizer, user, ++last_sequence_, entry};
    }
    return MORPH_OK;
}

}  // namespace reference
