// The custom mutator and crossover of targets whose input is a program in binary form. Included by
// the target's one source file: engines find these functions by name, and only such targets may
// have them. Before it, the source says which operations it is for:
//
//   inline constexpr suite::Family kTargetFamily = suite::Family::plain;
//
// `both`: the variant bit tells which (set: collected).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/mutate.h"

extern "C" {
// The engine's mutator of bytes, where there is an engine.
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max) __attribute__((weak));

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size, const uint8_t* second,
                                 size_t second_size, uint8_t* out, size_t out_max, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
    // Now and then the engine's own: it knows the constants that the code compares with.
    if (LLVMFuzzerMutate != nullptr && seed % 16 == 0) {
        return LLVMFuzzerMutate(data, size, size_max);
    }
    return suite::mutate_bytes(std::span<uint8_t>(data, size_max), size, seed, kTargetFamily);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size, const uint8_t* second,
                                 size_t second_size, uint8_t* out, size_t out_max, unsigned seed) {
    return suite::cross_over_bytes({first, first_size}, {second, second_size}, {out, out_max},
                                   seed);
}
}
