// Layouts: the types that every run on a collected heap registers first, and those that
// register_layout makes; and what of an object is data.
//
//   1 data      no references                     5 structs  24 bytes each, references at 0, 16
//   2 link      data, then one reference at 8     6 custom   16 bytes each, reference at 8: told
//   3 wide      40 references, at 8, 24, 40 ...              by a visitor
//   4 pointers  references only                   7 weak     a weak reference, then data
//                                                 8 pair     two references, at 0 and 8
//
// LAYOUT-DATA  what is filled never becomes a reference when the object is resized: the bytes
// behind
//              the last whole reference or struct of an array stay zero
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reference/heap_model.h"

#include "morph/heap.h"

namespace suite {

struct Layout {
    MorphMemTypeInfo info;  // its offsets point into offsets
    std::vector<size_t> offsets;
    MorphLayout custom_rule;  // where the visitor finds references
};

inline constexpr uint32_t kDataType = 1;
inline constexpr uint32_t kWeakType = 7;
inline constexpr uint32_t kFamilyTypes = 8;

// Number 1 .. kFamilyTypes of the list above.
Layout family_layout(uint32_t number);

// What register_layout asks for: choice % 6 is the layout, references its number of offsets. From
// kInvalidLayouts on a layout that must be refused.
inline constexpr uint8_t kInvalidLayouts = 248;
Layout made_layout(uint8_t choice, uint64_t references);

// Bytes that an object of the type has at least.
size_t least_size(const reference::HeapType& type);
// size, made smaller so that no reference is cut in two.
size_t whole_size(const reference::HeapType& type, size_t size);

}  // namespace suite
