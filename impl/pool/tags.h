// Which of the 64 slots of a group are free, and which are live: their tags as bits of a word.
#pragma once

#include "pool/layout.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace morph {

// Without vector instructions: eight bytes at a time. Bit k of the answer: byte k is 0xFF.
constexpr uint64_t free_tags_of_word(uint64_t word) {
    constexpr uint64_t kLow = 0x7F7F7F7F7F7F7F7F;
    uint64_t inverted = ~word;
    uint64_t zero = ~(((inverted & kLow) + kLow) | inverted | kLow);  // top bit of each zero byte
    return ((zero >> 7) * 0x0102040810204080) >> 56;
}

inline uint64_t free_tags_portable(const unsigned char* tags) {
    uint64_t found = 0;
    for (uint32_t i = 0; i < kGroup; i += 8) {
        uint64_t word;
        __builtin_memcpy(&word, tags + i, 8);
        found |= free_tags_of_word(word) << i;
    }
    return found;
}

inline uint64_t free_wide_tags_portable(const unsigned char* tags) {
    uint64_t found = 0;
    for (uint32_t i = 0; i < kGroup; i++) {
        found |= uint64_t{read_wide_tag(tags + size_t{i} * 2) == kFreeWideTag} << i;
    }
    return found;
}

inline uint64_t live_tags_portable(const unsigned char* tags) {
    uint64_t found = 0;
    for (uint32_t i = 0; i < kGroup; i++) found |= uint64_t{tags[i] < kDeadTag} << i;
    return found;
}

#if defined(__SSE2__)

inline __m128i load_tags(const unsigned char* tags) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(tags));
}

inline uint64_t free_tags(const unsigned char* tags) {
    const __m128i free = _mm_set1_epi8(-1);
    uint64_t found = 0;
    for (uint32_t i = 0; i < kGroup; i += 16) {
        int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(load_tags(tags + i), free));
        found |= uint64_t{static_cast<uint32_t>(bits)} << i;
    }
    return found;
}

inline uint64_t live_tags(const unsigned char* tags) {
    const __m128i last = _mm_set1_epi8(static_cast<char>(kDeadTag - 1));
    uint64_t found = 0;
    for (uint32_t i = 0; i < kGroup; i += 16) {
        __m128i part = load_tags(tags + i);
        int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(part, last), part));
        found |= uint64_t{static_cast<uint32_t>(bits)} << i;
    }
    return found;
}

inline uint64_t free_wide_tags(const unsigned char* tags) {
    const __m128i free = _mm_set1_epi16(-1);
    uint64_t found = 0;
    for (uint32_t i = 0; i < kGroup; i += 16) {
        const unsigned char* part = tags + size_t{i} * 2;
        __m128i low = _mm_cmpeq_epi16(load_tags(part), free);
        __m128i high = _mm_cmpeq_epi16(load_tags(part + 16), free);
        int bits = _mm_movemask_epi8(_mm_packs_epi16(low, high));
        found |= uint64_t{static_cast<uint32_t>(bits)} << i;
    }
    return found;
}

#else

inline uint64_t free_tags(const unsigned char* tags) {
    return free_tags_portable(tags);
}
inline uint64_t free_wide_tags(const unsigned char* tags) {
    return free_wide_tags_portable(tags);
}
inline uint64_t live_tags(const unsigned char* tags) {
    return live_tags_portable(tags);
}

#endif

inline uint64_t live_wide_tags(const unsigned char* tags) {
    uint64_t found = 0;
    for (uint32_t i = 0; i < kGroup; i++) {
        found |= uint64_t{read_wide_tag(tags + size_t{i} * 2) < kDeadWideTag} << i;
    }
    return found;
}

// The same for a group of a block.
inline uint64_t free_slots_of(const Block* block, uint32_t group) {
    if (is_wide(block)) return free_wide_tags(block->tags + size_t{group} * kGroup * 2);
    return free_tags(block->tags + size_t{group} * kGroup);
}
inline uint64_t live_slots_of(const Block* block, uint32_t group) {
    if (is_wide(block)) return live_wide_tags(block->tags + size_t{group} * kGroup * 2);
    return live_tags(block->tags + size_t{group} * kGroup);
}

inline uint32_t group_count(const Block* block) {
    return tag_count(block) / kGroup;
}

// A live slot, sought from a group on and around, forwards or backwards; kNoSlot: none is left.
inline uint32_t find_live(const Block* block, uint32_t group, bool backwards) {
    uint32_t groups = group_count(block);
    for (uint32_t tried = 0; tried < groups; tried++) {
        uint64_t live = live_slots_of(block, group);
        if (live != 0) {
            int bit = backwards ? 63 - std::countl_zero(live) : std::countr_zero(live);
            return group * kGroup + static_cast<uint32_t>(bit);
        }
        group = backwards ? (group == 0 ? groups : group) - 1 : (group + 1) % groups;
    }
    return kNoSlot;
}

inline bool has_free(const Block* block) {
    for (uint32_t group = 0; group < group_count(block); group++) {
        if (free_slots_of(block, group) != 0) return true;
    }
    return false;
}

}  // namespace morph
