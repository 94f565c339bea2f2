// Mix: operations at random on one allocator, with objects of all ages, each checked.
//
// A table of slots; an operation picks one, small numbers far more often than large ones: what
// lies in the first slots dies young, in the last ones it lives for the whole mix. Each object is
// filled from its identity, and looked at before it is resized, freed, and at the end.
//
// MIX-CONTENTS  an object holds what was written to it, for as long as it lives
// MIX-RESULT    the same seed gives the same result on every allocator that is given the same
//               sizes
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "stress/generate/random.h"

namespace soak {

inline constexpr size_t kSlots = 192;

// What a Mix asks of an allocator. Objects are named by their slot, since some of them move.
class Table {
 public:
    virtual ~Table() = default;
    // Empty slots only. false: no memory.
    [[nodiscard]] virtual bool allocate(size_t slot, size_t size) = 0;
    [[nodiscard]] virtual unsigned char* at(size_t slot) = 0;
    // The first min(old_size, new_size) bytes stay. false: no memory.
    [[nodiscard]] virtual bool resize(size_t slot, size_t old_size, size_t new_size) = 0;
    // false: refused.
    [[nodiscard]] virtual bool release(size_t slot, size_t size) = 0;
    // Empty, or which invariant is broken.
    [[nodiscard]] virtual std::string verify() = 0;
};

struct MixSettings {
    uint64_t seed = 1;
    uint64_t operations = 1000;
    unsigned size_bits = 10;  // sizes are 1 .. 2^size_bits, each power of two as often
};

// Objects are left in the table for its owner to reset. Empty, or what is wrong.
[[nodiscard]] std::string run_mix(Table& table, const MixSettings& settings, uint64_t* result);

}  // namespace soak
