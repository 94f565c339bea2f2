#include "stress/real/context_memory.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace real {
namespace {

// Doubling d holds sizes above 2^d up to 2^(d+1), in steps of an eighth of 2^d.
struct SizeList {
    size_t index;
    size_t bytes;
};

// 2^10 < size <= MORPH_MAX_REQUEST.
SizeList list_of(size_t size) {
    const size_t doubling = static_cast<size_t>(std::bit_width(size - 1)) - 1;
    const size_t step = size_t{1} << (doubling - 3);
    const size_t eighths = (size - 1) / step + 1;  // 9 .. 16
    return {(doubling - 10) * 8 + (eighths - 9), eighths * step};
}

}  // namespace

size_t ContextMemory::capacity(size_t size) const {
    if (!in_arena(size) || size > MORPH_MAX_REQUEST) return size;
    return list_of(size).bytes;
}

void* ContextMemory::take_idle(size_t bytes) {
    if (bytes > MORPH_MAX_REQUEST) return nullptr;
    Idle*& list = lists_[list_of(bytes).index];
    Idle* first = list;
    if (first == nullptr) return nullptr;
    list = first->next;
    idle_objects_ -= 1;
    idle_bytes_ -= bytes;
    return first;
}

void ContextMemory::keep(void* object, size_t bytes) {
    auto* idle = static_cast<Idle*>(object);
    Idle*& list = lists_[list_of(bytes).index];
    idle->next = list;
    list = idle;
    idle_objects_ += 1;
    idle_bytes_ += bytes;
}

void* ContextMemory::allocate(size_t size) {
    if (!in_arena(size)) return morph_mem_alloc(context_, size, type_);
    const size_t bytes = capacity(size);
    void* object = take_idle(bytes);
    if (object != nullptr) {
        calls_saved_ += 1;
    } else {
        object = morph_mem_alloc(context_, bytes, type_);
    }
    if (object != nullptr) rounding_bytes_ += bytes - size;
    return object;
}

// An object that moves out of the arena, or within it, leaves its block to a list.
void* ContextMemory::reallocate(void* object, size_t old_size, size_t new_size) {
    const bool was_large = in_arena(old_size);
    const bool is_large = in_arena(new_size);
    const size_t old_bytes = capacity(old_size);
    const size_t new_bytes = capacity(new_size);
    void* moved = nullptr;
    if (was_large && is_large && old_bytes == new_bytes) {
        calls_saved_ += 1;
        moved = object;
    } else if (is_large && (moved = take_idle(new_bytes)) != nullptr) {
        std::memcpy(moved, object, std::min(old_size, new_size));
        calls_saved_ += 1;
        if (was_large) {
            keep(object, old_bytes);
        } else if (morph_mem_free(context_, object) != MORPH_OK) {
            return nullptr;
        }
    } else {
        moved = morph_mem_realloc(context_, object, old_bytes, new_bytes, type_);
        if (moved == nullptr) return nullptr;
        if (was_large) keep(object, old_bytes);
    }
    rounding_bytes_ += (new_bytes - new_size) - (old_bytes - old_size);
    return moved;
}

bool ContextMemory::release(void* object, size_t size) {
    if (!in_arena(size)) return morph_mem_free(context_, object) == MORPH_OK;
    const size_t bytes = capacity(size);
    rounding_bytes_ -= bytes - size;
    keep(object, bytes);
    return true;
}

void ContextMemory::reset() {
    morph_mem_reset(context_);
    lists_.fill(nullptr);
    idle_objects_ = idle_bytes_ = rounding_bytes_ = 0;
}

bool ContextMemory::lists_in_order() const {
    uint64_t objects = 0;
    for (const Idle* idle : lists_) {
        for (; idle != nullptr; idle = idle->next) {
            objects += 1;
            if (objects > idle_objects_) return false;  // a circle, perhaps
        }
    }
    return objects == idle_objects_;
}

}  // namespace real
