// What a replay does with objects.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "fuzz/fill.h"
#include "stress/trace/replayer.h"

namespace trace {
namespace {

using suite::Checker;
using suite::Code;

constexpr uint8_t kAlignmentAskedMax = 20;  // log2
constexpr uint8_t kDefaultAlignment = 3;

uintptr_t number_of(const void* address) {
    return reinterpret_cast<uintptr_t>(address);
}

// An object of no bytes has an address of its own.
size_t extent(size_t size) {
    return std::max<size_t>(size, 1);
}

}  // namespace

bool Replayer::goes_beside(size_t size) const {
    return entry_.kind == suite::Kind::pool &&
           reference::pool_slot_bytes(size, MORPH_DEFAULT_ALIGNMENT, options_.debug) == 0;
}

// Memory that a free does not give back, before a reset.
bool Replayer::held_by_arena(const suite::Shadow& shadow) const {
    return shadow.model != nullptr && shadow.model->room == MORPH_ROOM_ARENA;
}

bool Replayer::claim(const Object& object) {
    if (object.place == Place::beside) return true;
    const suite::Shadow& shadow = object.shadow;
    const uintptr_t begin = number_of(shadow.address);
    const suite::IntervalMap::Range* other =
        ranges_.insert({begin, begin + extent(shadow.size), shadow.number});
    if (other == nullptr) return true;
    return fail(
        Checker::overlap, "%zu bytes at %p overlap %s at 0x%zx .. 0x%zx", shadow.size,
        static_cast<void*>(shadow.address),
        other->value == suite::IntervalMap::kNoObject ? "memory that stays taken" : "a live object",
        static_cast<size_t>(other->begin), static_cast<size_t>(other->end));
}

// The object is gone, its memory is not: nobody may get it.
void Replayer::keep(const suite::Shadow& shadow) {
    const uintptr_t begin = number_of(shadow.address);
    (void)ranges_.insert({begin, begin + extent(shadow.size), suite::IntervalMap::kNoObject});
}

bool Replayer::check_alignment(const Object& object, uint8_t asked) {
    size_t promised = std::max(can_.alignment, size_t{1} << asked);
    const suite::Shadow& shadow = object.shadow;
    if (can_.slot_alignment && !options_.debug && shadow.model != nullptr) {
        promised = std::max(promised, shadow.model->slot & (~shadow.model->slot + 1));
    }
    if (entry_.kind == suite::Kind::general && shadow.size >= MORPH_GENERAL_ALIGNMENT) {
        promised = std::max(promised, MORPH_GENERAL_ALIGNMENT);
    }
    // An object smaller than its alignment needs no more than its own size (malloc's rule).
    if (entry_.kind == suite::Kind::heap_like && asked == kDefaultAlignment) {
        while (promised > 1 && promised > shadow.size) promised /= 2;
    }
    if (number_of(shadow.address) % promised == 0) return true;
    return fail(Checker::alignment, "%p is not aligned to %zu", static_cast<void*>(shadow.address),
                promised);
}

bool Replayer::check_contents(const Object& object, size_t limit, const char* when) {
    const suite::Shadow& shadow = object.shadow;
    const size_t offset =
        suite::first_difference(shadow.address, shadow.size, limit, shadow.identity);
    if (offset == limit) return true;
    return fail(Checker::contents, "%zu bytes at %p: byte %zu is 0x%02x, expected 0x%02x, %s",
                shadow.size, static_cast<void*>(shadow.address), offset, shadow.address[offset],
                suite::filled_byte(offset, shadow.identity), when);
}

void Replayer::fill(Object& object) {
    suite::Shadow& shadow = object.shadow;
    shadow.identity = suite::identity_of(shadow.number, shadow.version);
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): resize() fills where the object is now
    suite::fill(shadow.address, shadow.size, shadow.identity);
}

// Memory for the object as operation says, from where it goes; its model, alignment and range.
bool Replayer::obtain(Object& object, suite::Operation operation) {
    suite::Shadow& shadow = object.shadow;
    shadow.size = operation.size;
    shadow.model = nullptr;
    if (goes_beside(operation.size)) {
        object.place = Place::beside;
        ++result_.substitutes.beside;
        shadow.address = static_cast<unsigned char*>(std::calloc(1, extent(operation.size)));
        if (shadow.address != nullptr) return true;
        object.place = Place::none;
        return stop_for_memory();
    }
    if (!can_.limits && live_bytes_ + operation.size > options_.bytes_max) return stop_for_memory();
    shadow.address = static_cast<unsigned char*>(subject_->allocate(operation));
    if (shadow.address == nullptr) return refused("the allocation");
    object.place = Place::subject;
    const uint8_t asked =
        operation.code == Code::allocate_aligned ? operation.alignment : kDefaultAlignment;
    shadow.alignment = std::max(size_t{1} << asked, size_t{MORPH_DEFAULT_ALIGNMENT});
    if (model_.has_value()) {
        const size_t modelled = std::min<size_t>(shadow.alignment, 4096);
        const reference::Result result = model_->allocate(operation.size, 0, false, modelled);
        if (!settle(MORPH_OK, result.code, "the allocation")) return false;
        shadow.model = result.object;
    }
    if (shadow.alignment > MORPH_DEFAULT_ALIGNMENT || options_.debug) padded_ = true;
    footprint_->add(shadow);
    return claim(object) && check_alignment(object, asked);
}

// NULL was returned: memory was refused, or it is wrong. Always false.
bool Replayer::refused(const char* call) {
    if (!can_.limits || ledger_.refused_in_call()) {
        if (model_.has_value()) model_->note_failure();
        return stop_for_memory();
    }
    const MorphError error = subject_->last_error();
    return fail(Checker::contract, "%s gave NULL, and no memory was refused: %s: %s", call,
                morph_code_name(error.code), error.text);
}

bool Replayer::allocate(const Event& event) {
    Object& object = objects_[event.slot];
    object = {};
    object.shadow.number = next_number_++;
    suite::Operation operation;
    operation.size = event.size;
    if (event.kind == Kind::aligned && event.alignment > kDefaultAlignment) {
        if (can_.aligned && event.alignment <= kAlignmentAskedMax) {
            operation.code = Code::allocate_aligned;
            operation.alignment = event.alignment;
        } else {
            ++result_.substitutes.unaligned;
        }
    }
    const bool clears = event.kind == Kind::zeroed && can_.zeroed;
    if (clears) operation.code = Code::allocate_zeroed;
    if (!obtain(object, operation)) return false;
    const suite::Shadow& shadow = object.shadow;
    if (event.kind == Kind::zeroed && !clears) ++result_.substitutes.cleared;
    if (clears && object.place == Place::subject) {
        const size_t offset = suite::first_nonzero(shadow.address, shadow.size);
        if (offset != shadow.size) {
            return fail(Checker::zeroing, "byte %zu of %zu is 0x%02x", offset, shadow.size,
                        shadow.address[offset]);
        }
    }
    fill(object);
    live_bytes_ += shadow.size;
    return true;
}

// Gives the object's memory back, where that can be.
bool Replayer::release(Object& object) {
    const suite::Shadow shadow = object.shadow;
    const Place place = std::exchange(object.place, Place::none);
    if (place == Place::beside) {
        std::free(shadow.address);
        return true;
    }
    if (!can_.free) {
        ++result_.substitutes.frees_skipped;
        ranges_.erase(number_of(shadow.address));
        keep(shadow);
        return true;
    }
    const MorphCode code = subject_->free(shadow.address, shadow.size);
    if (!settle(code, MORPH_OK, "free")) return false;
    ranges_.erase(number_of(shadow.address));
    if (held_by_arena(shadow)) {
        keep(shadow);
    } else {
        footprint_->remove(shadow);
    }
    if (shadow.model != nullptr) model_->free(*shadow.model);
    return true;
}

bool Replayer::free(Object& object) {
    const suite::Shadow& shadow = object.shadow;
    if (!check_contents(object, shadow.size, "on free")) return false;
    if (shadow.size != 0) {
        result_.digest += (shadow.address[0] + uint64_t{257} * shadow.address[shadow.size - 1]) *
                          (uint64_t{shadow.number} * 2 + 1);
    }
    live_bytes_ -= shadow.size;
    return release(object);
}

bool Replayer::resize(const Event& event) {
    Object& object = objects_[event.slot];
    // realloc(p, 0) frees in some allocators and is an error in others; the recorder writes none.
    const size_t size = extent(event.size);
    if (!check_contents(object, object.shadow.size, "before it is resized")) return false;
    const size_t old_size = object.shadow.size;
    const bool inside = object.place == Place::subject && can_.reallocate && !goes_beside(size);
    if (!(inside ? resize_inside(object, size) : move(object, size))) return false;
    ++object.shadow.version;
    fill(object);
    live_bytes_ += size - old_size;
    return true;
}

// A new object, the contents copied, the old one freed.
bool Replayer::move(Object& object, size_t size) {
    Object old = object;
    suite::Operation operation;
    operation.size = size;
    ++result_.substitutes.resizes_copied;
    object.place = Place::none;
    if (!obtain(object, operation)) {
        if (object.place == Place::none) object = old;
        return false;
    }
    std::memcpy(object.shadow.address, old.shadow.address, std::min(size, old.shadow.size));
    return release(old);
}

bool Replayer::resize_inside(Object& object, size_t size) {
    const suite::Shadow old = object.shadow;
    const bool told = entry_.kind == suite::Kind::general;  // places are its own affair
    bool stays = old.model != nullptr && model_->stays(*old.model, size);
    const bool kept = held_by_arena(old);
    reference::Object before = old.model != nullptr ? *old.model : reference::Object{};
    auto* moved = static_cast<unsigned char*>(subject_->reallocate(old.address, old.size, size, 0));
    if (moved == nullptr) return refused("the reallocation");
    suite::Shadow& shadow = object.shadow;
    if (model_.has_value()) {
        if (told) stays = moved == old.address;
        const reference::Result result = !told   ? model_->reallocate(*old.model, size)
                                         : stays ? model_->stay_resized(*old.model, size)
                                                 : model_->move_resized(*old.model, size);
        if (!settle(MORPH_OK, result.code, "the reallocation")) return false;
        shadow.model = result.object;
    }
    if (old.model != nullptr && stays != (moved == old.address) && (stays || !kept)) {
        return fail(Checker::contract, "the object %s, but its size class %s",
                    stays ? "moved" : "stayed", stays ? "is the same" : "is another");
    }
    ranges_.erase(number_of(old.address));
    shadow.address = moved;
    shadow.size = size;
    if (moved != old.address) shadow.alignment = MORPH_DEFAULT_ALIGNMENT;
    if (!claim(object)) return false;
    if (moved != old.address && kept) keep(old);
    if (moved != old.address && !check_alignment(object, kDefaultAlignment)) return false;
    footprint_->add(shadow);
    if (!kept) {
        suite::Shadow gone = old;
        if (gone.model != nullptr) gone.model = &before;
        footprint_->remove(gone);
    }
    const size_t common = std::min(old.size, size);
    const size_t offset = suite::first_difference(moved, old.size, common, old.identity);
    if (offset == common) return true;
    return fail(Checker::contents,
                "byte %zu is 0x%02x, expected 0x%02x, after reallocation from %zu to %zu bytes",
                offset, moved[offset], suite::filled_byte(offset, old.identity), old.size, size);
}

}  // namespace trace
