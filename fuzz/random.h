// Random: a small generator of our own, so that a seed means the same run on every machine and
// with every standard library.
//
// Seeds are spread with splitmix64; the stream is xoshiro256** (both by Blackman and Vigna, in the
// public domain; written here from their published recurrences).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace suite {

class Random {
 public:
    explicit Random(uint64_t seed) {
        for (uint64_t& word : state_) {
            seed += 0x9e3779b97f4a7c15u;
            uint64_t mixed = seed;
            mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
            word = mixed ^ (mixed >> 31);
        }
    }

    uint64_t next() {
        const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // 0 .. bound - 1; 0 for bound 0. The bias (below bound / 2^64) is accepted.
    uint64_t below(uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

    // low .. high, both included; low <= high.
    uint64_t between(uint64_t low, uint64_t high) {
        const uint64_t span = high - low + 1;
        return span == 0 ? next() : low + below(span);
    }

    bool one_in(uint64_t n) { return below(n) == 0; }

    template <typename Container>
    const auto& pick(const Container& container) {
        return container[static_cast<size_t>(below(container.size()))];
    }

 private:
    std::array<uint64_t, 4> state_{};
};

}  // namespace suite
