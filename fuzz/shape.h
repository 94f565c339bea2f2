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

enum class Operand : uint8_t {
    size,
    object,
    type,
    alignment,
    placement,
    count,
    slot,
    target,
    root,
    count_
};

inline constexpr size_t kCodes = static_cast<size_t>(Code::count_);
inline constexpr size_t kOperands = static_cast<size_t>(Operand::count_);

// Which subjects an operation is for: those that free, collected heaps, both.
enum class Family : uint8_t { plain = 1, collected = 2, both = 3 };

struct Shape {
    std::string_view name;
    uint16_t operands;  // one bit for each Operand
    Family family;

    [[nodiscard]] constexpr bool in(Family which) const {
        return (static_cast<unsigned>(family) & static_cast<unsigned>(which)) != 0;
    }

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

// An index: 32 bits, picks among something (object, type, slot, target, root).
bool is_index(Operand which);

Operation canonical(const Operation& operation);
Program canonical(Program program);

inline Family family_of(Kind kind) {
    return kind == Kind::heap ? Family::collected : Family::plain;
}

// Codes that a subject of these abilities does not skip.
std::array<bool, kCodes> supported_codes(Kind kind, const Abilities& abilities);

// A configuration that the contract says must be accepted by a subject of this kind and chunk size:
// legal sizes, and a bound that holds what creation needs.
bool plausible(const Configuration& configuration, uint64_t chunk_bytes, Kind kind = Kind::context);

}  // namespace suite
