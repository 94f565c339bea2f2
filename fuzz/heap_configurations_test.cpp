// The same program under different nursery sizes, promotion ages, thresholds, schedules and debug
// modes: the program sees the same graph, the same contents and the same payload figures.
#include <gtest/gtest.h>

#include "fuzz/configurations_for_tests.h"
#include "fuzz/text.h"

namespace suite {
namespace {

constexpr const char* kConfigurations[] = {
    "configure",
    "configure nursery=4096",
    "configure nursery=4096 age=1",
    "configure nursery=4096 age=15 threshold=4096",
    "configure nursery=65536 age=2 threshold=65536 large=4096",
    "configure nursery=4096 full=on",
    "configure nursery=4096 debug=on",
    "configure nursery=4096 debug=on age=1 force_first=1 force_every=1",
    "configure nursery=8192 force_first=1 force_every=7",
    "configure nursery=8192 force_first=1 force_every=7 force_major=on",
    "configure nursery=4096 force_first=3 force_every=97 large=16384",
};

class HeapConfigurations : public testing::TestWithParam<const char*> {};

TEST_P(HeapConfigurations, GiveTheSameGraphAndTheSameFigures) {
    std::string error;
    const std::optional<SubjectEntry> entry = find_subject(GetParam(), &error);
    ASSERT_TRUE(entry.has_value()) << error;
    size_t collections = 0;
    size_t allocations = 0;
    for (uint64_t seed = 0; seed < 80; ++seed) {
        Program program = independent_program(seed, *entry);
        std::optional<uint64_t> expected;
        for (const char* text : kConfigurations) {
            program.configuration = std::get<Program>(parse(text)).configuration;
            RunOptions options;
            options.fixed_point = false;
            const RunResult result = run(program, *entry, options);
            ASSERT_FALSE(result.finding.has_value())
                << text << ", seed " << seed << ": " << checker_name(result.finding->checker)
                << ": " << result.finding->text;
            if (!expected.has_value()) expected = result.digest;
            ASSERT_EQ(*expected, result.digest) << text << ", seed " << seed << "\n"
                                                << print(program);
            collections += result.collections;
            allocations += result.allocations;
        }
    }
    EXPECT_GT(collections, 2000u);
    EXPECT_GT(allocations, 10000u);
}

std::string subject_name(const testing::TestParamInfo<const char*>& each) {
    std::string name = each.param;
    for (char& letter : name) letter = letter == '.' ? '_' : letter;
    return name;
}
INSTANTIATE_TEST_SUITE_P(Each, HeapConfigurations,
                         testing::Values("heap", "heap.tiny", "runtime.tiny", "reference.heap"),
                         subject_name);

// And so do implementations.
TEST(HeapConfigurations, EverySubjectSeesTheSame) {
    std::string error;
    const SubjectEntry reference = *find_subject("reference.heap", &error);
    for (uint64_t seed = 100; seed < 140; ++seed) {
        Program program = independent_program(seed, reference);
        program.configuration.nursery_shift = 12;
        RunOptions options;
        options.fixed_point = false;
        const uint64_t expected = run(program, reference, options).digest;
        for (const char* name : {"heap", "heap.tiny", "runtime", "reference.runtime"}) {
            const RunResult result = run(program, *find_subject(name, &error), options);
            ASSERT_FALSE(result.finding.has_value()) << name << ": " << result.finding->text;
            ASSERT_EQ(expected, result.digest) << name << ", seed " << seed;
        }
    }
}

}  // namespace
}  // namespace suite
