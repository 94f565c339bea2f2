#include "fuzz/heap_layouts.h"

#include <algorithm>

namespace suite {
namespace {

constexpr size_t kWideReferences = 40;
constexpr size_t kReferencesMax = 300;
constexpr size_t kWeakBytes = 16;  // that belong to the library

// The visitor of custom types: each struct of 16 bytes has a reference in its second word.
constexpr size_t kCustomElement = 16;
constexpr size_t kCustomOffset = 8;

void visit_second_words(void*, void* object, size_t size, MorphSlotVisitor* visitor) {
    auto* bytes = static_cast<unsigned char*>(object);
    for (size_t at = 0; at + kCustomElement <= size; at += kCustomElement) {
        visitor->visit(visitor, reinterpret_cast<void**>(bytes + at + kCustomOffset));
    }
}

Layout layout_of(MorphLayout layout, std::vector<size_t> offsets, size_t element_size) {
    Layout result = {{}, std::move(offsets), MORPH_LAYOUT_DATA};
    result.info.layout = layout;
    result.info.offset_count = result.offsets.size();
    result.info.element_size = element_size;
    if (layout == MORPH_LAYOUT_CUSTOM) {
        result.info.visit = visit_second_words;
        result.custom_rule = MORPH_LAYOUT_STRUCTS;
    }
    // (The vector's memory moves with it.)
    result.info.offsets = result.offsets.empty() ? nullptr : result.offsets.data();
    return result;
}

// count offsets: the first, and then every step bytes.
std::vector<size_t> every(size_t first, size_t step, size_t count) {
    std::vector<size_t> offsets(count);
    for (size_t i = 0; i < count; ++i) offsets[i] = first + i * step;
    return offsets;
}

Layout invalid_layout(uint8_t choice) {
    switch (choice % 4) {
        case 0:
            return layout_of(MORPH_LAYOUT_OFFSETS, {4}, 0);  // no multiple of 8
        case 1:
            return layout_of(MORPH_LAYOUT_OFFSETS, {16, 8}, 0);  // not ascending
        case 2:
            return layout_of(MORPH_LAYOUT_STRUCTS, {8}, 0);  // no size of a struct
        default: {
            Layout layout = layout_of(MORPH_LAYOUT_CUSTOM, {}, 0);
            layout.info.visit = nullptr;
            return layout;
        }
    }
}

}  // namespace

Layout family_layout(uint32_t number) {
    switch (number) {
        case 2:
            return layout_of(MORPH_LAYOUT_OFFSETS, {8}, 0);
        case 3:
            return layout_of(MORPH_LAYOUT_OFFSETS, every(8, 16, kWideReferences), 0);
        case 4:
            return layout_of(MORPH_LAYOUT_POINTERS, {}, 0);
        case 5:
            return layout_of(MORPH_LAYOUT_STRUCTS, {0, 16}, 24);
        case 6:
            return layout_of(MORPH_LAYOUT_CUSTOM, {kCustomOffset}, kCustomElement);
        case kWeakType:
            return layout_of(MORPH_LAYOUT_WEAK, {}, 0);
        case 8:
            return layout_of(MORPH_LAYOUT_OFFSETS, {0, 8}, 0);
        default:
            return layout_of(MORPH_LAYOUT_DATA, {}, 0);
    }
}

Layout made_layout(uint8_t choice, uint64_t references) {
    if (choice >= kInvalidLayouts) return invalid_layout(choice);
    const size_t count = 1 + references % kReferencesMax;
    switch (choice % 6) {
        case 1:
            return layout_of(MORPH_LAYOUT_OFFSETS, every(references % 3 * 8, 8, count), 0);
        case 2:
            return layout_of(MORPH_LAYOUT_POINTERS, {}, 0);
        case 3:
            return layout_of(MORPH_LAYOUT_STRUCTS, every(8, 16, count), 16 * count);
        case 4:
            return layout_of(MORPH_LAYOUT_CUSTOM, {kCustomOffset}, kCustomElement);
        case 5:
            return layout_of(MORPH_LAYOUT_WEAK, {}, 0);
        default:
            return layout_of(MORPH_LAYOUT_DATA, {}, 0);
    }
}

size_t least_size(const reference::HeapType& type) {
    if (type.layout == MORPH_LAYOUT_WEAK) return kWeakBytes;
    if (type.layout != MORPH_LAYOUT_OFFSETS || type.offsets.empty()) return 0;
    return type.offsets.back() + sizeof(void*);
}

size_t whole_size(const reference::HeapType& type, size_t size) {
    switch (type.rule) {
        case MORPH_LAYOUT_POINTERS:
            return size / sizeof(void*) * sizeof(void*);
        case MORPH_LAYOUT_STRUCTS:
            return size / type.element_size * type.element_size;
        default:
            return size;
    }
}

}  // namespace suite
