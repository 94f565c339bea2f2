// The slow path of stores, and bulk stores.
//
// Inline, a store asks one bit of the object's header. It is set on old objects that are not in the
// remembered set: the first store of a young value into one puts it there and clears the bit. On
// carded arrays it stays, so that every such store marks its card. In debug mode every object has
// it, and every value counts as young, for the ledger.
#include <cstring>

#include "heap/heap.h"
#include "heap/ledger.h"
#include "heap/remember.h"

namespace morph {
namespace {

size_t offset_of(const void* object, void* const* slot) {
    return reinterpret_cast<uintptr_t>(slot) - reinterpret_cast<uintptr_t>(object);
}

}  // namespace

void Heap::log(void* object) {
    Header* header = header_of(object);
    if (enlist(parts_, header)) parts_.remembered.add(header);
}

void Heap::barrier(void* object, void** slot, void* value) {
    if (parts_.debug) return watched_barrier(object, slot, value);
    note_store(object, slot, value);
}

void Heap::watched_barrier(void* object, void** slot, void* value) {
    in_turn(parts_.reporter, this, "morph_heap_write", [=, this] {
        Ledger(parts_).note(object, slot, value);
        note_store(object, slot, value);
    });
}

void Heap::note_store(void* object, void** slot, void* value) {
    Header header = *header_of(object);
    // What refers to nothing young need not be looked at.
    if ((header & kOld) == 0 || !parts_.young.contains(value)) return;
    if ((header & kCarded) != 0) {
        parts_.old.cards_of(object)[card_of(offset_of(object, slot))] = 1;
    }
    log(object);
}

void Heap::copy(void* object, void** to, void* const* from, size_t count) {
    if (count == 0) return;
    if ((*header_of(object) & kBarrier) != 0) {
        for (size_t index = 0; index < count; ++index) barrier(object, to + index, from[index]);
    }
    memmove(to, from, count * sizeof(void*));
}

void Heap::fill(void* object, void** to, size_t count, void* value) {
    for (size_t index = 0; index < count; ++index) {
        morph_heap_write(&parts_.head, object, to + index, value);
    }
}

void Heap::weak_set(void* weak, void* target) {
    *static_cast<void**>(weak) = target;
    parts_.weak.changed(weak);
}

MorphCode Heap::set_finalizer(void* object, MorphFinalizer finalizer, void* user) {
    if (busy()) return refuse_busy("morph_heap_set_finalizer");
    bool young = parts_.young.contains(object);
    if (!parts_.finalizers.set(object, finalizer, user, young)) return count_failure();
    return MORPH_OK;
}

// --------------------------------------------------------------------------------------- roots

MorphCode Heap::push_root(void** slot) {
    if (slot == nullptr) return fail(MORPH_ERROR_INVALID_ARGUMENT, "slot: NULL");
    return parts_.roots.push(slot) ? MORPH_OK : count_failure();
}

MorphCode Heap::pop_roots(size_t count) {
    if (parts_.roots.pop(count)) return MORPH_OK;
    return fail(MORPH_ERROR_SCOPE, "%zu roots cannot be popped, there are %zu", count,
                parts_.roots.depth());
}

MorphCode Heap::pop_root(void** slot) {
    if (parts_.roots.pop_exactly(slot)) return MORPH_OK;
    if (parts_.debug) {
        parts_.reporter.report(MORPH_REPORT_ROOT_ORDER, slot, 0, 0,
                               "heap: root %p is popped, but it is not the last one pushed",
                               static_cast<void*>(slot));
    }
    return fail(MORPH_ERROR_SCOPE, "root %p is not the last one pushed", static_cast<void*>(slot));
}

MorphCode Heap::add_global_root(void** slot) {
    if (slot == nullptr) return fail(MORPH_ERROR_INVALID_ARGUMENT, "slot: NULL");
    return parts_.roots.add_global(slot) ? MORPH_OK : count_failure();
}

MorphCode Heap::remove_global_root(void** slot) {
    if (parts_.roots.remove_global(slot)) return MORPH_OK;
    return fail(MORPH_ERROR_NOT_AN_OBJECT, "slot %p is no global root", static_cast<void*>(slot));
}

}  // namespace morph
