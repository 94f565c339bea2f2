// HeapTypes::check: the invariants of heap_types.h.
#include <cstring>

#include "heap/heap_types.h"

namespace morph {

const char* HeapTypes::check_layout(uint32_t type) const {
    constexpr const char* kBroken = "HEAPTYPES-LAYOUT";
    const TypeLayout& layout = layouts_[type];
    uint64_t required = 0;
    if (layout.layout == MORPH_LAYOUT_WEAK) required = 16;
    if (layout.layout == MORPH_LAYOUT_CUSTOM && layout.visit == nullptr) return kBroken;
    bool structs = layout.layout == MORPH_LAYOUT_STRUCTS;
    if (structs || layout.layout == MORPH_LAYOUT_OFFSETS) {
        if (layout.offset_count == 0 || layout.offsets == nullptr) return kBroken;
        bool adjacent = true;
        for (size_t index = 0; index < layout.offset_count; ++index) {
            uint32_t offset = layout.offsets[index];
            if (offset % 8 != 0 || (structs && offset >= layout.element_bytes)) return kBroken;
            if (index == 0) continue;
            if (offset <= layout.offsets[index - 1]) return kBroken;
            adjacent = adjacent && offset == layout.offsets[index - 1] + 8;
        }
        uint32_t from = adjacent ? layout.offsets[0] : TypeLayout::kScattered;
        if (layout.adjacent_from != from) return kBroken;
        if (structs && layout.element_bytes % 8 != 0) return kBroken;
        if (!structs) required = uint64_t{layout.offsets[layout.offset_count - 1]} + 8;
    }
    return records_[type].size_required == required ? nullptr : kBroken;
}

const char* HeapTypes::check_type(uint32_t type) const {
    const MorphHeapType& head = heads_[type];
    const HeapTypeRecord& record = records_[type];
    if (head.header != make_header(type, 0)) return "HEAPTYPES-HEADER";
    if (const char* broken = check_layout(type)) return broken;
    uint64_t least = record.size_required == 0 ? 1 : record.size_required;
    bool served = layouts_[type].layout != MORPH_LAYOUT_WEAK && least <= inline_max_;
    if (head.size_min != (served ? least : kNeverInline)) return "HEAPTYPES-INLINE";
    if (head.size_span != (served ? inline_max_ - least : 0)) return "HEAPTYPES-INLINE";
    size_t length = strnlen(record.name, sizeof(record.name));
    if (length == 0 || length == sizeof(record.name)) return "HEAPTYPES-NAME";
    if (record.frees > head.allocations) return "HEAPTYPES-COUNT";
    if (record.bytes_freed > head.bytes_allocated) return "HEAPTYPES-COUNT";
    return nullptr;
}

const char* HeapTypes::check(uint32_t* which) const {
    uint32_t ignored = 0;
    if (which == nullptr) which = &ignored;
    *which = 0;
    if (count_ == 0 || count_ > capacity_ || count_ > MORPH_MAX_TYPES) return "HEAPTYPES-ROOM";
    if (head_.types != heads_ || head_.type_count != count_) return "HEAPTYPES-ROOM";
    for (const Segment* segment = segments_; segment != nullptr; segment = segment->next) {
        if (segment->used > segment->room) return "HEAPTYPES-ROOM";
    }
    for (uint32_t type = 0; type < count_; ++type) {
        *which = type;
        if (const char* broken = check_type(type)) return broken;
    }
    return nullptr;
}

}  // namespace morph
