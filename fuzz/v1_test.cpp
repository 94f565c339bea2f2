// V1 under the suite's drivers: configurations agree with each other and with other heaps, each
// request is refused once, collections come at each allocation.
#include <array>
#include <gtest/gtest.h>
#include <string>

#include "fuzz/configurations_for_tests.h"
#include "fuzz/sweep.h"
#include "fuzz/text.h"

namespace suite {
namespace {

SubjectEntry entry_named(const std::string& name) {
    std::string error;
    std::optional<SubjectEntry> entry = find_subject(name, &error);
    EXPECT_TRUE(entry.has_value()) << error;
    return *entry;
}

Program parsed(const std::string& text) {
    auto result = parse(text);
    if (const ParseError* error = std::get_if<ParseError>(&result)) {
        ADD_FAILURE() << text << to_string(*error);
        return {};
    }
    return std::get<Program>(std::move(result));
}

RunResult passed(const Program& program, const SubjectEntry& entry) {
    RunOptions options;
    options.fixed_point = false;
    RunResult result = run(program, entry, options);
    if (result.finding.has_value()) {
        ADD_FAILURE() << entry.name << ": " << checker_name(result.finding->checker) << ": "
                      << result.finding->text << "\n"
                      << print(program);
    }
    return result;
}

constexpr std::array<const char*, 6> kConfigurations{
    "configure threshold=4096",
    "configure threshold=65536",
    "configure threshold=8388608 debug=on",
    "configure threshold=65536 force_first=1 force_every=1",
    "configure threshold=8388608 force_first=1 force_every=3 force_major=on",
    "configure threshold=8388608 force_first=1 force_every=7",
};

TEST(V1Configurations, OfTheHeapGiveTheSameGraphAndSoDoTheOtherHeaps) {
    const SubjectEntry v1 = entry_named("v1.runtime");
    const SubjectEntry others[] = {entry_named("heap.tiny"), entry_named("reference.heap")};
    std::array<size_t, kConfigurations.size()> collections{};
    size_t allocations = 0;
    for (uint64_t seed = 500; seed < 560 && !testing::Test::HasFailure(); ++seed) {
        Program program = independent_program(seed, v1);
        std::optional<uint64_t> expected;
        for (size_t which = 0; which < kConfigurations.size(); ++which) {
            program.configuration = parsed(kConfigurations[which]).configuration;
            const RunResult result = passed(program, v1);
            if (!expected.has_value()) expected = result.digest;
            ASSERT_EQ(*expected, result.digest) << kConfigurations[which] << ", seed " << seed;
            collections[which] += result.collections;
            allocations += result.allocations;
        }
        program.configuration = Configuration{.nursery_shift = 12};
        for (const SubjectEntry& other : others) {
            ASSERT_EQ(*expected, passed(program, other).digest) << other.name << ", seed " << seed;
        }
    }
    EXPECT_GT(allocations, 5000u);
    EXPECT_GT(collections[0], collections[1]) << "the lower threshold collects more often";
    EXPECT_GT(collections[3], collections[4]);
    EXPECT_GT(collections[4], collections[5]);
}

TEST(V1Configurations, InCompilerModeDifferInCollectionsOnly) {
    const SubjectEntry v1 = entry_named("v1");
    std::array<size_t, 3> collections{};
    for (uint64_t seed = 500; seed < 560 && !testing::Test::HasFailure(); ++seed) {
        GenerateOptions options;
        options.kind = v1.kind;
        options.abilities = v1.abilities;
        options.operations_min = 64;
        options.plausible = true;
        Program program = generate(seed, options);
        std::erase_if(program.operations, [](const Operation& operation) {
            return operation.code == Code::fail_requests;
        });
        program.configuration = {};
        std::optional<size_t> expected;
        for (size_t which = 0; which < collections.size(); ++which) {
            program.configuration.major_threshold = uint64_t{4096} << 4 * which;
            const RunResult result = passed(program, v1);
            if (!expected.has_value()) expected = result.allocations;
            ASSERT_EQ(*expected, result.allocations) << "seed " << seed;
            collections[which] += result.collections;
        }
    }
    EXPECT_GT(collections[0], collections[1]);
    EXPECT_GT(collections[1], collections[2]);
}

TEST(V1Sweep, RefusesEachRequestOfAProgramThatFrees) {
    for (const char* configuration : {"configure threshold=4096", "configure debug=on"}) {
        const Program program = parsed(
            std::string(configuration) +
            "\nallocate size=3000\nallocate size=1200\nfree object=0\nallocate_zeroed size=3000\n"
            "allocate size=9000\nregister_type placement=1\nallocate_aligned size=40 "
            "alignment=256\nfree object=1\nreallocate object=0 size=5000\nallocate size=3000\n");
        const SweepResult result = sweep(program, entry_named("v1"));
        EXPECT_FALSE(result.finding.has_value())
            << "k " << result.finding->fail_from << ": " << result.finding->finding.text;
        EXPECT_GT(result.requests, 8u);
        EXPECT_GE(result.refusals, result.requests);
    }
}

TEST(V1Sweep, RefusesEachRequestAndCollectsAtEachAllocationOfAHeap) {
    const Program program = parsed(
        "configure threshold=4096\n"
        "allocate_object size=40 type=8\nallocate_object size=3000 type=4\n"
        "store_reference object=1 slot=5 target=1\nnew_weak size=0 target=1\n"
        "set_finalizer object=0 count=3\npop_roots count=1\nallocate_object size=20000 type=1\n"
        "resize_object object=0 size=100\nset_finalizer object=1 count=2\nset_root target=null\n"
        "collect_minor\n");
    const SweepResult result = sweep(program, entry_named("v1.runtime"));
    EXPECT_FALSE(result.finding.has_value())
        << "k " << result.finding->fail_from << ", j " << result.finding->collect_at << ": "
        << result.finding->finding.text;
    EXPECT_GT(result.requests, 8u);
    EXPECT_GE(result.refusals, result.requests);
    EXPECT_GE(result.collections, 10u);
}

// More objects wait to be scanned than one block of the mark stack holds, and no second one is to
// be had: the collection searches for what is marked.
TEST(V1Marking, WithoutMemoryForItsStackFindsAllTheSame) {
    const Program program = parsed(
        "configure threshold=8388608\n"
        "allocate_object size=16000 type=4 root=new\nallocate_object size=0 type=2 root=new\n" +
        [] {
            std::string wide;
            for (int slot = 0; slot < 1400; ++slot) {
                wide += "allocate_object size=0 type=2 root=2\nstore_reference object=0 slot=" +
                        std::to_string(slot) + " target=2\n";
            }
            return wide;
        }() +
        "fail_requests size=0 count=255\ncollect_major\nwalk\n");
    const RunResult result = passed(program, entry_named("v1.runtime"));
    EXPECT_GT(result.allocations, 1400u);
    EXPECT_GT(result.mark_overflows, 0u);
}

}  // namespace
}  // namespace suite
