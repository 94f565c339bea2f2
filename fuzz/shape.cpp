#include "fuzz/shape.h"

#include <algorithm>
#include <limits>

namespace suite {
namespace {

constexpr uint16_t bit(Operand operand) {
    return static_cast<uint16_t>(1u << static_cast<unsigned>(operand));
}

constexpr uint16_t kSize = bit(Operand::size);
constexpr uint16_t kObject = bit(Operand::object);
constexpr uint16_t kType = bit(Operand::type);
constexpr uint16_t kAlignment = bit(Operand::alignment);
constexpr uint16_t kPlacement = bit(Operand::placement);
constexpr uint16_t kCount = bit(Operand::count);
constexpr uint16_t kSlot = bit(Operand::slot);
constexpr uint16_t kTarget = bit(Operand::target);
constexpr uint16_t kRoot = bit(Operand::root);

constexpr Family kPlain = Family::plain;
constexpr Family kHeap = Family::collected;
constexpr Family kBoth = Family::both;

// In the order of Code.
constexpr std::array<Shape, kCodes> kShapes{{
    {"allocate", kSize | kType, kPlain},
    {"allocate_zeroed", kSize | kType, kPlain},
    {"allocate_aligned", kSize | kType | kAlignment, kPlain},
    {"allocate_placed", kSize | kType | kPlacement, kPlain},
    {"free", kObject, kPlain},
    {"reallocate", kObject | kSize, kPlain},
    {"write", kObject, kBoth},
    {"read", kObject, kBoth},
    {"query", kObject | kSize, kBoth},
    {"reset", 0, kBoth},
    {"mark", 0, kPlain},
    {"release", kCount, kPlain},
    {"release_dead", kCount, kPlain},
    {"register_type", kPlacement, kPlain},
    {"metrics", 0, kBoth},
    {"verify", 0, kBoth},
    {"fail_requests", kSize | kCount, kBoth},
    {"free_twice", kObject, kPlain},
    {"free_foreign", kSize, kPlain},
    {"free_interior", kObject, kPlain},
    {"free_wrong_size", kObject | kSize, kPlain},
    {"overrun", kObject, kBoth},
    {"allocate_object", kSize | kType | kRoot, kHeap},
    {"allocate_object_aligned", kSize | kType | kAlignment | kRoot, kHeap},
    {"allocate_too_small", kSize | kType, kHeap},
    {"resize_object", kObject | kSize | kRoot, kHeap},
    {"store_reference", kObject | kSlot | kTarget, kHeap},
    {"store_many", kObject | kSlot | kTarget | kCount, kHeap},
    {"copy_references", kObject | kSlot | kTarget | kCount, kHeap},
    {"load_reference", kObject | kSlot | kRoot, kHeap},
    {"push_root", kTarget, kHeap},
    {"pop_roots", kCount, kHeap},
    {"set_root", kRoot | kTarget, kHeap},
    {"add_global", kTarget, kHeap},
    {"remove_global", kRoot, kHeap},
    {"new_weak", kSize | kTarget | kRoot, kHeap},
    {"set_weak", kObject | kTarget, kHeap},
    {"check_weak", kObject, kHeap},
    {"set_finalizer", kObject | kCount, kHeap},
    {"set_flags", kObject | kCount, kHeap},
    {"collect_minor", 0, kHeap},
    {"collect_major", 0, kHeap},
    {"force_collections", kSize | kSlot | kCount, kHeap},
    {"configure_heap", kSize | kAlignment | kCount, kHeap},
    {"walk", 0, kHeap},
    {"check_graph", 0, kHeap},
    {"register_layout", kSize | kCount, kHeap},
    {"fill_roots", kTarget | kCount, kHeap},
    {"store_without_barrier", kObject | kSlot | kTarget, kHeap},
    {"pop_wrong_root", kRoot, kHeap},
}};
static_assert(kShapes.back().name == "pop_wrong_root",
              "one shape for each code, in the order of Code");

constexpr std::array<std::string_view, kOperands> kOperandNames{
    "size", "object", "type", "alignment", "placement", "count", "slot", "target", "root"};

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
        case Operand::slot:
            return operation.slot;
        case Operand::target:
            return operation.target;
        case Operand::root:
            return operation.root;
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
        case Operand::slot:
            operation.slot = static_cast<uint32_t>(value);
            break;
        case Operand::target:
            operation.target = static_cast<uint32_t>(value);
            break;
        case Operand::root:
            operation.root = static_cast<uint32_t>(value);
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
        case Operand::slot:
        case Operand::target:
        case Operand::root:
            return std::numeric_limits<uint32_t>::max();
        default:
            return std::numeric_limits<uint8_t>::max();
    }
}

bool is_index(Operand which) {
    return operand_max(which) == std::numeric_limits<uint32_t>::max();
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

namespace {

// What peers, which move nothing and have no debug mode, leave out.
std::array<bool, kCodes> supported_heap_codes(std::array<bool, kCodes> codes,
                                              const Abilities& abilities) {
    const auto need = [&](bool able, std::initializer_list<Code> which) {
        for (Code code : which) codes[static_cast<size_t>(code)] &= able;
    };
    need(abilities.metrics, {Code::metrics});
    need(abilities.verify, {Code::verify});
    need(abilities.limits, {Code::fail_requests});
    need(abilities.query, {Code::query});
    need(abilities.reset, {Code::reset});
    need(abilities.debug, {Code::pop_wrong_root});
    need(abilities.debug && abilities.guards, {Code::overrun});
    need(abilities.debug && abilities.generations, {Code::store_without_barrier});
    need(abilities.precise,
         {Code::collect_minor, Code::force_collections, Code::configure_heap, Code::set_flags,
          Code::walk, Code::allocate_object_aligned, Code::allocate_too_small});
    return codes;
}

}  // namespace

std::array<bool, kCodes> supported_codes(Kind kind, const Abilities& abilities) {
    std::array<bool, kCodes> result;
    for (size_t i = 0; i < kCodes; ++i) {
        result[i] = shape(static_cast<Code>(i)).in(family_of(kind));
    }
    if (kind == Kind::heap) return supported_heap_codes(result, abilities);
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
    set(Code::free_wrong_size, misuse && kind != Kind::general);
    set(Code::overrun, abilities.debug && abilities.guards);
    return result;
}

bool plausible(const Configuration& configuration, uint64_t chunk_bytes, Kind kind) {
    const uint64_t bound = configuration.bytes_max;
    if (kind == Kind::heap) {
        const unsigned shift = configuration.nursery_shift;
        if (shift != 0 && (shift < 12 || shift > 30)) return false;
        if (configuration.promotion_age > MORPH_PROMOTION_AGE_MAX) return false;
        if (configuration.major_threshold > MORPH_MAX_REQUEST) return false;
        const unsigned large = configuration.large_shift;
        if (large != 0 && (large < 12 || uint64_t{1} << large > chunk_bytes / 2)) return false;
        // Generous: a young generation is 2.6 nurseries.
        const uint64_t nursery = uint64_t{1} << (shift == 0 ? 21 : shift);
        return bound == 0 || bound >= 3 * nursery + 3 * chunk_bytes + (uint64_t{512} << 10);
    }
    const unsigned shift = configuration.block_shift;
    if (shift != 0 && (shift < 12 || shift > 30)) return false;
    const uint64_t block = shift == 0 ? chunk_bytes : uint64_t{1} << shift;
    const uint64_t need = std::max(block, chunk_bytes) + 2 * chunk_bytes + (uint64_t{128} << 10);
    return bound == 0 || bound >= need;
}

}  // namespace suite
