#include "fuzz/binary.h"

#include <bit>
#include <cstddef>
#include <limits>

#include "fuzz/shape.h"

namespace suite {
namespace {

constexpr uint8_t kDebug = 1, kMetricsOff = 2, kBlockShift = 4, kBytesMax = 8, kHeap = 16,
                  kVariant = 0x80;
constexpr uint8_t kNursery = 1, kAge = 2, kLarge = 4, kFull = 8, kThreshold = 16, kForced = 32,
                  kForcedMajor = 64;

// First bytes of a number.
constexpr uint64_t kOneByteEnd = 0xa0;  // below: the value itself
constexpr uint64_t kTwoByteEnd = 0xc0;  // below: 5 bits, then a byte, plus kOneByteEnd
constexpr uint64_t kTwoByteValues = kOneByteEnd + ((kTwoByteEnd - kOneByteEnd) << 8);
constexpr uint8_t kU16 = 0xc0, kU32 = 0xc1, kU64 = 0xc2, kBelowMax = 0xc3;
constexpr uint8_t kPower = 0xc4;  // kPower + k - kFirstPower
constexpr unsigned kFirstPower = 4;
static_assert(kPower + (63 - kFirstPower) == 0xff);

// First bytes of an index.
constexpr uint8_t kIndexU16 = 0xfb, kIndexU32 = 0xfc, kIndexBelowMax = 0xfd;
constexpr uint8_t kIndexFirstConstant = 0xfe;  // and 0xff: UINT32_MAX in one byte

class Reader {
 public:
    explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool at_end() const { return position_ >= bytes_.size(); }

    uint8_t byte() { return at_end() ? uint8_t{0} : bytes_[position_++]; }

    uint64_t little_endian(unsigned width) {
        uint64_t value = 0;
        for (unsigned i = 0; i < width; ++i) value |= uint64_t{byte()} << (8 * i);
        return value;
    }

    uint64_t number() {
        const uint8_t first = byte();
        if (first < kOneByteEnd) return first;
        if (first < kTwoByteEnd) return kOneByteEnd + ((first - kOneByteEnd) << 8) + byte();
        if (first == kU16) return little_endian(2);
        if (first == kU32) return little_endian(4);
        if (first == kU64) return little_endian(8);
        if (first == kBelowMax) return std::numeric_limits<uint64_t>::max() - byte();
        const uint64_t power = uint64_t{1} << (first - kPower + kFirstPower);
        return power + static_cast<uint64_t>(int64_t{std::bit_cast<int8_t>(byte())});
    }

    uint32_t index() {
        const uint8_t first = byte();
        if (first < kIndexU16) return first;
        if (first == kIndexU16) return static_cast<uint32_t>(little_endian(2));
        if (first == kIndexU32) return static_cast<uint32_t>(little_endian(4));
        const uint32_t max = std::numeric_limits<uint32_t>::max();
        return first == kIndexBelowMax ? max - byte() : max;
    }

 private:
    std::span<const uint8_t> bytes_;
    size_t position_ = 0;
};

class Writer {
 public:
    void byte(uint64_t value) { bytes_.push_back(static_cast<uint8_t>(value)); }

    void little_endian(uint64_t value, unsigned width) {
        for (unsigned i = 0; i < width; ++i) byte(value >> (8 * i));
    }

    // The shortest form that holds the value.
    void number(uint64_t value) {
        const uint64_t below_max = std::numeric_limits<uint64_t>::max() - value;
        if (value < kOneByteEnd) return byte(value);
        if (value < kTwoByteValues) {
            byte(kOneByteEnd + ((value - kOneByteEnd) >> 8));
            return byte(value - kOneByteEnd);
        }
        if (below_max < 256) {
            byte(kBelowMax);
            return byte(below_max);
        }
        if (power(value)) return;
        if (value <= 0xffff) return tagged(kU16, value, 2);
        if (value <= 0xffffffff) return tagged(kU32, value, 4);
        tagged(kU64, value, 8);
    }

    void index(uint32_t value) {
        const uint32_t below_max = std::numeric_limits<uint32_t>::max() - value;
        if (value < kIndexU16) return byte(value);
        if (below_max == 0) return byte(kIndexFirstConstant);
        if (below_max < 256) {
            byte(kIndexBelowMax);
            return byte(below_max);
        }
        if (value <= 0xffff) return tagged(kIndexU16, value, 2);
        tagged(kIndexU32, value, 4);
    }

    std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
    void tagged(uint8_t tag, uint64_t value, unsigned width) {
        byte(tag);
        little_endian(value, width);
    }

    // value as 2^k + d, if it is one; two bytes.
    bool power(uint64_t value) {
        for (unsigned k : {63u - static_cast<unsigned>(std::countl_zero(value)),
                           64u - static_cast<unsigned>(std::countl_zero(value))}) {
            if (k < kFirstPower || k > 63) continue;
            const int64_t distance = static_cast<int64_t>(value - (uint64_t{1} << k));
            if (distance < -128 || distance > 127) continue;
            byte(kPower + k - kFirstPower);
            byte(std::bit_cast<uint8_t>(static_cast<int8_t>(distance)));
            return true;
        }
        return false;
    }

    std::vector<uint8_t> bytes_;
};

void decode_heap(Reader& reader, Configuration& configuration) {
    const uint8_t flags = reader.byte();
    configuration.full_collections = (flags & kFull) != 0;
    configuration.force_major = (flags & kForcedMajor) != 0;
    if ((flags & kNursery) != 0) configuration.nursery_shift = reader.byte();
    if ((flags & kAge) != 0) configuration.promotion_age = reader.byte();
    if ((flags & kLarge) != 0) configuration.large_shift = reader.byte();
    if ((flags & kThreshold) != 0) configuration.major_threshold = reader.number();
    if ((flags & kForced) == 0) return;
    configuration.force_first = reader.index();
    configuration.force_every = reader.index();
}

// 0: nothing of it is set.
uint8_t heap_flags(const Configuration& configuration) {
    const auto flag = [](bool set, uint8_t bit) { return set ? bit : uint8_t{0}; };
    return static_cast<uint8_t>(
        flag(configuration.nursery_shift != 0, kNursery) |
        flag(configuration.promotion_age != 0, kAge) |
        flag(configuration.large_shift != 0, kLarge) | flag(configuration.full_collections, kFull) |
        flag(configuration.major_threshold != 0, kThreshold) |
        flag(configuration.force_first != 0 || configuration.force_every != 0, kForced) |
        flag(configuration.force_major, kForcedMajor));
}

void encode_heap(Writer& writer, const Configuration& configuration) {
    const uint8_t flags = heap_flags(configuration);
    writer.byte(flags);
    if ((flags & kNursery) != 0) writer.byte(configuration.nursery_shift);
    if ((flags & kAge) != 0) writer.byte(configuration.promotion_age);
    if ((flags & kLarge) != 0) writer.byte(configuration.large_shift);
    if ((flags & kThreshold) != 0) writer.number(configuration.major_threshold);
    if ((flags & kForced) == 0) return;
    writer.index(configuration.force_first);
    writer.index(configuration.force_every);
}

}  // namespace

Program decode(std::span<const uint8_t> bytes) {
    Program program;
    Reader reader(bytes);
    const uint8_t flags = reader.byte();
    program.configuration.debug = (flags & kDebug) != 0;
    program.configuration.metrics = (flags & kMetricsOff) == 0;
    if ((flags & kBlockShift) != 0) program.configuration.block_shift = reader.byte();
    if ((flags & kBytesMax) != 0) program.configuration.bytes_max = reader.number();
    if ((flags & kHeap) != 0) decode_heap(reader, program.configuration);
    while (!reader.at_end()) {
        Operation operation;
        operation.code = static_cast<Code>(reader.byte() % kCodes);
        const Shape& its = shape(operation.code);
        for (size_t i = 0; i < kOperands; ++i) {
            const Operand which = static_cast<Operand>(i);
            if (!its.uses(which)) continue;
            if (which == Operand::size) {
                operation.size = reader.number();
            } else if (is_index(which)) {
                set_operand(operation, which, reader.index());
            } else {
                set_operand(operation, which, reader.byte());
            }
        }
        program.operations.push_back(operation);
    }
    return program;
}

std::vector<uint8_t> encode(const Program& program) {
    const Configuration defaults;
    const Configuration& configuration = program.configuration;
    const bool block = configuration.block_shift != defaults.block_shift;
    const bool bound = configuration.bytes_max != defaults.bytes_max;
    const bool heap = heap_flags(configuration) != 0;
    Writer writer;
    writer.byte((configuration.debug ? kDebug : 0u) | (configuration.metrics ? 0u : kMetricsOff) |
                (block ? kBlockShift : 0u) | (bound ? kBytesMax : 0u) | (heap ? kHeap : 0u));
    if (block) writer.byte(configuration.block_shift);
    if (bound) writer.number(configuration.bytes_max);
    if (heap) encode_heap(writer, configuration);
    for (const Operation& operation : program.operations) {
        const Shape& its = shape(operation.code);
        writer.byte(static_cast<uint64_t>(operation.code));
        for (size_t i = 0; i < kOperands; ++i) {
            const Operand which = static_cast<Operand>(i);
            if (!its.uses(which)) continue;
            const uint64_t value = operand(operation, which);
            if (which == Operand::size) {
                writer.number(value);
            } else if (is_index(which)) {
                writer.index(static_cast<uint32_t>(value));
            } else {
                writer.byte(value);
            }
        }
    }
    return writer.take();
}

bool binary_variant(std::span<const uint8_t> bytes) {
    return !bytes.empty() && (bytes[0] & kVariant) != 0;
}

void set_binary_variant(std::span<uint8_t> bytes, bool variant) {
    if (bytes.empty()) return;
    bytes[0] = static_cast<uint8_t>((bytes[0] & ~kVariant) | (variant ? kVariant : 0));
}

}  // namespace suite
