// HeapTypes::validate: what a description of a type must have. Its numbers come from outside.
#include <cstring>

#include "heap/heap_types.h"

namespace morph {
namespace {

// Offsets are multiples of 8 below 2^32.
constexpr size_t kOffsetsMax = size_t{1} << 29;

// Enums come from C and may hold any number; loading such a one as an enum would be undefined.
template <class Enum>
unsigned number_of(const Enum& value) {
    static_assert(sizeof(Enum) == sizeof(unsigned));
    unsigned number;
    memcpy(&number, &value, sizeof(number));
    return number;
}

}  // namespace

MorphCode HeapTypes::validate_offsets(const MorphMemTypeInfo& info) {
    constexpr MorphCode kBad = MORPH_ERROR_INVALID_ARGUMENT;
    if (info.offset_count == 0) {
        return errors_.fail(kBad, "type: offset_count is 0, but the layout needs offsets");
    }
    if (info.offset_count > kOffsetsMax) {
        return errors_.fail(kBad, "type: offset_count is %s, the most is %s",
                            Grouped(info.offset_count).text, Grouped(kOffsetsMax).text);
    }
    if (info.offsets == nullptr) {
        return errors_.fail(kBad, "type: offsets is NULL, but the layout needs them");
    }
    bool structs = info.layout == MORPH_LAYOUT_STRUCTS;
    if (structs &&
        (info.element_size == 0 || info.element_size % 8 != 0 || info.element_size > UINT32_MAX)) {
        return errors_.fail(kBad,
                            "type: element_size is %s, not a multiple of 8 from 8 to 2^32 - 8",
                            Grouped(info.element_size).text);
    }
    for (size_t index = 0; index < info.offset_count; ++index) {
        size_t offset = info.offsets[index];
        const char* fault = nullptr;
        if (offset % 8 != 0) fault = "is not a multiple of 8";
        if (offset > UINT32_MAX) fault = "is above 2^32 - 8";
        if (index > 0 && offset <= info.offsets[index - 1]) fault = "does not ascend";
        if (structs && offset >= info.element_size) fault = "is beyond element_size";
        if (fault != nullptr) {
            return errors_.fail(kBad, "type: offsets[%zu] = %s %s", index, Grouped(offset).text,
                                fault);
        }
    }
    return MORPH_OK;
}

MorphCode HeapTypes::validate(const MorphMemTypeInfo& info) {
    unsigned placement = number_of(info.placement);
    if (placement > MORPH_PLACE_ARENA) {
        return errors_.fail(MORPH_ERROR_INVALID_ARGUMENT, "type: placement %u is none", placement);
    }
    unsigned layout = number_of(info.layout);
    if (layout > MORPH_LAYOUT_WEAK) {
        return errors_.fail(MORPH_ERROR_INVALID_ARGUMENT, "type: layout %u is none", layout);
    }
    if (info.layout == MORPH_LAYOUT_CUSTOM && info.visit == nullptr) {
        return errors_.fail(MORPH_ERROR_INVALID_ARGUMENT,
                            "type: visit is NULL, but the layout CUSTOM needs it");
    }
    return has_offsets(info.layout) ? validate_offsets(info) : MORPH_OK;
}

}  // namespace morph
