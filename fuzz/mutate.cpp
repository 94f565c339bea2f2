#include "fuzz/mutate.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "fuzz/binary.h"
#include "fuzz/fields.h"
#include "fuzz/interesting.h"
#include "fuzz/shape.h"

namespace suite {
namespace {

using Operations = std::vector<Operation>;

auto at(Operations& operations, size_t index) {
    return operations.begin() + static_cast<std::ptrdiff_t>(index);
}

void change_operand(Operation& operation, Random& random) {
    std::array<Operand, kOperands> used{};
    size_t count = 0;
    for (size_t i = 0; i < kOperands; ++i) {
        const Operand which = static_cast<Operand>(i);
        if (shape(operation.code).uses(which)) used[count++] = which;
    }
    if (count == 0) return;
    const Operand which = used[random.below(count)];
    if (random.one_in(2)) {
        // A step away from what is there: edges are often next to a value that nearly works.
        const std::array<uint64_t, 4> steps{1, 7, 8, operand(operation, which)};
        const uint64_t step = random.pick(steps);
        const uint64_t value = operand(operation, which);
        set_operand(operation, which, random.one_in(2) ? value + step : value - step);
    } else {
        randomise_operand(operation, which, random);
    }
}

// A run of operations repeated: fills slots, blocks and chunks, which single insertions do not.
void repeat_run(Operations& operations, Random& random, size_t room) {
    if (operations.empty()) return;
    const size_t start = random.below(operations.size());
    const size_t length = 1 + random.below(std::min<size_t>(8, operations.size() - start));
    const Operations run(at(operations, start), at(operations, start + length));
    const size_t most = random.one_in(8) ? 256 : 16;
    size_t times = std::min<size_t>(1 + random.below(most), room / length);
    const bool vary = random.one_in(2);
    Operations repeated;
    while (times-- > 0) {
        for (Operation operation : run) {
            if (vary && random.one_in(4)) change_operand(operation, random);
            repeated.push_back(operation);
        }
    }
    operations.insert(at(operations, start + length), repeated.begin(), repeated.end());
}

void insert_some(Operations& operations, Random& random, size_t room, Family family) {
    size_t count = std::min<size_t>(1 + random.below(random.one_in(4) ? 8 : 2), room);
    while (count-- > 0) {
        operations.insert(at(operations, random.below(operations.size() + 1)),
                          random_operation(random, family));
    }
}

void delete_some(Operations& operations, Random& random) {
    if (operations.empty()) return;
    const size_t start = random.below(operations.size());
    const size_t most = random.one_in(4) ? operations.size() - start : size_t{2};
    const size_t length = 1 + random.below(std::min(most, operations.size() - start));
    operations.erase(at(operations, start), at(operations, start + length));
}

void move_some(Operations& operations, Random& random) {
    if (operations.size() < 2) return;
    const size_t first = random.below(operations.size());
    const size_t second = random.below(operations.size());
    if (random.one_in(2)) {
        std::swap(operations[first], operations[second]);
    } else {
        const Operation moved = operations[first];
        operations.erase(at(operations, first));
        operations.insert(at(operations, second), moved);
    }
}

void change_code(Operation& operation, Random& random, Family family) {
    const Operation fresh = random_operation(random, family);
    operation.code = fresh.code;
    for (size_t i = 0; i < kOperands; ++i) {
        const Operand which = static_cast<Operand>(i);
        if (operand(operation, which) == 0) set_operand(operation, which, operand(fresh, which));
    }
}

void change_configuration(Configuration& configuration, Random& random, Family family) {
    const Configuration fresh = random_configuration(random, family);
    const size_t fields = family == Family::plain ? static_cast<size_t>(Field::nursery) : kFields;
    const size_t which = random.below(fields + 1);
    if (which == fields) {
        configuration = fresh;
        return;
    }
    const Field field = static_cast<Field>(which);
    const bool toggle = field_kind(field) == FieldKind::toggle;
    set_field(configuration, field,
              toggle ? 1 - field_of(configuration, field) : field_of(fresh, field));
}

void mutate_once(Program& program, Random& random, size_t operations_max, Family family) {
    Operations& operations = program.operations;
    const size_t room = operations_max - operations.size();
    switch (random.below(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
            insert_some(operations, random, room, family);
            break;
        case 4:
        case 5:
            delete_some(operations, random);
            break;
        case 6:
        case 7:
            move_some(operations, random);
            break;
        case 8:
            change_configuration(program.configuration, random, family);
            break;
        case 9:
        case 10:
            repeat_run(operations, random, room);
            break;
        case 11:
            if (!operations.empty())
                change_code(operations[random.below(operations.size())], random, family);
            break;
        default:
            if (operations.empty()) {
                insert_some(operations, random, room, family);
            } else {
                change_operand(operations[random.below(operations.size())], random);
            }
    }
}

// Drops operations from the end until the encoding fits.
size_t store(Program& program, bool variant, std::span<uint8_t> buffer) {
    if (buffer.empty()) return 0;
    std::vector<uint8_t> bytes = encode(program);
    while (bytes.size() > buffer.size()) {
        if (program.operations.empty()) {
            bytes.resize(buffer.size());
            break;
        }
        program.operations.resize(program.operations.size() - 1 - program.operations.size() / 16);
        bytes = encode(program);
    }
    set_binary_variant(bytes, variant);
    std::copy(bytes.begin(), bytes.end(), buffer.begin());
    return bytes.size();
}

}  // namespace

void mutate(Program& program, Random& random, size_t operations_max, Family family) {
    if (program.operations.size() > operations_max) program.operations.resize(operations_max);
    size_t changes = 1 + (random.one_in(2) ? random.below(4) : 0);
    while (changes-- > 0) mutate_once(program, random, operations_max, family);
    program = canonical(std::move(program));
}

Program cross_over(const Program& first, const Program& second, Random& random,
                   size_t operations_max) {
    Program result;
    result.configuration = random.one_in(2) ? first.configuration : second.configuration;
    const Operations& a = first.operations;
    const Operations& b = second.operations;
    Operations& out = result.operations;
    if (random.one_in(4)) {
        // Interleaved: two programs living in one allocator at the same time.
        size_t i = 0;
        size_t j = 0;
        while (i < a.size() || j < b.size()) {
            const bool from_first = j == b.size() || (i < a.size() && random.one_in(2));
            out.push_back(from_first ? a[i++] : b[j++]);
        }
    } else {
        const size_t head = random.below(a.size() + 1);
        const size_t start = random.below(b.size() + 1);
        const size_t length = random.below(b.size() - start + 1);
        std::copy_n(a.begin(), head, std::back_inserter(out));
        std::copy_n(b.begin() + static_cast<std::ptrdiff_t>(start), length,
                    std::back_inserter(out));
        if (random.one_in(2)) {  // spliced in, not put in place of the tail
            std::copy(a.begin() + static_cast<std::ptrdiff_t>(head), a.end(),
                      std::back_inserter(out));
        }
    }
    if (out.size() > operations_max) out.resize(operations_max);
    return canonical(std::move(result));
}

size_t mutate_bytes(std::span<uint8_t> buffer, size_t length, uint64_t seed, Family family) {
    Random random(seed);
    const std::span<const uint8_t> bytes = buffer.first(std::min(length, buffer.size()));
    const bool variant = binary_variant(bytes) != random.one_in(32);
    Program program = decode(bytes);
    if (family == Family::both) family = variant ? Family::collected : Family::plain;
    mutate(program, random, buffer.size(), family);  // an operation takes at least a byte
    return store(program, variant, buffer);
}

size_t cross_over_bytes(std::span<const uint8_t> first, std::span<const uint8_t> second,
                        std::span<uint8_t> result, uint64_t seed) {
    Random random(seed);
    Program program = cross_over(decode(first), decode(second), random, result.size());
    return store(program, binary_variant(first), result);
}

}  // namespace suite
