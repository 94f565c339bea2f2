// The references of an object: calls f(void** slot) for each of its slots, in ascending order. The
// hot loop of every collection, so everything is inline and decided by the type's layout once.
//
// TRACE-ALL  every slot of a whole struct, array or object is visited once; none beyond `size`
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "chunk/check.h"
#include "heap/heap_types.h"

#include "morph/heap.h"

namespace morph {

namespace trace_detail {

inline void** slot_at(void* base, size_t offset) {
    return reinterpret_cast<void**>(static_cast<unsigned char*>(base) + offset);
}

// The slots of one struct, or of a whole object.
template <class F>
inline __attribute__((always_inline)) void each_at(void* base, const TypeLayout& layout, F&& f) {
    if (layout.adjacent_from != TypeLayout::kScattered) {
        void** slot = slot_at(base, layout.adjacent_from);
        void** end = slot + layout.offset_count;
        do f(slot);
        while (++slot != end);
        return;
    }
    const uint32_t* offset = layout.offsets;
    const uint32_t* end = offset + layout.offset_count;
    do f(slot_at(base, *offset));
    while (++offset != end);
}

// What a custom visitor of the user is given: it calls back into f.
template <class F>
struct CustomAdapter {
    MorphSlotVisitor visitor;
    F* f;

    static void on_slot(MorphSlotVisitor* visitor, void** slot) {
        F& f = *reinterpret_cast<CustomAdapter*>(visitor)->f;
        f(slot);
    }
};

// Out of line: the user's visitor is a call anyway, and the loops beside it stay small.
template <class F>
__attribute__((noinline)) void each_custom(void* object, size_t size, const TypeLayout& layout,
                                           F& f) {
    CustomAdapter<F> adapter{{&CustomAdapter<F>::on_slot}, &f};
    layout.visit(layout.visit_user, object, size, &adapter.visitor);
}

// Out of line as well: the loops of an array of structs would cost every other object the registers
// they need.
template <class F>
__attribute__((noinline)) void each_struct(void* object, size_t size, const TypeLayout& layout,
                                           F& f) {
    auto* base = static_cast<unsigned char*>(object);
    size_t element = layout.element_bytes;
    for (; size >= element; size -= element, base += element) each_at(base, layout, f);
}

}  // namespace trace_detail

// Every reference of an object of that size and type; none in a partial struct at the end. size is
// at least what its type requires.
template <class F>
inline void each_slot(void* object, size_t size, const TypeLayout& layout, F&& f) {
    using namespace trace_detail;
    MorphLayout kind = layout.layout;
    if (kind == MORPH_LAYOUT_OFFSETS) {
        each_at(object, layout, f);
    } else if (kind == MORPH_LAYOUT_POINTERS) {
        void** end = slot_at(object, size & ~size_t{7});
        for (void** slot = slot_at(object, 0); slot != end; ++slot) f(slot);
    } else if (kind == MORPH_LAYOUT_STRUCTS) {
        each_struct(object, size, layout, f);
    } else if (kind == MORPH_LAYOUT_CUSTOM) {
        each_custom(object, size, layout, f);
    }
    // DATA, WEAK: none
}

// The references that begin in the bytes begin .. end of an array (layout POINTERS or STRUCTS);
// end may lie beyond size.
template <class F>
inline void each_slot_between(void* object, size_t size, const TypeLayout& layout, size_t begin,
                              size_t end, F&& f) {
    using namespace trace_detail;
    if (end > size) end = size;
    if (begin >= end) return;
    if (layout.layout == MORPH_LAYOUT_POINTERS) {
        size_t whole_end = size & ~size_t{7};
        if (end > whole_end) end = whole_end;
        for (size_t at = (begin + 7) & ~size_t{7}; at < end; at += 8) f(slot_at(object, at));
        return;
    }
    MORPH_CHECK(layout.layout == MORPH_LAYOUT_STRUCTS);
    size_t element = layout.element_bytes;
    for (size_t base = begin / element * element; base < end; base += element) {
        if (size - base < element) return;  // partial
        if (base >= begin && end - base >= element) {
            each_at(slot_at(object, base), layout, f);
            continue;
        }
        for (size_t index = 0; index < layout.offset_count; ++index) {
            size_t at = base + layout.offsets[index];
            if (at >= begin && at < end) f(slot_at(object, at));
        }
    }
}

// After a resize copied an object: what is a reference at one of the two sizes of an array, but not
// at the other (in an element that only one of them holds whole), becomes zero, so that
// no bits of data are ever traced, nor stale references kept. layout is POINTERS or STRUCTS.
inline void clear_cut_references(void* to, const TypeLayout& layout, size_t old_size,
                                 size_t new_size) {
    bool pointers = layout.layout == MORPH_LAYOUT_POINTERS;
    size_t element = pointers ? sizeof(void*) : layout.element_bytes;
    size_t whole = (old_size < new_size ? old_size : new_size) / element;
    if (old_size / element == new_size / element) return;
    size_t begin = whole * element;
    for (uint32_t index = 0; index < (pointers ? 1 : layout.offset_count); ++index) {
        size_t offset = begin + (pointers ? 0 : layout.offsets[index]);
        if (offset >= new_size) break;
        size_t bytes = new_size - offset < sizeof(void*) ? new_size - offset : sizeof(void*);
        memset(static_cast<unsigned char*>(to) + offset, 0, bytes);
    }
}

}  // namespace morph
