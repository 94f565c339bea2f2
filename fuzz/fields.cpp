#include "fuzz/fields.h"

#include <limits>

namespace suite {
namespace {

struct Description {
    std::string_view name;
    FieldKind kind;
    uint64_t max;
};

constexpr uint64_t kByte = std::numeric_limits<uint8_t>::max();
constexpr uint64_t kWord = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();

// In the order of Field.
constexpr std::array<Description, kFields> kDescriptions{{
    {"block", FieldKind::power, kByte},
    {"debug", FieldKind::toggle, 1},
    {"metrics", FieldKind::toggle, 1},
    {"bytes_max", FieldKind::number, kAny},
    {"nursery", FieldKind::power, kByte},
    {"age", FieldKind::number, kByte},
    {"large", FieldKind::power, kByte},
    {"full", FieldKind::toggle, 1},
    {"threshold", FieldKind::number, kAny},
    {"force_first", FieldKind::number, kWord},
    {"force_every", FieldKind::number, kWord},
    {"force_major", FieldKind::toggle, 1},
}};
static_assert(kDescriptions.back().name == "force_major", "one for each field, in their order");

const Description& description(Field field) {
    return kDescriptions[static_cast<size_t>(field) % kFields];
}

}  // namespace

std::string_view field_name(Field field) {
    return description(field).name;
}
FieldKind field_kind(Field field) {
    return description(field).kind;
}
uint64_t field_max(Field field) {
    return description(field).max;
}

uint64_t field_of(const Configuration& configuration, Field field) {
    switch (field) {
        case Field::block:
            return configuration.block_shift;
        case Field::debug:
            return configuration.debug ? 1 : 0;
        case Field::metrics:
            return configuration.metrics ? 1 : 0;
        case Field::bytes_max:
            return configuration.bytes_max;
        case Field::nursery:
            return configuration.nursery_shift;
        case Field::age:
            return configuration.promotion_age;
        case Field::large:
            return configuration.large_shift;
        case Field::full:
            return configuration.full_collections ? 1 : 0;
        case Field::threshold:
            return configuration.major_threshold;
        case Field::force_first:
            return configuration.force_first;
        case Field::force_every:
            return configuration.force_every;
        case Field::force_major:
            return configuration.force_major ? 1 : 0;
        case Field::count_:
            break;
    }
    return 0;
}

void set_field(Configuration& configuration, Field field, uint64_t value) {
    switch (field) {
        case Field::block:
            configuration.block_shift = static_cast<uint8_t>(value);
            break;
        case Field::debug:
            configuration.debug = value != 0;
            break;
        case Field::metrics:
            configuration.metrics = value != 0;
            break;
        case Field::bytes_max:
            configuration.bytes_max = value;
            break;
        case Field::nursery:
            configuration.nursery_shift = static_cast<uint8_t>(value);
            break;
        case Field::age:
            configuration.promotion_age = static_cast<uint8_t>(value);
            break;
        case Field::large:
            configuration.large_shift = static_cast<uint8_t>(value);
            break;
        case Field::full:
            configuration.full_collections = value != 0;
            break;
        case Field::threshold:
            configuration.major_threshold = value;
            break;
        case Field::force_first:
            configuration.force_first = static_cast<uint32_t>(value);
            break;
        case Field::force_every:
            configuration.force_every = static_cast<uint32_t>(value);
            break;
        case Field::force_major:
            configuration.force_major = value != 0;
            break;
        case Field::count_:
            break;
    }
}

}  // namespace suite
