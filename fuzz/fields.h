// Fields: what a configuration consists of. The one table that the text form, the binary form, the
// mutator and the shrinker read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/operation.h"

namespace suite {

enum class Field : uint8_t {
    block,
    debug,
    metrics,
    bytes_max,
    nursery,
    age,
    large,
    full,
    threshold,
    force_first,
    force_every,
    force_major,
    count_
};
inline constexpr size_t kFields = static_cast<size_t>(Field::count_);

enum class FieldKind : uint8_t {
    power,   // a power of two by its logarithm; 0 is the default
    toggle,  // on, off
    number
};

std::string_view field_name(Field field);
FieldKind field_kind(Field field);
uint64_t field_max(Field field);
// Fields of collected heaps; the others belong to all subjects.
inline bool field_of_heaps(Field field) {
    return field >= Field::nursery;
}

uint64_t field_of(const Configuration& configuration, Field field);
void set_field(Configuration& configuration, Field field, uint64_t value);

}  // namespace suite
