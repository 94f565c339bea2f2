// The operations of an endurance run on objects: the call, the model's answer, the comparison.
#include <algorithm>
#include <cinttypes>

#include "fuzz/endurance_objects.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

constexpr uint32_t kTypesMax = 1000;

}  // namespace

bool ObjectsRun::allocate() {
    const Operation operation = draw_allocation();
    void* object = subject_->allocate(operation);
    if (object == nullptr && ledger_.refused_in_call()) return refused("an allocation");
    const size_t alignment = alignment_of(operation);
    Shadow shadow;
    if (model_.has_value()) {
        const reference::Result result = model_->allocate(operation.size, operation.type, false,
                                                          std::min<size_t>(alignment, 4096));
        if ((object == nullptr) != (result.code != MORPH_OK)) {
            return fail(Checker::contract, "allocating %" PRIu64 " bytes gave %p, expected %s",
                        operation.size, object, morph_code_name(result.code));
        }
        shadow.model = result.object;
    }
    if (object == nullptr) return model_.has_value() || fail(Checker::contract, "NULL");
    shadow.address = static_cast<unsigned char*>(object);
    shadow.size = operation.size;
    shadow.alignment = alignment;
    shadow.number = static_cast<uint32_t>(report_.allocations++);
    shadow.identity = identity_of(shadow.number, 0);
    return accept(operation, shadow);
}

bool ObjectsRun::accept(const Operation& operation, const Shadow& shadow) {
    shadows_.push_back(shadow);
    const auto number = reinterpret_cast<uintptr_t>(shadow.address);
    size_t promised = std::max<size_t>(can_.alignment, shadow.alignment);
    if (operation.code != Code::allocate_aligned) {
        while (promised > std::max<size_t>(shadow.size, 1)) promised /= 2;
    }
    if (number % promised != 0) {
        return fail(Checker::alignment, "%#zx is not aligned to %zu", number, promised);
    }
    if (operation.code == Code::allocate_zeroed &&
        first_nonzero(shadow.address, shadow.size, kWhole) != shadow.size) {
        return fail(Checker::zeroing, "a zeroed object of %zu bytes is not", shadow.size);
    }
    fill(shadow.address, shadow.size, shadow.identity, kWhole);
    live_bytes_ += shadow.size;
    report_.live_peak = std::max<uint64_t>(report_.live_peak, shadows_.size());
    footprint_->add(shadow);
    return settled();
}

// After a call that may have taken memory or returned it.
bool ObjectsRun::settled() {
    held_settled_ = std::max(held_settled_, ledger_.balance());
    return true;
}

bool ObjectsRun::refused(const char* call) {
    const MorphCode code = subject_->last_error().code;
    if (model_.has_value()) model_->note_failure();
    if (code == MORPH_ERROR_OUT_OF_MEMORY) return true;
    return fail(Checker::contract, "%s without memory gave %s", call, morph_code_name(code));
}

bool ObjectsRun::read(size_t index) {
    Shadow& shadow = shadows_[index];
    if (!same(shadow, shadow.size, "when read")) return false;
    shadow.identity = identity_of(shadow.number, ++shadow.version);
    fill(shadow.address, shadow.size, shadow.identity, kWhole);
    return true;
}

void ObjectsRun::drop(size_t index) {
    live_bytes_ -= shadows_[index].size;
    shadows_[index] = shadows_.back();
    shadows_.pop_back();
}

bool ObjectsRun::free_object(size_t index) {
    const Shadow shadow = shadows_[index];
    if (!same(shadow, shadow.size, "when freed")) return false;
    const MorphCode code = subject_->free(shadow.address, shadow.size);
    if (code != MORPH_OK) {
        return fail(Checker::contract, "free gave %s", morph_code_name(code));
    }
    ++report_.frees;
    // A context's arena object stays until reset, and may be freed again.
    if (shadow.model != nullptr && shadow.model->room == MORPH_ROOM_ARENA) {
        (void)model_->free(*shadow.model);
        // When all that is left is the arena's, freeing makes no room.
        return shadows_.size() < season_.live || !random_.one_in(256) || reset();
    }
    footprint_->remove(shadow);
    if (shadow.model != nullptr) (void)model_->free(*shadow.model);
    drop(index);
    return settled();
}

bool ObjectsRun::reallocate(size_t index) {
    const Shadow old = shadows_[index];
    const size_t size = std::max<size_t>(draw_size(), 1);
    if (!same(old, old.size, "before it was resized")) return false;
    const uint32_t type = old.model != nullptr ? old.model->type : 0;
    void* moved = subject_->reallocate(old.address, old.size, size, type);
    if (moved == nullptr && ledger_.refused_in_call()) return refused("a reallocation");
    if (moved == nullptr) return impossible(old, size);
    Shadow fresh = old;
    fresh.address = static_cast<unsigned char*>(moved);
    const size_t kept = std::min(size, old.size);
    const size_t offset = first_difference(moved, old.size, kept, old.identity, kWhole);
    if (offset != kept) {
        return fail(Checker::contents, "resizing from %zu to %zu bytes changed byte %zu", old.size,
                    size, offset);
    }
    fresh.size = size;
    fresh.alignment = MORPH_DEFAULT_ALIGNMENT;
    fresh.identity = identity_of(fresh.number, ++fresh.version);
    ++report_.resizes;
    fill(moved, size, fresh.identity, kWhole);
    return model_.has_value() ? replace_in_model(index, old, fresh) : replace(index, fresh);
}

// A resize that gave NULL though memory was not refused: the rules must say so as well.
bool ObjectsRun::impossible(const Shadow& old, size_t size) {
    const MorphCode code = subject_->last_error().code;
    const MorphCode expected =
        model_.has_value() ? model_->reallocate(*old.model, size).code : MORPH_OK;
    if (code == expected && code != MORPH_OK) return same(old, old.size, "after a failed resize");
    return fail(Checker::contract, "resizing from %zu to %zu bytes gave %s, expected %s", old.size,
                size, morph_code_name(code), morph_code_name(expected));
}

bool ObjectsRun::replace(size_t index, const Shadow& fresh) {
    footprint_->remove(shadows_[index]);
    live_bytes_ += fresh.size - shadows_[index].size;
    shadows_[index] = fresh;
    footprint_->add(fresh);
    return settled();
}

bool ObjectsRun::replace_in_model(size_t index, const Shadow& old, Shadow fresh) {
    const bool told = entry_.kind == Kind::general;  // places are its own affair
    const bool stays = !told && model_->stays(*old.model, fresh.size);
    const bool old_goes = old.model->room != MORPH_ROOM_ARENA;
    if (stays && fresh.address != old.address) {
        return fail(Checker::contract, "an object of %zu bytes moved within its class", old.size);
    }
    if (old_goes) footprint_->remove(old);
    const bool stayed = fresh.address == old.address;
    const reference::Result result = !told    ? model_->reallocate(*old.model, fresh.size)
                                     : stayed ? model_->stay_resized(*old.model, fresh.size)
                                              : model_->move_resized(*old.model, fresh.size);
    if (result.code != MORPH_OK) {
        return fail(Checker::contract, "resizing succeeded, expected %s",
                    morph_code_name(result.code));
    }
    fresh.model = result.object;
    if (stays || old_goes) drop(index);
    if (result.object->index == shadows_.size()) {
        shadows_.push_back(fresh);
    } else {  // the model keeps its place in the order
        shadows_.push_back(shadows_[result.object->index]);
        shadows_[result.object->index] = fresh;
    }
    live_bytes_ += fresh.size;
    footprint_->add(fresh);
    return settled();
}

// A free of an address inside an object must be refused, and change nothing.
bool ObjectsRun::misuse(size_t index) {
    const Shadow& shadow = shadows_[index];
    if (shadow.size < 2) return true;
    const MorphCode code = subject_->free(shadow.address + 1, shadow.size);
    ++report_.misuses;
    if (code != MORPH_ERROR_NOT_AN_OBJECT) {
        return fail(Checker::detection, "free inside an object gave %s", morph_code_name(code));
    }
    return same(shadow, shadow.size, "after a wrong free");
}

bool ObjectsRun::query(size_t index) {
    const Shadow& shadow = shadows_[index];
    const std::optional<MorphAddressInfo> info = subject_->query(shadow.address);
    if (!info.has_value() || !info->allocated) {
        return fail(Checker::query, "a live object is said not to be allocated");
    }
    if (info->room == MORPH_ROOM_POOL &&
        (info->size != shadow.size || info->object != shadow.address)) {
        return fail(Checker::query, "an object of %zu bytes is said to have %zu", shadow.size,
                    info->size);
    }
    return true;
}

bool ObjectsRun::add_type() {
    if (types_ >= kTypesMax) return true;
    const auto placement = static_cast<MorphMemPlacement>(random_.below(8) == 0);
    const uint32_t type = subject_->register_type(static_cast<uint8_t>(placement));
    if (type == MORPH_TYPE_INVALID && ledger_.refused_in_call()) return refused("a type");
    MorphCode code = MORPH_OK;
    const uint32_t expected = model_->register_type("", placement_of(placement), &code);
    if (type != expected) {
        return fail(Checker::contract, "type %u was registered, expected %u", type, expected);
    }
    ++types_;
    footprint_->add_type();
    return settled();
}

bool ObjectsRun::mark() {
    void* mark = subject_->mark();
    if (mark == nullptr && ledger_.refused_in_call()) return refused("a mark");
    if (mark == nullptr) return fail(Checker::contract, "a mark was refused");
    scopes_.push_back({mark, model_->mark(), shadows_.size()});
    footprint_->add_mark();
    return settled();
}

bool ObjectsRun::release() {
    const size_t kept = random_.below(scopes_.size());
    const Scope scope = scopes_[kept];
    for (size_t i = scope.objects; i < shadows_.size(); ++i) {
        footprint_->remove(shadows_[i]);
        live_bytes_ -= shadows_[i].size;
    }
    for (size_t i = kept; i < scopes_.size(); ++i) footprint_->remove_mark();
    const MorphCode code = subject_->release(scope.mark);
    const MorphCode expected = model_->release(scope.id);
    if (code != expected) {
        return fail(Checker::contract, "release gave %s, expected %s", morph_code_name(code),
                    morph_code_name(expected));
    }
    shadows_.resize(scope.objects);
    scopes_.resize(kept);
    ++report_.releases;
    return settled() && (!random_.one_in(8) || check_figures());
}

bool ObjectsRun::reset() {
    if (!check_contents()) return false;
    subject_->reset();
    if (model_.has_value()) model_->reset();
    footprint_->reset();
    shadows_.clear();
    scopes_.clear();
    live_bytes_ = 0;
    ++report_.resets;
    return settled();
}

}  // namespace suite
