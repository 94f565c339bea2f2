// Birth, contents and end of a Heap's objects, and where their references are.

#include <algorithm>
#include <cstring>
#include <new>

#include "reference/heap.h"
#include "reference/heap_types.h"
#include "reference/owner.h"

namespace reference {
namespace {

constexpr size_t kHeaderBytes = sizeof(uint64_t);
constexpr unsigned char kFreedFill = 0xDD;
constexpr size_t kFillBytesMax = 4096;  // freed memory is filled up to here
constexpr size_t kHomePieceBytes = 4096;
// Every byte of an object is written, so what malloc would only promise is not asked for.
constexpr size_t kLargestObject = size_t{1} << 32;

uint64_t header_for(size_t size, uint32_t type) {
    const uint64_t field = std::min<uint64_t>(size, MORPH_HEADER_SIZE_MASK);
    return uint64_t{type} << MORPH_HEADER_TYPE_SHIFT | field << MORPH_HEADER_SIZE_SHIFT |
           MORPH_HEADER_BARRIER;
}

struct SlotCollector : MorphSlotVisitor {
    std::vector<void**> slots;
};

void collect_slot(MorphSlotVisitor* visitor, void** slot) {
    static_cast<SlotCollector*>(visitor)->slots.push_back(slot);
}

}  // namespace

Heap::Heap(const MorphHeapConfig& config)
    : MorphHeap{},
      config_(config),
      memory_(config.memory),
      born_(std::chrono::steady_clock::now()) {
    std::string fault;
    complete(config.settings, &settings_, &fault);
    next_major_ = settings_.major_threshold;
    young_bytes = SIZE_MAX;  // every store is noted, whatever it stores
    types_.push_back({.name = "none"});
}

Heap::~Heap() {
    reset();
    if (roots_base != nullptr) {
        memory_.give_back(reinterpret_cast<unsigned char*>(roots_base),
                          static_cast<size_t>(roots_limit - roots_base) * sizeof *roots_base);
    }
    for (unsigned char* piece : home_) memory_.give_back(piece, kHomePieceBytes);
}

bool Heap::open() {
    unsigned char* piece = memory_.take(kHomePieceBytes, MORPH_DEFAULT_ALIGNMENT);
    if (piece != nullptr) home_.push_back(piece);
    if (piece == nullptr) fail_creation(MORPH_ERROR_OUT_OF_MEMORY);
    return piece != nullptr;
}

MorphCode Heap::fail(MorphCode code, std::string_view text) {
    set_error(&last_, code, text);
    figures_.failures += 1;
    return code;
}

MorphCode Heap::refuse_visiting() {
    return fail(MORPH_ERROR_UNSUPPORTED, "called from inside a custom visitor");
}

uint32_t Heap::register_type(const MorphMemTypeInfo* info) {
    if (visiting_) {
        refuse_visiting();
        return MORPH_TYPE_INVALID;
    }
    if (info == nullptr) {
        fail(MORPH_ERROR_INVALID_ARGUMENT, "info: NULL");
        return MORPH_TYPE_INVALID;
    }
    const std::string fault = type_fault(*info);
    MorphCode code = fault.empty() ? MORPH_OK : MORPH_ERROR_INVALID_ARGUMENT;
    if (code == MORPH_OK && types_.size() >= MORPH_MAX_TYPES) code = MORPH_ERROR_TOO_MANY_TYPES;
    if (code != MORPH_OK) {
        fail(code, fault);
        return MORPH_TYPE_INVALID;
    }
    const auto id = static_cast<uint32_t>(types_.size());
    RegisteredType type = {.name = kept_name(info->name, id), .layout = info->layout};
    type.placement = info->placement;
    if (info->layout == MORPH_LAYOUT_OFFSETS || info->layout == MORPH_LAYOUT_STRUCTS) {
        type.offsets.assign(info->offsets, info->offsets + info->offset_count);
        type.element_size = info->element_size;
    }
    type.visit = info->visit;
    type.visit_user = info->visit_user;
    types_.push_back(std::move(type));
    return id;
}

// --------------------------------------------------------------------------------------- birth

MorphCode Heap::refusal(size_t size, uint32_t type, size_t alignment) const {
    if (type >= types_.size()) return MORPH_ERROR_UNKNOWN_TYPE;
    return check_object(size, alignment, least_size(types_[type].layout, types_[type].offsets));
}

void* Heap::allocate(size_t size, uint32_t type, size_t alignment) {
    if (visiting_) {
        refuse_visiting();
        return nullptr;
    }
    const MorphCode code = refusal(size, type, alignment);
    if (code != MORPH_OK) {
        fail(code);
        return nullptr;
    }
    collect_before_allocation();
    Record* record = place(size, type, alignment);
    if (record == nullptr) {
        collect(true);
        record = place(size, type, alignment);
    }
    if (record == nullptr) {
        fail(MORPH_ERROR_OUT_OF_MEMORY);
        return nullptr;
    }
    count_birth(*record);
    return record->address;
}

Record* Heap::place(size_t size, uint32_t type, size_t alignment) {
    if (size > kLargestObject) return nullptr;
    const size_t before = std::max(alignment, kHeaderBytes);
    const size_t guard = debug() ? kHeaderBytes : 0;
    const size_t bytes = before + std::max(size, size_t{1}) + guard;
    unsigned char* piece = memory_.take(bytes, std::max(alignment, MORPH_DEFAULT_ALIGNMENT));
    if (piece == nullptr) return nullptr;
    std::unique_ptr<Record> owned(new (std::nothrow) Record{});
    Record* record = owned.get();
    try {
        if (record == nullptr) throw std::bad_alloc();
        records_.emplace(reinterpret_cast<uintptr_t>(piece + before), std::move(owned));
    } catch (const std::bad_alloc&) {
        memory_.give_back(piece, bytes);
        return nullptr;
    }
    std::memset(piece + before - kHeaderBytes, 0, bytes - before + kHeaderBytes);
    const size_t nursery_object_max = settings_.nursery_bytes / 8;
    const bool born_old = alignment > MORPH_DEFAULT_ALIGNMENT || size > settings_.large_bytes ||
                          size + kHeaderBytes > nursery_object_max;
    *record = {.piece = piece,
               .piece_bytes = bytes,
               .address = piece + before,
               .size = size,
               .type = type,
               .age = 0,
               .young = !born_old,
               .born_old = born_old,
               .marked = false,
               .told = {}};
    const uint64_t header = header_for(size, type);
    std::memcpy(piece + before - kHeaderBytes, &header, kHeaderBytes);
    write_guard(*record);
    settle(*record);
    return record;
}

void Heap::count_birth(const Record& record) {
    const auto add = [&record](MorphMemCounts& counts) {
        counts.allocations += 1;
        counts.objects_live += 1;
        counts.bytes_allocated += record.size;
        counts.bytes_live += record.size;
    };
    add(figures_.counts);
    add(types_[record.type].counts);
    if (record.young) {
        add(figures_.young);
        bytes_since_ += record.size + kHeaderBytes;
    } else {
        figures_.objects_pretenured += 1;
        old_bytes_ += record.piece_bytes;
    }
}

void* Heap::resize(void* object, size_t new_size) {
    Record* old = find(object);
    if (old == nullptr) {
        fail(MORPH_ERROR_NOT_AN_OBJECT);
        return nullptr;
    }
    void* outer = held_;
    held_ = object;
    void* fresh = allocate(new_size, old->type, MORPH_DEFAULT_ALIGNMENT);
    held_ = outer;
    if (fresh == nullptr) return nullptr;
    copy_contents(*old, *find(fresh));
    morph_object_set_flags(fresh, morph_object_flags(object));
    settle(*find(fresh));
    return fresh;
}

// References stay references and data stays data: what was cut, or is only now large enough to be
// a reference, is zero. (A custom visitor decides by the contents: all is copied.)
void Heap::copy_contents(const Record& from, const Record& to) {
    const size_t bytes = std::min(from.size, to.size);
    std::memcpy(to.address, from.address, bytes);
    if (types_[from.type].layout == MORPH_LAYOUT_CUSTOM) return;
    const std::vector<void**> from_slots = slots_of(from);
    const std::vector<void**> to_slots = slots_of(to);
    for (size_t index = from_slots.size(); index < to_slots.size(); ++index)
        *to_slots[index] = nullptr;
    for (size_t index = to_slots.size(); index < from_slots.size(); ++index) {
        const size_t offset = reinterpret_cast<uintptr_t>(from_slots[index]) -
                              reinterpret_cast<uintptr_t>(from.address);
        if (offset >= bytes) break;
        auto* there = static_cast<unsigned char*>(to.address) + offset;
        std::memset(there, 0, std::min(bytes - offset, kSlotBytes));
    }
}

// The record goes as well.
void Heap::discard(Record* record) {
    const auto subtract = [record](MorphMemCounts& counts) {
        counts.frees += 1;
        counts.objects_live -= 1;
        counts.bytes_freed += record->size;
        counts.bytes_live -= record->size;
    };
    subtract(figures_.counts);
    subtract(types_[record->type].counts);
    if (record->young) subtract(figures_.young);
    if (!record->young) old_bytes_ -= record->piece_bytes;
    std::memset(record->address, kFreedFill, std::min(record->size, kFillBytesMax));
    memory_.give_back(record->piece, record->piece_bytes);
    records_.erase(reinterpret_cast<uintptr_t>(record->address));
}

void Heap::reset() {
    if (visiting_) return;
    if (debug()) check_objects();
    roots_top = roots_base;
    for (const GlobalRoot& root : globals_) memory_.give_back(root.entry, sizeof(GlobalRoot));
    globals_.clear();
    for (const auto& [object, finalizer] : finalizers_) {
        memory_.give_back(finalizer.entry, sizeof(Finalizer));
    }
    finalizers_.clear();
    for (const Finalizer& finalizer : ready_) {
        memory_.give_back(finalizer.entry, sizeof(Finalizer));
    }
    ready_.clear();
    while (!records_.empty()) discard(records_.begin()->second.get());
    bytes_since_ = 0;
    next_major_ = settings_.major_threshold;
}

std::vector<void**> Heap::slots_of(const Record& record) const {
    const RegisteredType& type = types_[record.type];
    auto* bytes = static_cast<unsigned char*>(record.address);
    const auto slot_at = [bytes](size_t offset) {
        return static_cast<void**>(static_cast<void*>(bytes + offset));
    };
    std::vector<void**> slots;
    if (type.layout == MORPH_LAYOUT_OFFSETS) {
        for (const size_t offset : type.offsets) slots.push_back(slot_at(offset));
    } else if (type.layout == MORPH_LAYOUT_POINTERS) {
        for (size_t index = 0; index < record.size / kSlotBytes; ++index) {
            slots.push_back(slot_at(index * kSlotBytes));
        }
    } else if (type.layout == MORPH_LAYOUT_STRUCTS) {
        for (size_t index = 0; index < record.size / type.element_size; ++index) {
            for (const size_t offset : type.offsets) {
                slots.push_back(slot_at(index * type.element_size + offset));
            }
        }
    } else if (type.layout == MORPH_LAYOUT_CUSTOM) {
        SlotCollector collector = {{&collect_slot}, {}};
        visiting_ = true;
        type.visit(type.visit_user, record.address, record.size, &collector);
        visiting_ = false;
        slots = std::move(collector.slots);
    }
    return slots;
}

}  // namespace reference
