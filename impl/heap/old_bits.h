// Bitmaps of the old space: ranges of bits, and the next one that is set or clear.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace morph {

inline bool is_set(const uint64_t* words, size_t place) {
    return (words[place / 64] >> place % 64 & 1) != 0;
}

// Sets or clears the bits [begin, end), by whole words.
inline void assign_bits(uint64_t* words, uint32_t begin, uint32_t end, bool value) {
    while (begin < end) {
        uint32_t count = 64 - begin % 64;
        if (count > end - begin) count = end - begin;
        uint64_t mask = (count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << begin % 64;
        if (value) {
            words[begin / 64] |= mask;
        } else {
            words[begin / 64] &= ~mask;
        }
        begin += count;
    }
}

// The first place in [from, limit) whose bit is `value`; limit if there is none. limit is a
// multiple of 64.
inline uint32_t next_bit(const uint64_t* words, uint32_t from, uint32_t limit, bool value) {
    if (from >= limit) return limit;
    uint64_t flip = value ? 0 : ~uint64_t{0};
    uint32_t word = from / 64;
    uint64_t bits = (words[word] ^ flip) & ~uint64_t{0} << from % 64;
    while (bits == 0) {
        if (++word == limit / 64) return limit;
        bits = words[word] ^ flip;
    }
    return word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
}

// Sum of `count` words' bits. In plain arithmetic, which compilers do on several words at once:
// popcount is a call or a table without an instruction that old machines lack.
inline uint32_t count_bits(const uint64_t* words, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t word = words[i];
        word -= word >> 1 & 0x5555555555555555;
        word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
        word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
        word += word >> 8;
        word += word >> 16;
        word += word >> 32;
        sum += word & 0x7f;
    }
    return static_cast<uint32_t>(sum);
}

}  // namespace morph
