// Mutation and crossover on operations, not on bytes: what libFuzzer's custom mutator calls.
//
// MUTATE-CANONICAL  the result is canonical and has at most operations_max operations
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/operation.h"
#include "fuzz/random.h"
#include "fuzz/shape.h"

namespace suite {

// One to a few changes: insert, delete, duplicate, swap, move, change code or operand, repeat a
// run with variation, change the configuration. What comes new is of the family.
void mutate(Program& program, Random& random, size_t operations_max, Family family = Family::both);

// A prefix of one, a stretch of the other, perhaps interleaved; configuration of either.
Program cross_over(const Program& first, const Program& second, Random& random,
                   size_t operations_max);

// The same on encoded programs, in place: the new length, at most bytes_max, >= 1 if that is.
// Keeps the driver's variant bit but for one mutation in 32. Family both: the variant bit tells
// which, set for collected.
size_t mutate_bytes(std::span<uint8_t> buffer, size_t length, uint64_t seed,
                    Family family = Family::both);
size_t cross_over_bytes(std::span<const uint8_t> first, std::span<const uint8_t> second,
                        std::span<uint8_t> result, uint64_t seed);

}  // namespace suite
