#include "reference/heap_types.h"

#include <cstdint>
#include <string_view>

#include "reference/model.h"

namespace reference {
namespace {

constexpr size_t kOffsetMax = UINT32_MAX / kSlotBytes * kSlotBytes;  // 2^32 - 8

// Offsets of references in `bytes` bytes, at least one.
std::string offsets_fault(const MorphMemTypeInfo& info, size_t bytes) {
    if (info.offset_count == 0) return "offset_count: 0";
    if (info.offsets == nullptr) return "offsets: NULL";
    for (size_t index = 0; index < info.offset_count; ++index) {
        const size_t offset = info.offsets[index];
        const std::string what = "offsets: " + std::to_string(offset);
        if (offset % kSlotBytes != 0) return what + " is not a multiple of 8";
        if (index != 0 && offset <= info.offsets[index - 1]) return what + " does not ascend";
        if (offset > kOffsetMax || offset >= bytes) return what + " is too large";
    }
    return {};
}

}  // namespace

std::string type_fault(const MorphMemTypeInfo& info) {
    const unsigned placement = raw_number(info.placement);
    if (placement > MORPH_PLACE_ARENA) {
        return "placement: " + std::to_string(placement) + " is none";
    }
    switch (raw_number(info.layout)) {
        case MORPH_LAYOUT_DATA:
        case MORPH_LAYOUT_POINTERS:
        case MORPH_LAYOUT_WEAK:
            return {};
        case MORPH_LAYOUT_OFFSETS:
            return offsets_fault(info, SIZE_MAX);
        case MORPH_LAYOUT_STRUCTS:
            if (info.element_size == 0 || info.element_size % kSlotBytes != 0 ||
                info.element_size > kOffsetMax) {
                return "element_size: " + std::to_string(info.element_size) +
                       " is not a multiple of 8 from 8 to 2^32 - 8";
            }
            return offsets_fault(info, info.element_size);
        case MORPH_LAYOUT_CUSTOM:
            return info.visit == nullptr ? "visit: NULL" : "";
        default:
            return "layout: " + std::to_string(raw_number(info.layout)) + " is none";
    }
}

MorphCode check_type(const MorphMemTypeInfo& info) {
    return type_fault(info).empty() ? MORPH_OK : MORPH_ERROR_INVALID_ARGUMENT;
}

std::string kept_name(const char* name, uint32_t id) {
    const std::string_view given = name != nullptr ? name : "";
    if (given.empty()) return "type " + std::to_string(id);
    return std::string(given.substr(0, sizeof(MorphHeapTypeStats::name) - 1));
}

size_t least_size(MorphLayout layout, std::span<const size_t> offsets) {
    if (layout == MORPH_LAYOUT_WEAK) return kWeakBytes;
    if (layout == MORPH_LAYOUT_OFFSETS && !offsets.empty()) return offsets.back() + kSlotBytes;
    return 0;
}

MorphCode check_object(size_t size, size_t alignment, size_t least) {
    const bool power = alignment != 0 && (alignment & (alignment - 1)) == 0;
    if (!power || alignment > MORPH_MAX_ALIGNMENT) return MORPH_ERROR_INVALID_ARGUMENT;
    if (size > MORPH_MAX_REQUEST) return MORPH_ERROR_TOO_LARGE;
    return size < least ? MORPH_ERROR_INVALID_ARGUMENT : MORPH_OK;
}

}  // namespace reference
