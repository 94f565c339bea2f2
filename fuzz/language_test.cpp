// The forms of a program: binary, text, mutation, shape.
#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <string>

#include "fuzz/binary.h"
#include "fuzz/interesting.h"
#include "fuzz/mutate.h"
#include "fuzz/random.h"
#include "fuzz/shape.h"
#include "fuzz/text.h"

namespace suite {
namespace {

Program random_program(Random& random, size_t operations_max) {
    Program program;
    program.configuration = random_configuration(random, Family::both);
    size_t count = random.below(operations_max + 1);
    while (count-- > 0) {
        Operation operation = random_operation(random, Family::both);
        // Any value of any operand, not only the interesting ones.
        for (size_t i = 0; i < kOperands; ++i) {
            const Operand which = static_cast<Operand>(i);
            if (random.one_in(4)) set_operand(operation, which, random.next() >> random.below(64));
        }
        program.operations.push_back(canonical(operation));
    }
    return program;
}

std::vector<uint8_t> random_bytes(Random& random, size_t length) {
    std::vector<uint8_t> bytes(length);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
    return bytes;
}

ParseError error_of(std::string_view text) {
    auto result = parse(text);
    if (const ParseError* error = std::get_if<ParseError>(&result)) return *error;
    return {0, 0, "no error"};
}

Program parsed(std::string_view text) {
    auto result = parse(text);
    if (const ParseError* error = std::get_if<ParseError>(&result)) {
        ADD_FAILURE() << text << to_string(*error);
        return {};
    }
    return std::get<Program>(std::move(result));
}

TEST(Shape, EveryCodeHasItsOwnName) {
    for (size_t i = 0; i < kCodes; ++i) {
        EXPECT_FALSE(shape(static_cast<Code>(i)).name.empty());
        for (size_t j = 0; j < i; ++j) {
            EXPECT_NE(shape(static_cast<Code>(i)).name, shape(static_cast<Code>(j)).name);
        }
    }
}

TEST(Shape, CanonicalClearsExactlyTheOperandsThatTheCodeDoesNotUse) {
    for (size_t i = 0; i < kCodes; ++i) {
        Operation operation{static_cast<Code>(i), 1, 2, 3, 4, 5, 6, 7, 8, 9};
        const Operation result = canonical(operation);
        for (size_t j = 0; j < kOperands; ++j) {
            const Operand which = static_cast<Operand>(j);
            EXPECT_EQ(operand(result, which), shape(operation.code).uses(which) ? j + 1 : 0);
        }
    }
}

TEST(Binary, DecodeOfEncodeIsTheProgramItself) {
    for (uint64_t seed = 0; seed < 3000; ++seed) {
        Random random(seed);
        const Program program = random_program(random, 40);
        ASSERT_EQ(decode(encode(program)), program) << "seed " << seed << "\n" << print(program);
    }
}

TEST(Binary, EveryNumberFormKeepsItsValueOnBothSidesOfItsBounds) {
    std::vector<uint64_t> values;
    for (uint64_t bound : {uint64_t{0}, uint64_t{0xa0}, uint64_t{8352}, uint64_t{0x10000}}) {
        for (uint64_t d = 0; d < 300; ++d) values.insert(values.end(), {bound + d, bound - d});
    }
    for (unsigned k = 4; k < 64; ++k) {
        for (uint64_t d = 0; d < 130; ++d) {
            values.insert(values.end(), {(uint64_t{1} << k) + d, (uint64_t{1} << k) - d});
        }
    }
    for (uint64_t value : values) {
        Program program;
        program.operations = {
            {.code = Code::allocate, .size = value, .type = static_cast<uint32_t>(value)}};
        ASSERT_EQ(decode(encode(program)), program) << value;
    }
}

TEST(Binary, EveryByteStringIsACanonicalProgramThatSurvivesTheRoundTrip) {
    for (uint64_t seed = 0; seed < 3000; ++seed) {
        Random random(seed);
        const Program program = decode(random_bytes(random, random.below(200)));
        ASSERT_EQ(program, canonical(program));
        ASSERT_EQ(decode(encode(program)), program) << "seed " << seed;
    }
}

TEST(Binary, MissingBytesReadAsZero) {
    EXPECT_EQ(decode({}), Program{});
    const Program whole = parsed("allocate_aligned size=300 type=3 alignment=16\n");
    std::vector<uint8_t> bytes = encode(whole);
    bytes.pop_back();
    Program expected = whole;
    expected.operations[0].alignment = 0;
    EXPECT_EQ(decode(bytes), expected);
}

TEST(Binary, TypicalOperationsTakeAtMostFiveBytes) {
    for (const char* line :
         {"allocate size=24 type=3", "free object=7", "reset", "reallocate object=3 size=4096",
          "allocate_zeroed size=MAX type=0", "allocate_aligned size=1000 type=1 alignment=64"}) {
        EXPECT_LE(encode(parsed(line)).size(), 1u + 5u) << line;
    }
}

TEST(Binary, TheVariantBitIsNoPartOfTheProgram) {
    std::vector<uint8_t> bytes = encode(parsed("configure debug=on\nallocate size=1\n"));
    const Program program = decode(bytes);
    EXPECT_FALSE(binary_variant(bytes));
    set_binary_variant(bytes, true);
    EXPECT_TRUE(binary_variant(bytes));
    EXPECT_EQ(decode(bytes), program);
    EXPECT_FALSE(binary_variant({}));
}

TEST(Text, ParseOfPrintIsTheProgramItself) {
    for (uint64_t seed = 0; seed < 3000; ++seed) {
        Random random(seed);
        const Program program = random_program(random, 40);
        auto result = parse(print(program));
        if (const ParseError* error = std::get_if<ParseError>(&result)) {
            FAIL() << "seed " << seed << ": " << to_string(*error) << "\n" << print(program);
        }
        ASSERT_EQ(std::get<Program>(result), program) << print(program);
    }
}

TEST(Text, EveryBlockShiftSurvives) {
    for (unsigned shift = 0; shift < 256; ++shift) {
        Program program;
        program.configuration.block_shift = static_cast<uint8_t>(shift);
        EXPECT_EQ(parsed(print(program)), program) << print(program);
    }
}

TEST(Text, PrintsAndReadsTheDocumentedForms) {
    EXPECT_EQ(print(parsed("configure bytes_max=1048576 debug=on block=4096 # why\n\n"
                           "  allocate\tsize=0x18 type=3\r\n"
                           "allocate_aligned size=2^46+1 alignment=2^31\n"
                           "allocate_placed size=MAX-7 type=unregistered placement=arena\n"
                           "fail_requests count=all\n#end")),
              "configure block=4096 debug=on bytes_max=1048576\n"
              "allocate size=24 type=3\n"
              "allocate_aligned size=2^46+1 type=0 alignment=2^31\n"
              "allocate_placed size=MAX-7 type=unregistered placement=arena\n"
              "fail_requests size=0 count=all\n");
    EXPECT_EQ(parsed("").operations.size(), 0u);
    EXPECT_EQ(print(Program{}), "");
}

struct Rejected {
    const char* text;
    size_t line, column;
    const char* expected;
};

TEST(Text, AnErrorNamesLineColumnAndWhatWasExpected) {
    const Rejected cases[] = {
        {"allocat size=1", 1, 1, "expected an operation, found 'allocat"},
        {"reset\n  free size=3", 2, 8, "expected object= or the end of the line, found 'size=3'"},
        {"free object", 1, 12, "expected '=' after 'object', found the end of the line"},
        {"free object=", 1, 13, "expected a number, found the end of the line"},
        {"free object=x", 1, 13, "expected a number, found 'x'"},
        {"free object=12x", 1, 13, "expected a number, found '12x'"},
        {"free object=4294967296", 1, 13, "expected a number up to 4294967295"},
        {"allocate size=18446744073709551616", 1, 15, "a number up to 18446744073709551615"},
        {"allocate size=2^64", 1, 17, "expected a number up to 63"},
        {"allocate size=MAX+1", 1, 15, "expected a number in range"},
        {"allocate size=2^0-2", 1, 15, "expected a number in range"},
        {"allocate size=1 size=2", 1, 17, "expected each operand once"},
        {"allocate size=1type=2", 1, 15, "expected a number, found '1type=2'"},
        {"allocate size=1,type=2", 1, 16, "size=, type= or the end of the line"},
        {"allocate_aligned alignment=24", 1, 28, "expected a power of two, found '24'"},
        {"allocate_aligned alignment=0", 1, 28, "expected a power of two, found '0'"},
        {"configure debug=yes", 1, 17, "expected on or off, found 'yes'"},
        {"configure speed=1", 1, 11, "expected block=, debug="},
        {"reset\nconfigure debug=on", 2, 1, "configure stands first"},
        {"configure\nconfigure", 2, 1, "configure stands once"},
        {"reset object=1", 1, 7, "expected the end of the line, found 'object=1'"},
        {"\xff\x01\n", 1, 1, "expected an operation, found '\?\?'"},
    };
    for (const Rejected& rejected : cases) {
        const ParseError error = error_of(rejected.text);
        EXPECT_EQ(error.line, rejected.line) << rejected.text;
        EXPECT_EQ(error.column, rejected.column) << rejected.text << ": " << error.text;
        EXPECT_NE(error.text.find(rejected.expected), std::string::npos)
            << rejected.text << ": " << error.text;
    }
}

TEST(Text, EveryPrefixAndEveryDamagedByteGivesAProgramOrAnErrorWithAPosition) {
    Random random(7);
    const std::string text = print(random_program(random, 12));
    for (size_t i = 0; i <= text.size(); ++i) {
        EXPECT_NE(error_of(text.substr(0, i)).text, "");
        for (int trial = 0; trial < 8 && i < text.size(); ++trial) {
            std::string damaged = text;
            damaged[i] = static_cast<char>(random.next());
            auto result = parse(damaged);
            if (const ParseError* error = std::get_if<ParseError>(&result)) {
                EXPECT_GE(error->line, 1u);
                EXPECT_GE(error->column, 1u);
            } else {
                const Program& program = std::get<Program>(result);
                EXPECT_EQ(parsed(print(program)), program);
            }
        }
    }
}

TEST(Mutate, KeepsProgramsCanonicalAndWithinTheirLimit) {
    for (uint64_t seed = 0; seed < 2000; ++seed) {
        Random random(seed);
        Program program = random_program(random, 30);
        const size_t most = random.below(64);
        mutate(program, random, most);
        ASSERT_LE(program.operations.size(), most);
        ASSERT_EQ(program, canonical(program));
        const Program crossed = cross_over(program, random_program(random, 30), random, most);
        ASSERT_LE(crossed.operations.size(), most);
        ASSERT_EQ(crossed, canonical(crossed));
    }
}

TEST(Mutate, ReachesEveryCodeAndEveryFieldOfTheConfigurationFromAnEmptyProgram) {
    std::array<bool, kCodes> seen{};
    bool block = false, debug = false, metrics = false, bound = false;
    for (uint64_t seed = 0; seed < 500; ++seed) {
        Random random(seed);
        Program program;
        for (int i = 0; i < 8; ++i) mutate(program, random, 64);
        for (const Operation& operation : program.operations) {
            seen[static_cast<size_t>(operation.code)] = true;
        }
        block |= program.configuration.block_shift != 0;
        debug |= program.configuration.debug;
        metrics |= !program.configuration.metrics;
        bound |= program.configuration.bytes_max != Configuration{}.bytes_max;
    }
    for (size_t i = 0; i < kCodes; ++i) EXPECT_TRUE(seen[i]) << shape(static_cast<Code>(i)).name;
    EXPECT_TRUE(block && debug && metrics && bound);
}

TEST(Mutate, MostMutationsChangeTheProgram) {
    size_t changed = 0;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        Random random(seed);
        const Program before = random_program(random, 20);
        Program after = before;
        mutate(after, random, 64);
        if (after != before) ++changed;
    }
    EXPECT_GT(changed, 900u);
}

TEST(Mutate, BytesStayWithinTheBufferWhateverItsSize) {
    for (uint64_t seed = 0; seed < 4000; ++seed) {
        Random random(seed);
        std::vector<uint8_t> buffer = random_bytes(random, random.below(60));
        const std::vector<uint8_t> other = random_bytes(random, random.below(60));
        const size_t length = random.below(buffer.size() + 1);
        const size_t mutated = mutate_bytes(buffer, length, seed);
        ASSERT_LE(mutated, buffer.size());
        ASSERT_EQ(mutated > 0, !buffer.empty());
        std::vector<uint8_t> result(random.below(60));
        const size_t crossed = cross_over_bytes(other, buffer, result, seed);
        ASSERT_LE(crossed, result.size());
    }
}

TEST(Mutate, TheSameSeedGivesTheSameMutation) {
    std::vector<uint8_t> first(64), second(64);
    EXPECT_EQ(mutate_bytes(first, 9, 42), mutate_bytes(second, 9, 42));
    EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace suite
