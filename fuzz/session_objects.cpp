// Operations of a session on objects.
#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdio>

#include "fuzz/fill.h"
#include "fuzz/session.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

// Peers are asked for no more: valgrind's malloc ends the process at 32 MiB.
constexpr uint64_t kPeerAlignmentMax = 1 << 20;

uintptr_t number_of(const void* address) {
    return reinterpret_cast<uintptr_t>(address);
}

uint64_t payload(size_t size) {
    return std::max<size_t>(size, 1);
}

}  // namespace

// Registered types by number, pool types freely; UINT32_MAX is one that does not exist.
uint32_t Session::resolved_type(uint32_t type) const {
    if (type == UINT32_MAX || !can_.types) return can_.types ? type : 0;
    return entry_.kind == Kind::pool ? type % MORPH_MAX_TYPES : type % types_;
}

// Requests that a peer without limits might serve at the machine's expense, or whose answer is
// nowhere documented.
bool Session::out_of_reach(const Operation& operation) const {
    if (can_.limits) {
        if (entry_.kind != Kind::heap_like) return false;
    } else if (operation.size <= PTRDIFF_MAX &&
               (operation.size > bytes_max_ || operation.size + live_bytes_ > bytes_max_)) {
        return true;
    }
    uint64_t alignment = alignment_of(operation);
    return alignment == 0 || alignment > kPeerAlignmentMax;
}

MorphCode Session::expected_allocation(const Operation& operation, reference::Object** object) {
    if (!model_.has_value()) {
        return operation.size > PTRDIFF_MAX ? MORPH_ERROR_OUT_OF_MEMORY : MORPH_OK;
    }
    MorphMemPlacement placement = MORPH_PLACE_BY_SIZE;
    if (operation.code == Code::allocate_placed) placement = placement_of(operation.placement);
    // The model's own bytes are never looked at, so they need be neither zeroed nor aligned to a
    // gigabyte. (4,096 is beyond every pool, as all larger alignments are.)
    size_t alignment = alignment_of(operation);
    if (std::has_single_bit(alignment) && alignment <= MORPH_MAX_ALIGNMENT) {
        alignment = std::min<size_t>(alignment, 4096);
    }
    reference::Result result =
        model_->allocate(operation.size, operation.type, false, alignment, placement);
    *object = result.object;
    return result.code;
}

Session::Step Session::allocate(const Operation& operation) {
    if (entry_.kind == Kind::heap_like && out_of_reach(operation)) return Step::skipped;
    resolved_.type = resolved_type(operation.type);
    changed_ = true;
    void* object = subject_->allocate(resolved_);
    if (object == nullptr) {
        MorphCode code = subject_->last_error().code;
        MorphCode expected = MORPH_ERROR_OUT_OF_MEMORY;
        reference::Object* model = nullptr;
        if (!refused()) {
            expected = expected_allocation(resolved_, &model);
        } else if (model_.has_value()) {
            note_attempt();
            model_->note_failure();
        }
        if (expected == MORPH_OK && code == MORPH_OK) code = MORPH_ERROR_OUT_OF_MEMORY;
        std::snprintf(outcome_, sizeof outcome_, "NULL, %s", morph_code_name(code));
        if (!settle(code, expected, "the allocation")) return Step::bad;
        return check_after_failure() ? Step::done : Step::bad;
    }
    reference::Object* model = nullptr;
    MorphCode expected = expected_allocation(resolved_, &model);
    if (!settle(MORPH_OK, expected, "the allocation")) return Step::bad;
    note_attempt();
    if (law_.has_value() && model != nullptr) {
        law_->allocate(model->id, model->size, alignment_of(resolved_), object);
    }
    ++result_.allocations;
    return accept(resolved_, object, model) ? Step::done : Step::bad;
}

// V1 was asked for memory by a valid call: that collects first, where its policy says so.
void Session::note_attempt() {
    if (!law_.has_value() || !law_->collects()) return;
    law_->collect();
    collected_ = true;
    ++result_.collections;
}

// Takes the address range for an object, if nothing live is there.
bool Session::claim(void* object, size_t size, uint32_t slot) {
    uintptr_t begin = number_of(object);
    if (begin + payload(size) < begin) {
        return fail(Checker::overlap, "%p + %zu is beyond the end of memory", object, size);
    }
    const IntervalMap::Range* other = ranges_.insert({begin, begin + payload(size), slot});
    if (other == nullptr) return true;
    if (other->value == IntervalMap::kNoObject) {
        return fail(Checker::overlap, "%p (%zu bytes) overlaps a live mark", object, size);
    }
    const Shadow& shadow = live_.in_slot(other->value);
    return fail(Checker::overlap, "%p (%zu bytes) overlaps object %u at %p (%zu bytes)", object,
                size, shadow.number, static_cast<void*>(shadow.address), shadow.size);
}

bool Session::accept(const Operation& operation, void* object, reference::Object* model) {
    Shadow shadow;
    shadow.address = static_cast<unsigned char*>(object);
    shadow.size = operation.size;
    shadow.model = model;
    shadow.alignment = alignment_of(operation);
    shadow.number = next_number_++;
    shadow.identity = identity_of(shadow.number, 0);
    std::snprintf(outcome_, sizeof outcome_, "object %u", shadow.number);
    if (!check_alignment(object, operation, model)) return false;
    uint32_t slot = live_.add(shadow);
    if (!claim(object, shadow.size, slot)) return false;
    if (operation.code == Code::allocate_zeroed) {
        size_t offset = first_nonzero(object, shadow.size, whole_);
        if (offset != shadow.size && !fail(Checker::zeroing, "byte %zu of %zu is 0x%02x", offset,
                                           shadow.size, shadow.address[offset])) {
            return false;
        }
    }
    fill(object, shadow.size, shadow.identity, whole_);
    footprint_->add(shadow);
    live_bytes_ += shadow.size;
    if (alignment_of(operation) > MORPH_DEFAULT_ALIGNMENT || configuration_.debug) padded_ = true;
    return true;
}

// The program can no longer name the object.
void Session::forget(size_t position) {
    const Shadow& shadow = live_.at(position);
    ranges_.erase(number_of(shadow.address));
    live_bytes_ -= shadow.size;
    live_.remove(position);
}

Session::Step Session::free_object(size_t position) {
    Shadow shadow = live_.at(position);
    if (!check_contents(shadow, "on free")) return Step::bad;
    changed_ = true;
    MorphCode code = subject_->free(shadow.address, shadow.size);
    if (!settle(code, MORPH_OK, "free")) return Step::bad;
    // A context's arena object stays until reset: nothing changed, and its contents are still its.
    if (shadow.model != nullptr && shadow.model->room == MORPH_ROOM_ARENA) {
        model_->free(*shadow.model);
        return Step::done;
    }
    footprint_->remove(shadow);
    forget(position);
    if (law_.has_value() && shadow.model != nullptr) law_->free(shadow.model->id);
    if (shadow.model != nullptr) model_->free(*shadow.model);
    return check_freed(shadow.address, shadow.size) ? Step::done : Step::bad;
}

Session::Step Session::reallocate(size_t position, size_t new_size) {
    Shadow old = live_.at(position);
    if (entry_.kind == Kind::heap_like) {
        new_size = std::max<size_t>(new_size, 1);
        Operation wanted;
        wanted.size = new_size;
        if (out_of_reach(wanted)) return Step::skipped;
    }
    if (!check_contents(old, "before reallocation")) return Step::bad;
    // Values, because the model's object is gone once it moved.
    const bool told = entry_.kind == Kind::general;  // where objects are is its own affair
    bool stays = old.model != nullptr && model_->stays(*old.model, new_size);
    uint32_t type = old.model != nullptr ? old.model->type : 0;
    reference::Object before = old.model != nullptr ? *old.model : reference::Object{};
    changed_ = true;
    void* moved = subject_->reallocate(old.address, old.size, new_size, type);
    reference::Object* model = nullptr;
    MorphCode expected = MORPH_OK;
    if (moved == nullptr && refused()) {
        expected = MORPH_ERROR_OUT_OF_MEMORY;
        note_attempt();
        if (model_.has_value()) model_->note_failure();
    } else if (model_.has_value()) {
        if (told) stays = moved == old.address;
        reference::Result result = !told   ? model_->reallocate(*old.model, new_size)
                                   : stays ? model_->stay_resized(*old.model, new_size)
                                           : model_->move_resized(*old.model, new_size);
        expected = result.code;
        model = result.object;
    } else if (new_size > PTRDIFF_MAX) {
        expected = MORPH_ERROR_OUT_OF_MEMORY;
    }
    if (moved == nullptr) {
        MorphCode code = subject_->last_error().code;
        if (expected == MORPH_OK && code == MORPH_OK) code = MORPH_ERROR_OUT_OF_MEMORY;
        std::snprintf(outcome_, sizeof outcome_, "NULL, %s", morph_code_name(code));
        if (!settle(code, expected, "the reallocation")) return Step::bad;
        return check_after_failure() ? Step::done : Step::bad;
    }
    if (!settle(MORPH_OK, expected, "the reallocation")) return Step::bad;
    if (stays != (moved == old.address) && entry_.kind != Kind::heap_like && !told &&
        (stays || before.room != MORPH_ROOM_ARENA)) {
        fail(Checker::contract, "the object %s, but its size class %s", stays ? "moved" : "stayed",
             stays ? "is the same" : "is another");
        return Step::bad;
    }
    if (law_.has_value() && model != nullptr && !stays) {
        note_attempt();
        law_->allocate(model->id, new_size, MORPH_DEFAULT_ALIGNMENT, moved);
        law_->free(before.id);
    }
    std::snprintf(outcome_, sizeof outcome_, "%s", moved == old.address ? "in place" : "moved");
    if (old.model != nullptr) old.model = &before;
    return accept_moved(position, moved, new_size, old, model) ? Step::done : Step::bad;
}

bool Session::accept_moved(size_t position, void* moved, size_t new_size, const Shadow& old,
                           reference::Object* model) {
    Operation plain;
    plain.size = new_size;
    if (moved != old.address && !check_alignment(moved, plain, model)) return false;
    Shadow& shadow = live_.at(position);
    ranges_.erase(number_of(old.address));
    if (!claim(moved, new_size, live_.slot_at(position))) return false;
    shadow.address = static_cast<unsigned char*>(moved);
    size_t kept = std::min(old.size, new_size);
    size_t offset = first_difference(moved, old.size, kept, old.identity, whole_);
    if (offset != kept) {
        return fail(Checker::contents,
                    "object %u: byte %zu is 0x%02x, expected 0x%02x, after reallocation from %zu "
                    "to %zu bytes",
                    old.number, offset, shadow.address[offset], filled_byte(offset, old.identity),
                    old.size, new_size);
    }
    shadow.size = new_size;
    shadow.model = model;
    if (moved != old.address) shadow.alignment = MORPH_DEFAULT_ALIGNMENT;
    shadow.identity = identity_of(shadow.number, ++shadow.version);
    fill(moved, new_size, shadow.identity, whole_);
    live_bytes_ += new_size - old.size;
    footprint_->add(shadow);
    bool arena = old.model != nullptr && old.model->room == MORPH_ROOM_ARENA;
    if (!arena) footprint_->remove(old);  // an arena keeps the old one until reset
    return true;
}

Session::Step Session::write(size_t position) {
    Shadow& shadow = live_.at(position);
    if (!check_contents(shadow, "before it was written anew")) return Step::bad;
    shadow.identity = identity_of(shadow.number, ++shadow.version);
    fill(shadow.address, shadow.size, shadow.identity, whole_);
    return Step::done;
}

}  // namespace suite
