#include "fuzz/shape.h"

#include <algorithm>
#include <limits>

namespace suite {
namespace {

constexpr uint8_t bit(Operand operand) {
    return static_cast<uint8_t>(1u << static_cast<unsigned>(operand));
}

constexpr uint8_t kSize = bit(Operand::size);
constexpr uint8_t kObject = bit(Operand::object);
constexpr uint8_t kType = bit(Operand::type);
constexpr uint8_t kAlignment = bit(Operand::alignment);
constexpr uint8_t kPlacement = bit(Operand::placement);
constexpr uint8_t kCount = bit(Operand::count);

// In the order of Code.
constexpr std::array<Shape, kCodes> kShapes{{
    {"allocate", kSize | kType},
    {"allocate_zeroed", kSize | kType},
    {"allocate_aligned", kSize | kType | kAlignment},
    {"allocate_placed", kSize | kType | kPlacement},
    {"free", kObject},
    {"reallocate", kObject | kSize},
    {"write", kObject},
    {"read", kObject},
    {"query", kObject | kSize},
    {"reset", 0},
    {"mark", 0},
    {"release", kCount},
    {"release_dead", kCount},
    {"register_type", kPlacement},
    {"metrics", 0},
    {"verify", 0},
    {"fail_requests", kSize | kCount},
    {"free_twice", kObject},
    {"free_foreign", kSize},
    {"free_interior", kObject},
    {"free_wrong_size", kObject | kSize},
    {"overrun", kObject},
}};
static_assert(kShapes.back().name == "overrun", "one shape for each code, in the order of Code");

constexpr std::array<std::string_view, kOperands> kOperandNames{"size",      "object",    "type",
                                                                "alignment", "placement", "count"};

}  // namespace

const Shape& shape(Code code) {
    return kShapes[static_cast<size_t>(code) % kCodes];
}

std::string_view operand_name(Operand operand) {
    return kOperandNames[static_cast<size_t>(operand) % kOperands];
}

uint64_t operand(const Operation& operation, Operand which) {
    switch (which) {
        case Operand::size:
            return operation.size;
        case Operand::object:
            return operation.object;
        case Operand::type:
            return operation.type;
        case Operand::alignment:
            return operation.alignment;
        case Operand::placement:
            return operation.placement;
        case Operand::count:
            return operation.count;
        case Operand::count_:
            break;
    }
    return 0;
}

void set_operand(Operation& operation, Operand which, uint64_t value) {
    switch (which) {
        case Operand::size:
            operation.size = value;
            break;
        case Operand::object:
            operation.object = static_cast<uint32_t>(value);
            break;
        case Operand::type:
            operation.type = static_cast<uint32_t>(value);
            break;
        case Operand::alignment:
            operation.alignment = static_cast<uint8_t>(value);
            break;
        case Operand::placement:
            operation.placement = static_cast<uint8_t>(value);
            break;
        case Operand::count:
            operation.count = static_cast<uint8_t>(value);
            break;
        case Operand::count_:
            break;
    }
}

uint64_t operand_max(Operand which) {
    switch (which) {
        case Operand::size:
            return std::numeric_limits<uint64_t>::max();
        case Operand::object:
        case Operand::type:
            return std::numeric_limits<uint32_t>::max();
        default:
            return std::numeric_limits<uint8_t>::max();
    }
}

Operation canonical(const Operation& operation) {
    Operation result = operation;
    for (size_t i = 0; i < kOperands; ++i) {
        Operand which = static_cast<Operand>(i);
        if (!shape(operation.code).uses(which)) set_operand(result, which, 0);
    }
    return result;
}

Program canonical(Program program) {
    for (Operation& operation : program.operations) operation = canonical(operation);
    return program;
}

std::array<bool, kCodes> supported_codes(Kind kind, const Abilities& abilities) {
    std::array<bool, kCodes> result;
    result.fill(true);
    auto set = [&](Code code, bool value) { result[static_cast<size_t>(code)] = value; };
    set(Code::allocate_zeroed, abilities.zeroed);
    set(Code::allocate_aligned, abilities.aligned);
    set(Code::allocate_placed, abilities.types && kind == Kind::context);
    set(Code::free, abilities.free);
    set(Code::reallocate, abilities.reallocate);
    set(Code::query, abilities.query);
    set(Code::reset, abilities.reset);
    for (Code code : {Code::mark, Code::release, Code::release_dead}) set(code, abilities.scopes);
    set(Code::register_type, abilities.types && kind == Kind::context);
    set(Code::metrics, abilities.metrics);
    set(Code::verify, abilities.verify);
    set(Code::fail_requests, abilities.limits);
    const bool misuse = abilities.debug && abilities.free;
    set(Code::free_twice, misuse && abilities.query);
    set(Code::free_interior, misuse && abilities.query);
    set(Code::free_foreign, misuse);
    set(Code::free_wrong_size, misuse);
    set(Code::overrun, abilities.debug);
    return result;
}

bool plausible(const Configuration& configuration, uint64_t chunk_bytes) {
    const unsigned shift = configuration.block_shift;
    if (shift != 0 && (shift < 12 || shift > 30)) return false;
    const uint64_t block = shift == 0 ? chunk_bytes : uint64_t{1} << shift;
    const uint64_t need = std::max(block, chunk_bytes) + 2 * chunk_bytes + (uint64_t{128} << 10);
    return configuration.bytes_max == 0 || configuration.bytes_max >= need;
}

}  // namespace suite
