#include "fuzz/heap_contents.h"

#include <algorithm>
#include <cstring>

#include "fuzz/fill.h"
#include "fuzz/heap_layouts.h"

namespace suite {
namespace {

constexpr size_t kWeakBytes = 16;

uint64_t word_of(uint64_t identity, size_t offset) {
    uint64_t word = 0;
    unsigned char bytes[8];
    for (size_t i = 0; i < 8; ++i) bytes[i] = filled_byte(offset + i, identity);
    std::memcpy(&word, bytes, 8);
    return word;
}

}  // namespace

template <typename Piece>
void HeapContents::each_word(uint32_t type, size_t size, size_t limit, Piece piece) const {
    const reference::HeapType& its = model_.type(type);
    if (its.rule == MORPH_LAYOUT_POINTERS) return;
    size_t slot = 0;
    const size_t slots = model_.slots_of(type, size);
    size_t next = slots != 0 ? model_.offset_of(type, 0) : SIZE_MAX;
    const size_t begin = its.layout == MORPH_LAYOUT_WEAK ? kWeakBytes : 0;
    const size_t end = std::min({whole_size(its, size), limit, whole_});
    for (size_t at = begin; at < end; at += 8) {
        if (at == next) {
            next = ++slot < slots ? model_.offset_of(type, slot) : SIZE_MAX;
            continue;
        }
        if (!piece(at, std::min<size_t>(8, end - at))) return;
    }
}

void HeapContents::fill(void* address, uint32_t type, size_t size, uint64_t identity) const {
    if (model_.type(type).rule == MORPH_LAYOUT_DATA) {
        return suite::fill(address, size, identity, whole_);
    }
    auto* bytes = static_cast<unsigned char*>(address);
    each_word(type, size, size, [&](size_t at, size_t count) {
        const uint64_t word = word_of(identity, at);
        std::memcpy(bytes + at, &word, count);
        return true;
    });
}

size_t HeapContents::first_difference(const void* address, uint32_t type, size_t size, size_t limit,
                                      uint64_t identity) const {
    if (model_.type(type).rule == MORPH_LAYOUT_DATA) {
        return suite::first_difference(address, size, limit, identity, whole_);
    }
    const auto* bytes = static_cast<const unsigned char*>(address);
    size_t difference = limit;
    each_word(type, size, limit, [&](size_t at, size_t count) {
        const uint64_t word = word_of(identity, at);
        if (std::memcmp(bytes + at, &word, count) == 0) return true;
        while (bytes[at] == filled_byte(at, identity)) ++at;
        difference = at;
        return false;
    });
    return difference;
}

}  // namespace suite
