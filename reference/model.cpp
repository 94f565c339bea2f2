#include "reference/model.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace reference {
namespace {

constexpr unsigned char kGuardFill = 0xFD;
constexpr unsigned char kFreshFill = 0xA5;
constexpr unsigned char kFreedFill = 0xDD;
constexpr size_t kFillBytesMax = 4096;  // freed and fresh memory is filled up to here

void add(MorphMemCounts& counts, uint64_t bytes) {
    counts.allocations += 1;
    counts.objects_live += 1;
    counts.bytes_allocated += bytes;
    counts.bytes_live += bytes;
}

void subtract(MorphMemCounts& counts, uint64_t bytes) {
    counts.frees += 1;
    counts.objects_live -= 1;
    counts.bytes_freed += bytes;
    counts.bytes_live -= bytes;
}

void resize(MorphMemCounts& counts, uint64_t old_bytes, uint64_t new_bytes) {
    if (new_bytes > old_bytes) counts.bytes_allocated += new_bytes - old_bytes;
    if (new_bytes < old_bytes) counts.bytes_freed += old_bytes - new_bytes;
    counts.bytes_live += new_bytes - old_bytes;
}

}  // namespace

Model::Model(const Settings& settings) : settings_(settings), memory_(settings.limits) {
    if (in_context()) types_.push_back({.name = "none"});
}

Model::~Model() {
    while (!live_.empty()) remove(live_.back());
}

Object* Model::place(const Object& planned, bool zeroed) {
    size_t alignment = planned.alignment;
    // A pool promises every power of two that divides the slot.
    if (planned.room == MORPH_ROOM_POOL) {
        alignment = std::max(alignment, planned.slot & (~planned.slot + 1));
    }
    unsigned char* piece = memory_.take(planned.reserved, alignment);
    if (piece == nullptr) return nullptr;
    std::unique_ptr<Object> object(new (std::nothrow) Object(planned));
    const size_t index = live_.size();
    try {
        if (object == nullptr) throw std::bad_alloc();
        live_.push_back(object.get());
        if (settings_.find_by_address) {
            by_address_.emplace(reinterpret_cast<uintptr_t>(piece), object.get());
        }
    } catch (const std::bad_alloc&) {
        live_.resize(index);
        memory_.give_back(piece, planned.reserved);
        return nullptr;
    }
    object->id = ++last_id_;
    object->address = piece;
    object->index = index;
    if (zeroed) {
        std::memset(piece, 0, object->size);
    } else if (settings_.debug) {
        std::memset(piece, kFreshFill, std::min(object->size, kFillBytesMax));
    }
    if (settings_.debug) std::memset(piece + object->size, kGuardFill, kGuardBytes);
    return object.release();
}

void Model::remove(Object* object) {
    assert(live_[object->index] == object);
    live_[object->index] = live_.back();
    live_[object->index]->index = object->index;
    live_.pop_back();
    by_address_.erase(reinterpret_cast<uintptr_t>(object->address));
    std::memset(object->address, kFreedFill, std::min(object->size, kFillBytesMax));
    memory_.give_back(object->address, object->reserved);
    delete object;
}

MorphMemCounts* Model::counts_of(MorphRoom room) {
    if (!has_parts()) return nullptr;
    return room == MORPH_ROOM_POOL ? &pool_ : &arena_;
}

uint64_t& Model::slots_of(MorphRoom room) {
    return room == MORPH_ROOM_ARENA ? bytes_used_ : bytes_slots_;
}

void Model::count_allocation(const Object& object) {
    add(total_, object.size);
    if (MorphMemCounts* counts = counts_of(object.room)) add(*counts, object.size);
    if (in_context()) add(types_[object.type].counts, object.size);
    slots_of(object.room) += object.slot;
    large_live_ += object.size > MORPH_POOL_MAX_SIZE ? 1 : 0;
    bytes_live_peak_ = std::max(bytes_live_peak_, total_.bytes_live);
}

void Model::count_free(const Object& object) {
    subtract(total_, object.size);
    if (MorphMemCounts* counts = counts_of(object.room)) subtract(*counts, object.size);
    if (in_context()) subtract(types_[object.type].counts, object.size);
    slots_of(object.room) -= object.slot;
    large_live_ -= object.size > MORPH_POOL_MAX_SIZE ? 1 : 0;
}

void Model::count_resize(const Object& object, size_t new_size) {
    resize(total_, object.size, new_size);
    if (MorphMemCounts* counts = counts_of(object.room)) resize(*counts, object.size, new_size);
    if (in_context()) resize(types_[object.type].counts, object.size, new_size);
    large_live_ += new_size > MORPH_POOL_MAX_SIZE ? 1 : 0;
    large_live_ -= object.size > MORPH_POOL_MAX_SIZE ? 1 : 0;
    resizes_ += 1;
    bytes_live_peak_ = std::max(bytes_live_peak_, total_.bytes_live);
}

Result Model::allocate(size_t size, uint32_t type, bool zeroed, size_t alignment,
                       MorphMemPlacement placement) {
    Object planned = {};
    const MorphCode code = plan(size, alignment, type, placement, &planned);
    if (code != MORPH_OK) return {note_failure(code), nullptr};
    Object* object = place(planned, zeroed);
    if (object == nullptr) return {note_failure(), nullptr};
    count_allocation(*object);
    return {MORPH_OK, object};
}

MorphCode Model::refusal(size_t size, uint32_t type) const {
    Object planned = {};
    return plan(size, MORPH_DEFAULT_ALIGNMENT, type, MORPH_PLACE_BY_SIZE, &planned);
}

MorphCode Model::free(Object& object) {
    assert(live_[object.index] == &object && settings_.rules != Rules::arena);
    if (object.room == MORPH_ROOM_ARENA) return MORPH_OK;
    count_free(object);
    remove(&object);
    return MORPH_OK;
}

bool Model::stays(const Object& object, size_t new_size) const {
    if (settings_.rules == Rules::baseline) return new_size == object.size;
    if (object.room == MORPH_ROOM_ARENA) return false;
    const bool general = settings_.rules == Rules::general;
    if (general && new_size <= object.size) return true;
    const size_t alignment = general ? own_alignment(new_size) : MORPH_DEFAULT_ALIGNMENT;
    return pool_slot_bytes(new_size, alignment, settings_.debug) == object.slot;
}

Result Model::stay_resized(Object& object, size_t new_size) {
    assert(live_[object.index] == &object && settings_.rules == Rules::general);
    Object planned = {};
    const MorphCode code =
        plan(new_size, MORPH_DEFAULT_ALIGNMENT, object.type, MORPH_PLACE_BY_SIZE, &planned);
    if (code != MORPH_OK) return {note_failure(code), nullptr};
    Object* fresh = place(planned, false);
    if (fresh == nullptr) return {note_failure(), nullptr};
    std::memcpy(fresh->address, object.address, std::min(object.size, new_size));
    count_resize(object, new_size);
    slots_of(object.room) -= object.slot;
    slots_of(fresh->room) += fresh->slot;
    remove(&object);
    return {MORPH_OK, fresh};
}

Result Model::reallocate(Object& object, size_t new_size) {
    assert(live_[object.index] == &object && settings_.rules != Rules::arena);
    if (settings_.rules == Rules::pool && new_size == 0) {
        return {note_failure(MORPH_ERROR_INVALID_ARGUMENT), nullptr};
    }
    if (stays(object, new_size)) {
        count_resize(object, new_size);
        object.size = new_size;
        if (settings_.debug) std::memset(object.address + new_size, kGuardFill, kGuardBytes);
        return {MORPH_OK, &object};
    }
    return move_resized(object, new_size);
}

Result Model::move_resized(Object& object, size_t new_size) {
    const Result moved = allocate(new_size, object.type);
    if (moved.code != MORPH_OK) return moved;
    std::memcpy(moved.object->address, object.address, std::min(object.size, new_size));
    free(object);
    return moved;
}

void Model::reset() {
    resets_ += 1;
    scopes_.clear();
    while (!live_.empty()) {
        count_free(*live_.back());
        remove(live_.back());
    }
}

uint64_t Model::mark() {
    assert(settings_.rules == Rules::arena);
    try {
        scopes_.push_back(last_scope_ + 1);
    } catch (const std::bad_alloc&) {
        note_failure();
        return 0;
    }
    return ++last_scope_;
}

MorphCode Model::release(uint64_t scope) {
    const auto found = std::ranges::find(scopes_, scope);
    if (found == scopes_.end()) return note_failure(MORPH_ERROR_SCOPE);
    scopes_.erase(found, scopes_.end());
    // Nothing is freed alone in an arena, so live_ is in order of allocation: the last ones go.
    while (!live_.empty() && live_.back()->scope > scopes_.size()) {
        count_free(*live_.back());
        remove(live_.back());
    }
    return MORPH_OK;
}

uint32_t Model::register_type(std::string_view name, MorphMemPlacement placement, MorphCode* code) {
    *code = MORPH_OK;
    if (raw_number(placement) > MORPH_PLACE_ARENA) *code = MORPH_ERROR_INVALID_ARGUMENT;
    if (types_.size() >= MORPH_MAX_TYPES) *code = MORPH_ERROR_TOO_MANY_TYPES;
    if (*code != MORPH_OK) {
        note_failure(*code);
        return MORPH_TYPE_INVALID;
    }
    const uint32_t id = types();
    try {
        std::string kept(name.substr(0, sizeof(MorphMemTypeStats::name) - 1));
        if (kept.empty()) kept = "type " + std::to_string(id);
        types_.push_back({.name = std::move(kept), .placement = placement});
    } catch (const std::bad_alloc&) {
        *code = note_failure();
        return MORPH_TYPE_INVALID;
    }
    return id;
}

MorphCode Model::note_failure(MorphCode code) {
    failures_ += 1;
    return code;
}

Object* Model::find(const void* address) const {
    const auto number = reinterpret_cast<uintptr_t>(address);
    auto above = by_address_.upper_bound(number);
    if (above == by_address_.begin()) return nullptr;
    Object* object = std::prev(above)->second;
    return number - reinterpret_cast<uintptr_t>(object->address) < object->slot ? object : nullptr;
}

bool Model::guard_intact(const Object& object) const {
    if (!settings_.debug) return true;
    const unsigned char* guard = object.address + object.size;
    return std::all_of(guard, guard + kGuardBytes,
                       [](unsigned char byte) { return byte == kGuardFill; });
}

}  // namespace reference
