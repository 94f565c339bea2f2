#include "stress/memory/moving_heap.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <unordered_set>

namespace suite {

namespace {

constexpr size_t kRootsFirst = 64;
constexpr size_t kCollectLeast = size_t{32} << 20;

struct Collecting : MorphSlotVisitor {
    std::vector<void**> slots;
};

void add_slot(MorphSlotVisitor* visitor, void** slot) {
    static_cast<Collecting*>(visitor)->slots.push_back(slot);
}

void count(MorphMemCounts* counts, size_t size) {
    counts->allocations += 1;
    counts->bytes_allocated += size;
    counts->objects_live += 1;
    counts->bytes_live += size;
}

void uncount(MorphMemCounts* counts, size_t size) {
    counts->frees += 1;
    counts->bytes_freed += size;
    counts->objects_live -= 1;
    counts->bytes_live -= size;
}

uint64_t address(const void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer);
}

uint32_t type_of(const MovingObject* object) {
    return static_cast<uint32_t>(object->header >> MORPH_HEADER_TYPE_SHIFT &
                                 MORPH_HEADER_TYPE_MASK);
}

}  // namespace

MovingHeap::MovingHeap(const MorphHeapConfig& config)
    : MorphHeap{}, config_(config), collect_at_(kCollectLeast) {
    young_bytes = UINTPTR_MAX;  // the barrier is told of every store
    roots_base = static_cast<void***>(std::calloc(kRootsFirst, sizeof(void**)));
    if (roots_base == nullptr) std::abort();
    roots_top = roots_base;
    roots_limit = roots_base + kRootsFirst;
    types_.push_back({"none", MORPH_LAYOUT_DATA, {}, 0, nullptr, nullptr, {}});
}

MovingHeap::~MovingHeap() {
    reset();
    std::free(roots_base);
}

void MovingHeap::set_error(MorphCode code, const char* text) {
    error_.code = code;
    std::snprintf(error_.text, sizeof error_.text, "%s", text);
    stats_.failures += 1;
}

uint32_t MovingHeap::register_type(const MorphMemTypeInfo& info) {
    std::vector<size_t> offsets(info.offsets, info.offsets + info.offset_count);
    types_.push_back({info.name == nullptr ? "" : info.name,
                      info.layout,
                      std::move(offsets),
                      info.element_size,
                      info.visit,
                      info.visit_user,
                      {}});
    return static_cast<uint32_t>(types_.size() - 1);
}

template <typename Action>
void MovingHeap::for_each_slot(MovingObject* object, Action action) {
    const Type& type = types_[type_of(object)];
    auto* payload = static_cast<unsigned char*>(object->payload());
    const auto slot = [payload](size_t offset) {
        return static_cast<void**>(static_cast<void*>(payload + offset));
    };
    switch (type.layout) {
        case MORPH_LAYOUT_OFFSETS:
            for (const size_t offset : type.offsets) action(slot(offset));
            break;
        case MORPH_LAYOUT_POINTERS:
            for (size_t at = 0; at + 8 <= object->size; at += 8) action(slot(at));
            break;
        case MORPH_LAYOUT_STRUCTS:
            for (size_t at = 0; at + type.element_size <= object->size; at += type.element_size) {
                for (const size_t offset : type.offsets) action(slot(at + offset));
            }
            break;
        case MORPH_LAYOUT_CUSTOM: {
            Collecting visitor;
            visitor.visit = add_slot;
            type.visit(type.visit_user, payload, object->size, &visitor);
            for (void** named : visitor.slots) action(named);
            break;
        }
        case MORPH_LAYOUT_DATA:
        case MORPH_LAYOUT_WEAK:
            break;
    }
}

bool MovingHeap::fits(size_t size, const Type& type) const {
    return type.layout != MORPH_LAYOUT_OFFSETS || type.offsets.empty() ||
           size >= type.offsets.back() + 8;
}

bool MovingHeap::granted(size_t bytes) {
    const MorphMemoryLimits& limits = config_.memory;
    const size_t mapped = stats_.bytes_mapped;
    if (limits.bytes_max != 0 && (bytes > limits.bytes_max || mapped > limits.bytes_max - bytes)) {
        return false;
    }
    return limits.request == nullptr || limits.request(limits.user, bytes);
}

// An object of its own, in no list.
MovingObject* MovingHeap::make(size_t size, uint32_t type) {
    const size_t bytes = sizeof(MovingObject) + size;
    void* memory = std::calloc(1, bytes);
    if (memory == nullptr) return nullptr;
    stats_.bytes_mapped += bytes;
    stats_.bytes_mapped_peak = std::max(stats_.bytes_mapped_peak, stats_.bytes_mapped);
    return new (memory)
        MovingObject{nullptr, size, nullptr, 0,
                     uint64_t{type} << MORPH_HEADER_TYPE_SHIFT | MORPH_HEADER_BARRIER};
}

void* MovingHeap::allocate(size_t size, uint32_t type) {
    if (type >= types_.size() || size > MORPH_MAX_REQUEST || !fits(size, types_[type])) {
        set_error(MORPH_ERROR_INVALID_ARGUMENT, "unknown type, or a size that it cannot have");
        return nullptr;
    }
    if (forced_next_ != 0 && --forced_next_ == 0) {
        forced_next_ = forced_every_;
        stats_.collections_forced += 1;
        collect();
    } else if (stats_.counts.bytes_live > collect_at_) {
        collect();
    }
    const size_t bytes = sizeof(MovingObject) + size;
    bool room = granted(bytes);
    if (!room) {
        collect();
        room = granted(bytes);
    }
    MovingObject* object = room ? make(size, type) : nullptr;
    if (object == nullptr) {
        if (room && config_.memory.returned != nullptr) {
            config_.memory.returned(config_.memory.user, bytes);
        }
        set_error(MORPH_ERROR_OUT_OF_MEMORY, room ? "malloc refused" : "request refused");
        return nullptr;
    }
    object->next = first_;
    first_ = object;
    count(&stats_.counts, size);
    count(&types_[type].counts, size);
    stats_.bytes_live_peak = std::max(stats_.bytes_live_peak, stats_.counts.bytes_live);
    return object->payload();
}

void* MovingHeap::resize(void* object, size_t new_size) {
    if (!push_root(&object)) return nullptr;
    void* grown = allocate(new_size, type_of(MovingObject::of(object)));
    --roots_top;
    if (grown == nullptr) return nullptr;
    MovingObject* from = MovingObject::of(object);
    std::memcpy(grown, object, std::min(from->size, new_size));
    MovingObject::of(grown)->ledger = sum_of(MovingObject::of(grown));
    return grown;
}

uint64_t MovingHeap::sum_of(MovingObject* object) {
    uint64_t sum = 0;
    for_each_slot(object, [&sum](void** slot) { sum += address(*slot); });
    return sum;
}

// Called right before *slot = value.
void MovingHeap::barrier(void* object, void* const* slot, const void* value) {
    MovingObject::of(object)->ledger += address(value) - address(*slot);
}

bool MovingHeap::push_root(void** slot) {
    if (slot == nullptr) return false;
    if (roots_top == roots_limit) {
        const size_t depth = root_depth();
        auto* grown = static_cast<void***>(std::realloc(roots_base, depth * 2 * sizeof(void**)));
        if (grown == nullptr) return false;
        roots_base = grown;
        roots_top = grown + depth;
        roots_limit = grown + depth * 2;
    }
    *roots_top++ = slot;
    return true;
}

void MovingHeap::forward(void** slot) {
    if (*slot == nullptr) return;
    MovingObject* object = MovingObject::of(*slot);
    if (object->forward == nullptr) {
        MovingObject* copy = make(object->size, type_of(object));
        if (copy == nullptr) std::abort();  // the machine itself has no memory left
        copy->header = object->header;
        std::memcpy(copy->payload(), object->payload(), object->size);
        object->forward = copy;
        *copied_end_ = copy;
        copied_end_ = &copy->next;
    }
    *slot = object->forward->payload();
}

void MovingHeap::collect() {
    for (MovingObject* object = first_; object != nullptr; object = object->next) {
        if (object->ledger == sum_of(object)) continue;
        std::fprintf(stderr, "an object of type %s was written without barrier\n",
                     types_[type_of(object)].name.c_str());
        std::abort();
    }
    MovingObject* old = first_;
    first_ = nullptr;
    copied_end_ = &first_;
    for (void*** root = roots_base; root != roots_top; ++root) forward(*root);
    for (MovingObject* copy = first_; copy != nullptr; copy = copy->next) {
        for_each_slot(copy, [this](void** slot) { forward(slot); });
        copy->ledger = sum_of(copy);
    }
    while (old != nullptr) {
        MovingObject* next = old->next;
        if (old->forward == nullptr) {
            release(old);
        } else {
            stats_.bytes_mapped -= sizeof(MovingObject) + old->size;
            std::free(old);
        }
        old = next;
    }
    stats_.major.count += 1;
    collect_at_ = std::max(kCollectLeast, stats_.counts.bytes_live * 2);
}

// What was found dead.
void MovingHeap::release(MovingObject* object) {
    uncount(&stats_.counts, object->size);
    uncount(&types_[type_of(object)].counts, object->size);
    const size_t bytes = sizeof(MovingObject) + object->size;
    stats_.bytes_mapped -= bytes;
    std::free(object);
    if (config_.memory.returned != nullptr) config_.memory.returned(config_.memory.user, bytes);
}

void MovingHeap::reset() {
    while (first_ != nullptr) {
        MovingObject* next = first_->next;
        release(first_);
        first_ = next;
    }
    roots_top = roots_base;
}

// Every reference is that of an object, and the figures are those of the list.
MorphCode MovingHeap::verify() {
    std::unordered_set<const void*> payloads;
    uint64_t bytes = 0;
    for (MovingObject* object = first_; object != nullptr; object = object->next) {
        payloads.insert(object->payload());
        bytes += object->size;
    }
    bool good = payloads.size() == stats_.counts.objects_live && bytes == stats_.counts.bytes_live;
    for (MovingObject* object = first_; object != nullptr; object = object->next) {
        for_each_slot(object, [&](void** slot) {
            good = good && (*slot == nullptr || payloads.count(*slot) != 0);
        });
    }
    if (good) return MORPH_OK;
    set_error(MORPH_ERROR_CORRUPTION, "MOVING-REFERENCES: a reference or a figure is wrong");
    return MORPH_ERROR_CORRUPTION;
}

void MovingHeap::force(const MorphForcedCollections& plan) {
    forced_next_ = plan.first;
    forced_every_ = plan.every;
}

MorphHeapStats MovingHeap::stats() const {
    MorphHeapStats stats = stats_;
    stats.roots = root_depth();
    stats.types = static_cast<uint32_t>(types_.size());
    return stats;
}

MorphCode MovingHeap::type_stats(uint32_t type, MorphHeapTypeStats* stats) const {
    if (type >= types_.size()) return MORPH_ERROR_UNKNOWN_TYPE;
    *stats = {};
    std::snprintf(stats->name, sizeof stats->name, "%s", types_[type].name.c_str());
    stats->layout = types_[type].layout;
    stats->counts = types_[type].counts;
    return MORPH_OK;
}

}  // namespace suite
