// A small deterministic random number generator (SplitMix64's mixing): a seed is a whole run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fox {

class Random {
 public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        uint64_t mixed = state_ += 0x9e3779b97f4a7c15u;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        return mixed ^ (mixed >> 31);
    }
    // 0 .. bound - 1; bound is not 0. The bias of the remainder is below 2^-32 for our bounds.
    uint64_t below(uint64_t bound) { return next() % bound; }
    bool chance(unsigned percent) { return below(100) < percent; }

 private:
    uint64_t state_;
};

}  // namespace fox
