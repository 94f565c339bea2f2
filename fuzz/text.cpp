#include "fuzz/text.h"

#include <array>
#include <bit>
#include <limits>

#include "fuzz/fields.h"
#include "fuzz/shape.h"

namespace suite {
namespace {

// From here on sizes are printed as 2^k+d or MAX-n where that is what they are.
constexpr uint64_t kPlainMax = uint64_t{1} << 20;
constexpr uint64_t kNearby = kTextDistanceMax;

std::string print_number(uint64_t value, uint64_t max) {
    if (value == max) return "MAX";
    if (value <= kPlainMax) return std::to_string(value);
    if (max - value <= kNearby) return "MAX-" + std::to_string(max - value);
    const unsigned top = 63u - static_cast<unsigned>(std::countl_zero(value));
    const uint64_t below = uint64_t{1} << top;
    const std::string power = "2^" + std::to_string(top);
    if (value == below) return power;
    if (value - below <= kNearby) return power + "+" + std::to_string(value - below);
    // (For top 63 this is 0 - value: 2^64 has no name here, and MAX-n took that case.)
    if (top < 63 && 2 * below - value <= kNearby) {
        return "2^" + std::to_string(top + 1) + "-" + std::to_string(2 * below - value);
    }
    return std::to_string(value);
}

// A log2 operand as the power itself where 64 bits hold it.
std::string print_power(unsigned log2) {
    if (log2 > 16) return "2^" + std::to_string(log2);
    return std::to_string(uint64_t{1} << log2);
}

std::string print_operand(const Operation& operation, Operand which) {
    const uint64_t value = suite::operand(operation, which);
    if (which == Operand::alignment) return print_power(operation.alignment);
    if (which == Operand::placement && value < 3) {
        constexpr std::array<const char*, 3> kNames{"size", "pool", "arena"};
        return kNames[value];
    }
    if (which == Operand::type && value == operand_max(which)) return "unregistered";
    if (operation.code == Code::fail_requests && which == Operand::count && value == 255) {
        return "all";
    }
    if (which == Operand::target && value == 0) return "null";
    if (which == Operand::root && value == 0) return "new";
    if (which == Operand::count) return std::to_string(value);
    return print_number(value, operand_max(which));
}

}  // namespace

std::string print(const Operation& operation) {
    std::string result(shape(operation.code).name);
    for (size_t i = 0; i < kOperands; ++i) {
        const Operand which = static_cast<Operand>(i);
        if (!shape(operation.code).uses(which)) continue;
        result += " " + std::string(operand_name(which)) + "=" + print_operand(operation, which);
    }
    return result;
}

std::string print(const Configuration& configuration) {
    const Configuration defaults;
    if (configuration == defaults) return "";
    std::string result = "configure";
    for (size_t i = 0; i < kFields; ++i) {
        const Field field = static_cast<Field>(i);
        const uint64_t value = field_of(configuration, field);
        if (value == field_of(defaults, field)) continue;
        result += " " + std::string(field_name(field)) + "=";
        switch (field_kind(field)) {
            case FieldKind::power:
                result += value == 0 ? "0" : print_power(static_cast<unsigned>(value));
                break;
            case FieldKind::toggle:
                result += value != 0 ? "on" : "off";
                break;
            case FieldKind::number:
                result += print_number(value, field_max(field));
        }
    }
    return result;
}

std::string print(const Program& program) {
    std::string result = print(program.configuration);
    if (!result.empty()) result += '\n';
    for (const Operation& operation : program.operations) result += print(operation) + "\n";
    return result;
}

}  // namespace suite
