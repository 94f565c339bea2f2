// Stores, roots, weak references, finalizers. Objects do not move and there are no generations: a
// store is a store.
#include <cstring>

#include "v1/v1.h"

namespace morph {

void V1::copy(void*, void** to, void* const* from, size_t count) {
    if (count != 0) memmove(to, from, count * sizeof(void*));
}

void V1::fill(void*, void** to, size_t count, void* value) {
    for (size_t index = 0; index < count; ++index) to[index] = value;
}

// Every collection looks at all weak references: the table need not know which ones changed.
void V1::weak_set(void* weak, void* target) {
    *static_cast<void**>(weak) = target;
}

MorphCode V1::set_finalizer(void* object, MorphFinalizer finalizer, void* user) {
    if (collecting_) return refuse_busy("morph_heap_set_finalizer");
    return parts_.finalizers.set(object, finalizer, user, false) ? MORPH_OK : count_failure();
}

// --------------------------------------------------------------------------------------- roots

MorphCode V1::push_root(void** slot) {
    if (slot == nullptr) return fail(MORPH_ERROR_INVALID_ARGUMENT, "slot: NULL");
    if (parts_.roots.push(slot)) return MORPH_OK;
    parts_.source.explain_refusal(parts_.errors, "roots", kPageBytes);
    return count_failure();
}

MorphCode V1::pop_roots(size_t count) {
    if (count > parts_.roots.count()) {
        return fail(MORPH_ERROR_SCOPE, "%zu roots cannot be popped, there are %zu", count,
                    parts_.roots.count());
    }
    parts_.roots.pop(count);
    return MORPH_OK;
}

MorphCode V1::pop_root(void** slot) {
    if (slot != nullptr && parts_.roots.last() == slot) {
        parts_.roots.pop(1);
        return MORPH_OK;
    }
    if (parts_.debug) {
        parts_.reporter.report(MORPH_REPORT_ROOT_ORDER, slot, 0, 0,
                               "heap: root %p is popped, but it is not the last one pushed",
                               static_cast<void*>(slot));
    }
    return fail(MORPH_ERROR_SCOPE, "root %p is not the last one pushed", static_cast<void*>(slot));
}

MorphCode V1::add_global_root(void** slot) {
    if (slot == nullptr) return fail(MORPH_ERROR_INVALID_ARGUMENT, "slot: NULL");
    if (parts_.global_roots.push(slot)) return MORPH_OK;
    parts_.source.explain_refusal(parts_.errors, "roots", kPageBytes);
    return count_failure();
}

MorphCode V1::remove_global_root(void** slot) {
    if (parts_.global_roots.remove(slot)) return MORPH_OK;
    return fail(MORPH_ERROR_NOT_AN_OBJECT, "slot %p is no global root", static_cast<void*>(slot));
}

size_t V1::root_depth() const {
    return parts_.roots.count();
}

}  // namespace morph
