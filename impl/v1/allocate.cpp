// Allocation, freeing, resizing.
//
//   live payload above the threshold? --> collect, finalizers
//   clock, lock
//   free list: the first of exactly this size --> reused
//   else the current page, a new one, or a mapping of its own
//   list of all objects, unlock
#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "heap/header.h"
#include "heap/trace.h"
#include "v1/v1.h"

namespace morph {

using v1::Object;
using v1::Page;

MorphCode V1::validate(size_t size, size_t alignment, uint32_t type) {
    if (type >= parts_.types.count()) {
        return fail(MORPH_ERROR_UNKNOWN_TYPE, "type %u is not registered", type);
    }
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > MORPH_MAX_ALIGNMENT) {
        return fail(MORPH_ERROR_INVALID_ARGUMENT, "alignment: %zu is no power of two up to %zu",
                    alignment, MORPH_MAX_ALIGNMENT);
    }
    if (size > MORPH_MAX_REQUEST) {
        return fail(MORPH_ERROR_TOO_LARGE, "size: %zu exceeds %zu", size, MORPH_MAX_REQUEST);
    }
    if (size < parts_.types.size_required(type)) {
        return fail(MORPH_ERROR_INVALID_ARGUMENT,
                    "size: %zu is too small for type %u \"%s\", which needs %zu", size, type,
                    parts_.types[type].name, size_t{parts_.types.size_required(type)});
    }
    return MORPH_OK;
}

// -------------------------------------------------------------------------------------- policy

void V1::collect_when_due() {
    if (parts_.daemon.on()) serve_daemon();
    bool forced = tick();
    if (forced) parts_.counts.collections_forced += 1;
    if (!forced && parts_.live_bytes <= parts_.threshold) return;
    collect();
    run_finalizers();
}

// What the daemon found due is done here, on the program's thread. The first system's daemon did it
// itself, beside the running program (defect: a race).
void V1::serve_daemon() {
    uint64_t now_ms = Daemon::now_ms();
    parts_.daemon.note_allocation(now_ms, parts_.live_bytes);
    if (parts_.daemon.take_collect_request()) {
        collect();
        run_finalizers();
    }
    if (parts_.daemon.take_swap_request() && parts_.swap.on()) swap_out_pages(now_ms);
}

// Again as well, if a collection or an allocation has written to it since.
void V1::swap_out_pages(uint64_t now_ms) {
    os::Lock lock(parts_.mutex);
    for (Page* page = parts_.pages.first(); page != nullptr; page = page->next) {
        if (page == parts_.pages.current() || (page->flags & v1::kTouched) == 0) continue;
        if (now_ms - page->last_access < parts_.settings.swap_after_ms) continue;
        if (parts_.swap.swap_out(page->start, page->size, &page->swap_id)) {
            page->flags &= ~v1::kTouched;
        }
    }
}

// ---------------------------------------------------------------------------------- allocation

// Memory for the object: reused or fresh, with page and size set.
Object* V1::find_room(size_t size, size_t alignment, uint32_t type, bool zeroed) {
    bool weak = parts_.types.layout(type).layout == MORPH_LAYOUT_WEAK;
    // A weak object's entry must not fail once the object is there. If the object is refused, the
    // entry's room stays.
    if (weak && !parts_.weak.reserve()) return nullptr;
    Object* object = parts_.free_list.find(size, alignment);
    if (object != nullptr) {
        parts_.free_list.take(object);
        if (parts_.instrumented) mark_undefined(object->payload(), size);
        if (zeroed) memset(object->payload(), 0, size);
        return object;
    }
    object = parts_.pages.take(size, alignment);
    if (object == nullptr) parts_.source.explain_refusal(parts_.errors, "V1", size);
    return object;
}

void V1::enlist(Object* object, uint32_t type) {
    object->type = type;
    object->public_word = make_header(type, object->size);
    object->page->last_access = parts_.last_allocation_ms;
    object->page->flags |= v1::kTouched;
    if (!object->is_listed()) {
        object->flags |= v1::kListedFlag;
        object->next = parts_.objects;
        parts_.objects = object;
        parts_.listed += 1;
    }
    MorphHeapType& head = parts_.types.head_record(type);
    head.allocations += 1;
    head.bytes_allocated += object->size;
    parts_.live_bytes += object->size;
    parts_.slot_bytes += v1::slot_bytes(object->size);
}

void* V1::allocate(size_t size, size_t alignment, uint32_t type, bool zeroed) {
    if (collecting_) {
        refuse_busy("morph_heap_alloc");
        return nullptr;
    }
    if (validate(size, alignment, type) != MORPH_OK) return nullptr;
    collect_when_due();
    parts_.last_allocation_ms = Daemon::now_ms();
    os::Lock lock(parts_.mutex);
    Object* object = find_room(size, alignment, type, zeroed);
    if (object == nullptr) {
        count_failure();
        return nullptr;
    }
    enlist(object, type);
    if (parts_.types.layout(type).layout == MORPH_LAYOUT_WEAK) {
        MORPH_CHECK(parts_.weak.add(object->payload()));  // reserved
    }
    return object->payload();
}

// ------------------------------------------------------------------------------------- freeing

MorphCode V1::refuse_free(const void* address, const Object* object) {
    bool twice = object != nullptr;
    const char* what = twice ? "is free already" : "is no object of this heap";
    if (parts_.debug) {
        parts_.reporter.report(twice ? MORPH_REPORT_DOUBLE_FREE : MORPH_REPORT_FOREIGN_POINTER,
                               address, 0, 0, "V1: %p %s", address, what);
    }
    return fail(MORPH_ERROR_NOT_AN_OBJECT, "V1: %p %s", address, what);
}

// The first system had no call for this. What it does to a dead object when it sweeps is done at
// once, but for taking it off the list of all objects, which is linked one way only: the next sweep
// does that.
MorphCode V1::free(void* address) {
    if (collecting_) return refuse_busy("morph_mem_free");
    if (!parts_.retains_all) {
        return fail(MORPH_ERROR_UNSUPPORTED, "morph_mem_free: objects of this heap are collected");
    }
    Object* object = parts_.pages.find(address);
    if (object == nullptr || object->is_free()) return refuse_free(address, object);
    os::Lock lock(parts_.mutex);
    parts_.bury(object);
    return MORPH_OK;
}

// ------------------------------------------------------------------------------------ resizing

void V1::copy_contents(void* to, const void* from, size_t old_size, size_t new_size) {
    const TypeLayout& its = parts_.layout_of(v1::object_of(to));
    MorphLayout layout = its.layout;
    size_t kept = old_size < new_size ? old_size : new_size;
    if (layout == MORPH_LAYOUT_WEAK) {
        memcpy(static_cast<unsigned char*>(to) + kWeakBytes,
               static_cast<const unsigned char*>(from) + kWeakBytes, kept - kWeakBytes);
        weak_set(to, *static_cast<void* const*>(from));
    } else {
        memcpy(to, from, kept);
    }
    morph_object_set_flags(to, morph_object_flags(from));
    if (layout == MORPH_LAYOUT_POINTERS || layout == MORPH_LAYOUT_STRUCTS) {
        clear_cut_references(to, its, old_size, new_size);
    }
}

void* V1::resize(void* object, size_t new_size) {
    if (collecting_) {
        refuse_busy("morph_heap_resize");
        return nullptr;
    }
    Object* old = v1::object_of(object);
    v1::Held held = {old, parts_.held};
    parts_.held = &held;
    void* resized = allocate(new_size, MORPH_DEFAULT_ALIGNMENT, old->type_id());
    parts_.held = held.next;
    if (resized != nullptr) copy_contents(resized, object, old->size, new_size);
    return resized;
}

}  // namespace morph
