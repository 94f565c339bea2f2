// Values worth trying: what mutation draws operands, operations and configurations from.
#pragma once

#include <cstdint>

#include "fuzz/operation.h"
#include "fuzz/random.h"
#include "fuzz/shape.h"

namespace suite {

// A size worth trying: small, around powers of two, class edges, block and chunk sizes, hostile.
uint64_t interesting_size(Random& random);

// Gives one operand of the operation such a value.
void randomise_operand(Operation& operation, Operand which, Random& random);

// An operation of any code of the family with such operands, canonical.
Operation random_operation(Random& random, Family family = Family::plain);

Configuration random_configuration(Random& random, Family family = Family::plain);

}  // namespace suite
