// Shapes: which operands each code of the language uses. The one table that the binary form, the
// text form, the generator, the mutator and the shrinker read.
//
// SHAPE-CANONICAL  an operand that the code does not use is zero; canonical() makes it so
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "fuzz/operation.h"
#include "fuzz/subject.h"

namespace suite {

enum class Operand : uint8_t { size, object, type, alignment, placement, count, count_ };

inline constexpr size_t kCodes = static_cast<size_t>(Code::count_);
inline constexpr size_t kOperands = static_cast<size_t>(Operand::count_);

struct Shape {
    std::string_view name;
    uint8_t operands;  // one bit for each Operand

    [[nodiscard]] constexpr bool uses(Operand operand) const {
        return (operands >> static_cast<unsigned>(operand) & 1) != 0;
    }
};

const Shape& shape(Code code);
std::string_view operand_name(Operand operand);

uint64_t operand(const Operation& operation, Operand which);
void set_operand(Operation& operation, Operand which, uint64_t value);
// Largest value that the operand's field holds.
uint64_t operand_max(Operand which);

Operation canonical(const Operation& operation);
Program canonical(Program program);

// Codes that a subject of these abilities does not skip.
std::array<bool, kCodes> supported_codes(Kind kind, const Abilities& abilities);

// A configuration that the contract says must be accepted by an arena, pool or context of this
// chunk size: a legal block size, and a bound that holds what creation needs.
bool plausible(const Configuration& configuration, uint64_t chunk_bytes);

}  // namespace suite
