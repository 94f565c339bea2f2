#include "context/baseline.h"

#include <cstring>

#include "chunk/check.h"
#include "v1/v1.h"

namespace morph {

// By the rules of pools and arena; debug mode's guards are left out.
bool BaselineContext::belongs_to_arena(size_t size, size_t alignment, uint32_t type,
                                       MorphMemPlacement placement) const {
    if (placement == MORPH_PLACE_BY_SIZE) placement = v1_of(heap)->placement(type);
    if (placement == MORPH_PLACE_ARENA) return true;
    size_t rounded = ((size != 0 ? size : 1) + alignment - 1) & ~(alignment - 1);
    return placement != MORPH_PLACE_POOL && rounded > MORPH_POOL_MAX_SIZE;
}

void* BaselineContext::allocate(size_t size, uint32_t type) {
    return in_turn(reporter(), this, "morph_mem_alloc", [=, this] {
        return allocate_with(size, MORPH_DEFAULT_ALIGNMENT, type, MORPH_PLACE_BY_SIZE, false);
    });
}

void* BaselineContext::allocate_with(size_t size, size_t alignment, uint32_t type,
                                     MorphMemPlacement placement, bool zeroed) {
    if (check_placement(placement, type < types()) != MORPH_OK) return nullptr;
    if (alignment == 1 || alignment == 2 || alignment == 4) alignment = MORPH_DEFAULT_ALIGNMENT;
    void* object = v1_of(heap)->allocate(size, alignment, type, zeroed);
    if (object == nullptr) return nullptr;
    if (belongs_to_arena(size, alignment, type, placement)) {
        morph_object_set_flags(object, kArenaFlag);
    }
    return object;
}

MorphCode BaselineContext::free(void* object) {
    return in_turn(reporter(), this, "morph_mem_free",
                   [=, this] { return object == nullptr ? MORPH_OK : v1_of(heap)->free(object); });
}

// Errors as in Context::reallocate. There are no size classes: an object stays where it is when its
// size stays.
void* BaselineContext::reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) {
    if (object == nullptr) return allocate(new_size, type);
    MorphAddressInfo info = query(object);
    if (!info.allocated || info.object != object) {
        // No object: V1 says what is wrong, and reports it in debug mode.
        MorphCode code = v1_of(heap)->free(object);
        MORPH_CHECK(code != MORPH_OK);
        return nullptr;
    }
    if (check_new_size(new_size, type) != MORPH_OK) return nullptr;
    if (type != info.type) {
        fail(MORPH_ERROR_INVALID_ARGUMENT, "type_id: %p is of type %u, not %u", object, info.type,
             type);
        return nullptr;
    }
    if (debug() && old_size != info.size) {
        refuse_old_size(object, old_size, info.size, type);
        return nullptr;
    }
    if (new_size == info.size) {
        resizes_ += 1;
        return object;
    }
    void* moved = allocate(new_size, type);
    if (moved == nullptr) return nullptr;
    memcpy(moved, object, info.size < new_size ? info.size : new_size);
    MorphCode code = v1_of(heap)->free(object);
    MORPH_CHECK(code == MORPH_OK);
    return moved;
}

MorphCode BaselineContext::destroy(BaselineContext* context) {
    if (context->reports_leaks()) context->report_leaks();
    return RuntimeContext::destroy(context);
}

namespace {

// Objects of one type that were left, the first one that walking meets included.
struct Left {
    uint32_t type;
    uint8_t exempt;  // flag of those that do not count
    uint64_t objects, bytes;
    void* first;
    size_t first_size;

    static bool visit(void* user, void* object, size_t size, uint32_t type) {
        auto* left = static_cast<Left*>(user);
        if (type != left->type || (morph_object_flags(object) & left->exempt) != 0) return true;
        if (left->objects == 0) {
            left->first = object;
            left->first_size = size;
        }
        left->objects += 1;
        left->bytes += size;
        return true;
    }
};

}  // namespace

// One report for each type, as COMPILER mode does. O(objects) for each type that has live ones:
// this is the end, and of a program that does not free.
void BaselineContext::report_leaks() const {
    for (uint32_t type = 0; type < types(); ++type) {
        MorphHeapTypeStats figures = {};
        MorphCode code = morph_heap_type_stats(heap, type, &figures);
        MORPH_CHECK(code == MORPH_OK);
        if (figures.counts.objects_live == 0) continue;
        Left left = {type, kArenaFlag, 0, 0, nullptr, 0};
        walk(Left::visit, &left);
        if (left.objects == 0) continue;
        reporter().report(MORPH_REPORT_LEAK, left.first, left.first_size, type,
                          "context: %llu object%s of type %u \"%s\" (%llu bytes) still live at "
                          "destroy, the first at %p",
                          static_cast<unsigned long long>(left.objects),
                          left.objects == 1 ? "" : "s", type, figures.name,
                          static_cast<unsigned long long>(left.bytes), left.first);
    }
}

MorphMemStats BaselineContext::stats() const {
    MorphMemStats stats = RuntimeContext::stats();
    if (metrics()) stats.resizes = resizes_;
    return stats;
}

MorphMemTypeStats BaselineContext::type_stats(uint32_t type) const {
    MorphMemTypeStats stats = RuntimeContext::type_stats(type);
    stats.placement = v1_of(heap)->placement(type);
    return stats;
}

}  // namespace morph
