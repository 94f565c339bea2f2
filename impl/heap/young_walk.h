// Walking the young generation: YOUNG-WALK makes it possible.
#pragma once

#include "chunk/check.h"
#include "heap/parts.h"

namespace morph {

// visit(Header*) -> bool for every object in the region, in address order, until it says false:
// then false.
template <typename Visit>
bool walk_region(const Region& region, size_t trailer, Visit&& visit) {
    unsigned char* place = region.begin;
    while (place != region.top) {
        auto* header = reinterpret_cast<Header*>(place);
        size_t bytes = object_bytes(size_field(*header), trailer);
        MORPH_CHECK(bytes <= static_cast<size_t>(region.top - place));
        if (!visit(header)) return false;
        place += bytes;
    }
    return true;
}

// Both regions that hold objects between collections. The heap's cursor is eden's top.
template <typename Visit>
bool walk_young(const HeapParts& parts, Visit&& visit) {
    Region eden = parts.young.eden;
    eden.top = parts.head.top;
    return walk_region(parts.young.from(), parts.trailer, visit) &&
           walk_region(eden, parts.trailer, visit);
}

}  // namespace morph
