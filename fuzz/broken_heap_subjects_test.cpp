// Every checker of collected heaps is seen to fire: on a heap that is broken in one way, within
// some random programs, it is that checker which finds it; and correct heaps pass.
#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <string>

#include "fuzz/broken_heap_subject.h"
#include "fuzz/generate.h"
#include "fuzz/runner.h"

namespace suite {
namespace {

constexpr uint64_t kPrograms = 600;

Program random_program(uint64_t seed, const SubjectEntry& entry, size_t operations_max) {
    GenerateOptions options;
    options.kind = entry.kind;
    options.abilities = entry.abilities;
    options.operations_max = operations_max;
    options.plausible = true;
    return generate(seed, options);
}

std::optional<Finding> first_finding(const SubjectEntry& entry, uint64_t programs) {
    for (uint64_t seed = 0; seed < programs; ++seed) {
        RunResult result = run(random_program(seed, entry, 96), entry);
        if (result.finding.has_value()) return result.finding;
    }
    return std::nullopt;
}

SubjectEntry entry_named(const std::string& name) {
    std::string error;
    std::optional<SubjectEntry> entry = find_subject(name, &error);
    EXPECT_TRUE(entry.has_value()) << error;
    return *entry;
}

struct Case {
    const char* name;  // the sentence
    HeapMischief mischief;
    Checker checker;
};

constexpr Case kCases[] = {
    {"AlignmentIgnored", HeapMischief::misaligned, Checker::alignment},
    {"NotZeroed", HeapMischief::not_zeroed, Checker::zeroing},
    {"ByteLostByACollection", HeapMischief::byte_lost, Checker::contents},
    {"FlagsLostByACollection", HeapMischief::flags_lost, Checker::graph},
    {"RootLostByACollection", HeapMischief::reference_lost, Checker::graph},
    {"SlotLostByACollection", HeapMischief::slot_lost, Checker::graph},
    {"StoreGoesElsewhere", HeapMischief::stored_elsewhere, Checker::graph},
    {"StoreGoesNowhere", HeapMischief::stored_nowhere, Checker::graph},
    {"TwoObjectsBecomeOne", HeapMischief::two_become_one, Checker::graph},
    {"GarbageKept", HeapMischief::garbage_kept, Checker::liveness},
    {"ObjectHiddenFromWalk", HeapMischief::hidden_from_walk, Checker::liveness},
    {"ObjectVisitedTwice", HeapMischief::visited_twice, Checker::liveness},
    {"AgeTooLarge", HeapMischief::too_old, Checker::ages},
    {"NeverPromoted", HeapMischief::never_promoted, Checker::ages},
    {"WeakReferenceClearedEarly", HeapMischief::weak_cleared_early, Checker::weak},
    {"WeakReferenceKeepsItsTarget", HeapMischief::weak_kept, Checker::weak},
    {"FinalizerRunsTwice", HeapMischief::finalizer_twice, Checker::finalizers},
    {"FinalizerRunsEarly", HeapMischief::finalizer_early, Checker::finalizers},
    {"FinalizerForgotten", HeapMischief::finalizer_forgotten, Checker::finalizers},
    {"CountOffByOne", HeapMischief::count_off_by_one, Checker::metrics},
    {"FreesUncounted", HeapMischief::freed_uncounted, Checker::metrics},
    {"ForcedCollectionsUncounted", HeapMischief::forced_uncounted, Checker::metrics},
    {"MappedWrong", HeapMischief::mapped_wrong, Checker::metrics},
    {"TypeCountWrong", HeapMischief::type_count_wrong, Checker::metrics},
    {"NullForNoReason", HeapMischief::null_for_no_reason, Checker::contract},
    {"NullWithoutFullCollection", HeapMischief::null_at_once, Checker::contract},
    {"FailureChangesAnObject", HeapMischief::failure_writes, Checker::contract},
    {"VerificationFails", HeapMischief::verify_fails, Checker::invariants},
    {"QueryGivesWrongSize", HeapMischief::query_wrong_size, Checker::query},
    {"QueryClaimsForeign", HeapMischief::query_foreign, Checker::query},
    {"MissedBarrierNotReported", HeapMischief::report_swallowed, Checker::detection},
    {"ReportWithoutCause", HeapMischief::report_without_cause, Checker::detection},
    {"WrongRootPopped", HeapMischief::wrong_root_popped, Checker::contract},
    {"ChunksHeldPerCollection", HeapMischief::chunk_per_collection, Checker::footprint},
    {"ChunkHeldPerReset", HeapMischief::chunk_per_reset, Checker::fixed_point},
    {"PageNotReturned", HeapMischief::bytes_not_returned, Checker::leak},
};

class BrokenHeaps : public testing::TestWithParam<Case> {};

TEST_P(BrokenHeaps, AreCaughtByTheCheckerForIt) {
    const SubjectEntry correct = entry_named("reference.heap");
    std::optional<Finding> finding = first_finding(broken(correct, GetParam().mischief), kPrograms);
    ASSERT_TRUE(finding.has_value());
    EXPECT_STREQ(checker_name(GetParam().checker), checker_name(finding->checker)) << finding->text;
}

std::string case_name(const testing::TestParamInfo<Case>& each) {
    return each.param.name;
}
INSTANTIATE_TEST_SUITE_P(Each, BrokenHeaps, testing::ValuesIn(kCases), case_name);

// (Overlap, which takes two objects of a collector in one place, is seen in broken_subjects_test.)
TEST(BrokenHeaps, CoverEveryCheckerOfHeaps) {
    std::set<Checker> covered;
    for (const Case& each : kCases) covered.insert(each.checker);
    covered.insert(Checker::overlap);
    EXPECT_EQ(covered.size(), kCheckers);
}

TEST(BrokenHeaps, WithoutMischiefPass) {
    const SubjectEntry correct = entry_named("reference.heap");
    std::optional<Finding> finding = first_finding(broken(correct, HeapMischief::none), 200);
    if (finding.has_value()) ADD_FAILURE() << finding->text;
}

class CorrectHeaps : public testing::TestWithParam<const char*> {};

TEST_P(CorrectHeaps, PassAThousandRandomPrograms) {
    const SubjectEntry entry = entry_named(GetParam());
    size_t allocations = 0;
    size_t collections = 0;
    size_t refusals = 0;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        RunResult result = run(random_program(seed, entry, 160), entry);
        allocations += result.allocations;
        collections += result.collections;
        refusals += result.refusals;
        if (result.finding.has_value()) {
            FAIL() << "seed " << seed << ", operation " << result.finding->operation << ": "
                   << checker_name(result.finding->checker) << ": " << result.finding->text;
        }
    }
    // A peer has fewer kinds of operations, and collects when it is asked.
    EXPECT_GT(allocations, entry.abilities.precise ? 10000u : 4000u);
    EXPECT_GT(collections, entry.abilities.precise ? 2000u : 500u);
    EXPECT_TRUE(refusals > 10 || !entry.abilities.limits);
}

std::string subject_name(const testing::TestParamInfo<const char*>& each) {
    std::string name = each.param;
    for (char& letter : name) letter = letter == '.' ? '_' : letter;
    return name;
}
INSTANTIATE_TEST_SUITE_P(Each, CorrectHeaps,
                         testing::Values("heap", "heap.tiny", "runtime", "runtime.tiny",
                                         "reference.heap", "reference.runtime", "v1.runtime",
                                         "boehm"),
                         subject_name);

}  // namespace
}  // namespace suite
