// Allocation when it is not served inline, and resizing.
//
//   nursery has room? --no--> collect (minor, or major by policy) -> major -> major again after
//          |                  finalizers -> NULL
//         yes
//          +--> window: the next kWindowBytes are zeroed, and morph_heap_alloc goes on inline
//
// Objects too large for the nursery, or aligned to more than 8, are born in the old space.
#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "heap/heap.h"
#include "heap/ledger.h"
#include "heap/remember.h"
#include "heap/trace.h"
#include "heap/young_walk.h"

namespace morph {
namespace {

// Zeroed at a time: small enough to be still in the first-level cache when objects are made of it.
constexpr size_t kWindowBytes = size_t{16} << 10;
// Collections that one allocation may cause.
constexpr unsigned kAttempts = 3;

}  // namespace

MorphCode Heap::validate(size_t size, size_t alignment, uint32_t type) {
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

// An object in eden, if there is room. The window is zeroed ahead; pinned, each object is by
// itself.
void* Heap::carve(size_t size, size_t bytes, uint32_t type) {
    MorphHeap& head = parts_.head;
    if (static_cast<size_t>(parts_.eden_limit - head.top) < bytes || parts_.eden_limit < head.top) {
        return nullptr;
    }
    unsigned char* place = head.top;
    bool pinned = parts_.types.inline_max() == 0;
    if (pinned) {
        size_t accessible = parts_.trailer != 0 ? bytes : kHeaderBytes + size;
        if (parts_.instrumented) mark_undefined(place, accessible);
        memset(place, 0, accessible);
        head.top = head.limit = place + bytes;
    } else {
        size_t ready = static_cast<size_t>(head.limit - place);
        if (ready < bytes) {
            size_t room = static_cast<size_t>(parts_.eden_limit - head.limit);
            size_t wanted = bytes - ready + kWindowBytes;
            size_t window = wanted < room ? wanted : room;
            memset(head.limit, 0, window);
            head.limit += window;
        }
        head.top = place + bytes;
    }
    MorphHeapType& record = parts_.types.head_record(type);
    record.allocations += 1;
    record.bytes_allocated += size;
    auto* header = reinterpret_cast<Header*>(place);
    *header = make_header(type, size) | (parts_.debug ? kBarrier : 0);
    return object_at(header);
}

void* Heap::take_old(size_t size, size_t bytes, size_t alignment, uint32_t type) {
    Header header = make_header(type, size) | kBarrier;
    if (wants_cards(parts_.types.layout(type), bytes)) header |= kCarded;
    void* object = parts_.old.allocate(header, size, bytes, alignment, true);
    if (object == nullptr) return nullptr;
    MorphHeapType& head = parts_.types.head_record(type);
    HeapTypeRecord& record = parts_.types[type];
    head.allocations += 1;
    head.bytes_allocated += size;
    record.allocations_seen += 1;
    record.bytes_seen += size;
    parts_.counts.pretenured += 1;
    parts_.counts.bytes_pretenured += size;
    return object;
}

// Before another try: the first time what the policy says, then everything that can be done.
void Heap::make_room(unsigned attempt, bool old) {
    bool major = attempt != 0 || old || parts_.want_major || parts_.major_due(0);
    if (attempt != 0) parts_.policy.relieve();
    if (!collect(major)) return;
    if (attempt != 0) parts_.old.finish_sweep();
    run_finalizers();
}

void* Heap::find_room(size_t size, size_t bytes, size_t alignment, uint32_t type) {
    bool weak = parts_.types.layout(type).layout == MORPH_LAYOUT_WEAK;
    for (unsigned attempt = 0;; ++attempt) {
        // Finalizers may have changed the nursery's size.
        bool old = alignment > MORPH_DEFAULT_ALIGNMENT || bytes > parts_.young.sizes().object_max;
        if (old && attempt == 0 && parts_.major_due(bytes)) {
            make_room(0, true);
        }
        void* object = nullptr;
        // A weak object's entry must not fail once the object is there.
        if (!weak || parts_.weak.reserve()) {
            object = old ? take_old(size, bytes, alignment, type) : carve(size, bytes, type);
        }
        if (object != nullptr || attempt == kAttempts) return object;
        make_room(attempt, old);
    }
}

void* Heap::explain_refusal(size_t size) {
    if (!parts_.young.open_targets()) {
        refuse_access();
        return nullptr;
    }
    parts_.source.explain_refusal(parts_.errors, "heap, after a full collection", size);
    count_failure();
    return nullptr;
}

void* Heap::allocate(size_t size, size_t alignment, uint32_t type) {
    if (busy()) {
        refuse_busy("morph_heap_alloc");
        return nullptr;
    }
    if (validate(size, alignment, type) != MORPH_OK) return nullptr;
    if (parts_.policy.forcing() && parts_.policy.tick()) {
        parts_.counts.collections_forced += 1;
        if (collect(parts_.policy.forced_major())) run_finalizers();
        parts_.set_inline_max();
    }
    size_t bytes = object_bytes(size, parts_.trailer);
    void* object = find_room(size, bytes, alignment, type);
    if (object == nullptr) return explain_refusal(size);
    if (parts_.debug) Ledger(parts_).open(object);
    if (parts_.types.layout(type).layout == MORPH_LAYOUT_WEAK) {
        MORPH_CHECK(parts_.weak.add(object));  // reserved
    }
    return object;
}

void Heap::copy_contents(void* to, const void* from, size_t old_size, size_t new_size) {
    const TypeLayout& layout = parts_.layout_of(to);
    size_t kept = old_size < new_size ? old_size : new_size;
    if (layout.layout == MORPH_LAYOUT_WEAK) {
        memcpy(static_cast<unsigned char*>(to) + kWeakBytes,
               static_cast<const unsigned char*>(from) + kWeakBytes, kept - kWeakBytes);
        weak_set(to, *static_cast<void* const*>(from));
    } else {
        memcpy(to, from, kept);
    }
    morph_object_set_flags(to, morph_object_flags(from));
    if (!layout.has_references()) return;
    if (layout.layout == MORPH_LAYOUT_POINTERS || layout.layout == MORPH_LAYOUT_STRUCTS) {
        clear_cut_references(to, layout, old_size, new_size);
    }
    if (parts_.debug) Ledger(parts_).settle(to);
    remember_whole(parts_, to);
}

void* Heap::resize(void* object, size_t new_size) {
    if (busy()) {
        refuse_busy("morph_heap_resize");
        return nullptr;
    }
    Held held = {object, parts_.held};
    parts_.held = &held;
    void* resized = allocate(new_size, MORPH_DEFAULT_ALIGNMENT, type_of(*header_of(object)));
    parts_.held = held.next;
    if (resized == nullptr) return nullptr;
    copy_contents(resized, held.object, parts_.size_of(held.object), new_size);
    return resized;
}

}  // namespace morph
