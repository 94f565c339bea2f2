#include "fuzz/interesting.h"

#include <array>
#include <limits>

namespace suite {
namespace {

uint64_t interesting_index(Random& random, uint64_t max) {
    if (random.one_in(40)) return max - random.below(2);
    if (random.one_in(8)) return random.below(1000);
    return random.below(8);
}

}  // namespace

uint64_t interesting_size(Random& random) {
    static constexpr std::array<uint64_t, 8> kProfile{32, 48, 24, 64, 128, 16, 40, 256};
    static constexpr std::array<uint64_t, 10> kHostile{0,
                                                       1,
                                                       std::numeric_limits<uint64_t>::max(),
                                                       std::numeric_limits<uint64_t>::max() - 7,
                                                       std::numeric_limits<uint64_t>::max() - 8,
                                                       (uint64_t{1} << 46),
                                                       (uint64_t{1} << 46) + 1,
                                                       (uint64_t{1} << 63),
                                                       (uint64_t{1} << 32),
                                                       (uint64_t{1} << 24)};
    switch (random.below(16)) {
        case 0:
            return random.pick(kHostile);
        case 1:
            return (uint64_t{1} << random.below(23)) + random.below(17) - 8;
        case 2:
            return std::numeric_limits<uint64_t>::max() - random.below(4097);
        case 3:
            return random.below(uint64_t{1} << (4 + random.below(18)));
        case 4:
            return 1009 + random.below(32);  // around the largest object of a pool
        case 5:
            return (random.below(33) << 12) - random.below(65);
        case 6:
        case 7:
            return random.below(1025);
        case 8:
        case 9:
            return 8 * random.below(130) + random.below(3) - 1;
        case 10:
        case 11:
        case 12:
            return random.below(130);
        default:
            return random.pick(kProfile);
    }
}

Operation random_operation(Random& random, Family family) {
    // Half of all operations are of the common ones; the others share the rest.
    static constexpr std::array<Code, 6> kCommon{Code::allocate, Code::allocate, Code::free,
                                                 Code::free,     Code::allocate, Code::reallocate};
    static constexpr std::array<Code, 8> kCommonHeap{
        Code::allocate_object, Code::allocate_object, Code::allocate_object, Code::store_reference,
        Code::store_reference, Code::load_reference,  Code::pop_roots,       Code::collect_minor};
    const bool collected =
        family == Family::collected || (family == Family::both && random.one_in(2));
    Operation operation;
    if (random.one_in(2)) {
        operation.code = collected ? random.pick(kCommonHeap) : random.pick(kCommon);
    } else {
        do {
            operation.code = static_cast<Code>(random.below(kCodes));
        } while (!shape(operation.code).in(family));
    }
    for (size_t i = 0; i < kOperands; ++i) {
        const Operand which = static_cast<Operand>(i);
        if (shape(operation.code).uses(which)) randomise_operand(operation, which, random);
    }
    return operation;
}

// Mostly tiny nurseries, so that a few operations fill them.
static void randomise_heap(Configuration& configuration, Random& random) {
    configuration.nursery_shift =
        static_cast<uint8_t>(random.one_in(4) ? 12 + random.below(6) : 12);
    if (random.one_in(2)) {
        configuration.promotion_age = static_cast<uint8_t>(1 + random.below(4));
    }
    if (random.one_in(6)) configuration.large_shift = static_cast<uint8_t>(12 + random.below(4));
    configuration.full_collections = random.one_in(12);
    if (random.one_in(3)) {
        configuration.major_threshold = uint64_t{1} << (12 + random.below(8));
    }
    if (random.one_in(4)) {
        configuration.force_first = static_cast<uint32_t>(1 + random.below(16));
        static constexpr std::array<uint32_t, 6> kEvery{0, 1, 1, 2, 7, 97};
        configuration.force_every = random.pick(kEvery);
        configuration.force_major = random.one_in(2);
    }
    if (!random.one_in(32)) return;
    configuration.nursery_shift = static_cast<uint8_t>(random.below(256));
    configuration.promotion_age = static_cast<uint8_t>(random.below(40));
    configuration.large_shift = static_cast<uint8_t>(random.below(70));
    configuration.major_threshold = interesting_size(random);
}

Configuration random_configuration(Random& random, Family family) {
    Configuration configuration;
    if (random.one_in(3)) {
        configuration.block_shift = static_cast<uint8_t>(12 + random.below(10));
    }
    if (random.one_in(24)) configuration.block_shift = static_cast<uint8_t>(random.below(256));
    configuration.debug = random.one_in(3);
    configuration.metrics = !random.one_in(8);
    if (random.one_in(4)) {
        // From refused (below what creation needs) to ample; tiny builds start at 64 KiB chunks.
        configuration.bytes_max =
            (uint64_t{1} << (15 + random.below(12))) + (random.below(17) << 12);
    }
    if (random.one_in(48)) configuration.bytes_max = interesting_size(random);
    if (family != Family::plain) randomise_heap(configuration, random);
    return configuration;
}

// What the size operand of this code means decides.
static uint64_t random_size(Code code, Random& random) {
    if (code == Code::fail_requests || code == Code::force_collections) return random.below(8);
    const bool object = code == Code::allocate_object || code == Code::new_weak ||
                        code == Code::resize_object || code == Code::allocate_object_aligned;
    // Mostly what a nursery holds many of.
    if (object && !random.one_in(6)) return random.below(random.one_in(4) ? 600 : 65);
    if (code == Code::register_layout) return random.below(random.one_in(8) ? 300 : 9);
    return interesting_size(random);
}

void randomise_operand(Operation& operation, Operand which, Random& random) {
    switch (which) {
        case Operand::size:
            operation.size = random_size(operation.code, random);
            break;
        case Operand::object: {
            operation.object = static_cast<uint32_t>(interesting_index(random, operand_max(which)));
            break;
        }
        case Operand::type:
            operation.type = static_cast<uint32_t>(interesting_index(random, operand_max(which)));
            break;
        case Operand::alignment:
            operation.alignment = static_cast<uint8_t>(
                random.one_in(16) ? random.below(256) : random.below(random.one_in(4) ? 31 : 13));
            break;
        case Operand::placement:
            operation.placement =
                static_cast<uint8_t>(random.one_in(32) ? random.below(256) : random.below(3));
            break;
        case Operand::count:
            operation.count = static_cast<uint8_t>(random.one_in(4) ? 255 : random.below(6));
            break;
        case Operand::slot:
            operation.slot = static_cast<uint32_t>(operation.code == Code::force_collections
                                                       ? random.below(9)
                                                       : interesting_index(random, 0xffffffff));
            break;
        case Operand::target:
            operation.target = static_cast<uint32_t>(
                random.one_in(6) ? 0 : 1 + interesting_index(random, 0xfffffffe));
            break;
        case Operand::root:
            operation.root = static_cast<uint32_t>(
                random.one_in(2) ? 0 : 1 + interesting_index(random, 0xfffffffe));
            break;
        case Operand::count_:
            break;
    }
}

}  // namespace suite
