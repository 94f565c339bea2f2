// Memory: malloc with a bound and hooks, so that failure sweeps and leak checks run here as well.
//
// Every piece is asked for and told back with its exact bytes (MorphMemoryLimits).
//
// Invariants:
//   MEMORY-BOUND    bytes() <= bytes_max when that is not 0
//   MEMORY-BALANCE  granted requests - returns == bytes(); 0 once everything was given back
#pragma once

#include <cstddef>

#include "morph/common.h"

namespace reference {

// Largest piece that malloc is asked for: 64 GiB. Above, Memory refuses by itself, because the
// malloc of a sanitizer ends the process instead of returning NULL.
inline constexpr size_t kLargestPiece = size_t{1} << 36;

class Memory {
 public:
    explicit Memory(const MorphMemoryLimits& limits) : limits_(limits) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    // bytes > 0, alignment a power of two. nullptr when bound, hook or malloc refuses.
    [[nodiscard]] unsigned char* take(size_t bytes, size_t alignment);
    void give_back(unsigned char* piece, size_t bytes);

    [[nodiscard]] size_t bytes() const { return bytes_; }
    [[nodiscard]] size_t bytes_peak() const { return bytes_peak_; }

 private:
    MorphMemoryLimits limits_;
    size_t bytes_ = 0;
    size_t bytes_peak_ = 0;
};

}  // namespace reference
