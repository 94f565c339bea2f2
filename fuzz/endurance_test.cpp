// Endurance runs: correct subjects live long, broken ones are found, and a seed is a whole run.
#include "fuzz/endurance.h"

#include <gtest/gtest.h>

#include "fuzz/broken_heap_subject.h"
#include "fuzz/broken_subject.h"

namespace {

using namespace suite;

SubjectEntry subject_named(const char* name) {
    std::string error;
    std::optional<SubjectEntry> entry = find_subject(name, &error);
    EXPECT_TRUE(entry.has_value()) << error;
    return *entry;
}

EnduranceReport lived(const SubjectEntry& subject, uint64_t operations, uint64_t seed = 1) {
    EnduranceOptions options;
    options.operations = operations;
    options.seed = seed;
    return endure(subject, options);
}

std::string finding_of(const EnduranceReport& report) {
    if (!report.finding.has_value()) return "";
    return std::string(checker_name(report.finding->checker)) + ": " + report.finding->text;
}

class Endurance : public testing::TestWithParam<const char*> {};

TEST_P(Endurance, ACorrectSubjectLivesThroughSeveralSeasons) {
    const EnduranceReport report = lived(subject_named(GetParam()), 400'000);
    EXPECT_EQ(finding_of(report), "");
    EXPECT_EQ(report.operations, 400'000u);
    EXPECT_GE(report.seasons, 2u);
    EXPECT_GT(report.allocations, 50'000u);
}

INSTANTIATE_TEST_SUITE_P(Subjects, Endurance,
                         testing::Values("arena", "pool", "context", "arena.tiny", "pool.tiny",
                                         "context.tiny", "heap", "runtime", "heap.tiny",
                                         "runtime.tiny", "v1.runtime", "reference.pool",
                                         "reference.context", "general", "general.tiny", "malloc",
                                         "jemalloc", "mimalloc", "v1", "boehm"));

TEST(EnduranceRun, IsItsSeed) {
    for (const char* name : {"context.tiny", "heap.tiny"}) {
        const EnduranceReport one = lived(subject_named(name), 300'000, 5);
        const EnduranceReport two = lived(subject_named(name), 300'000, 5);
        const EnduranceReport other = lived(subject_named(name), 300'000, 6);
        EXPECT_EQ(one.allocations, two.allocations) << name;
        EXPECT_EQ(one.bytes_mapped_peak, two.bytes_mapped_peak) << name;
        EXPECT_EQ(one.finalizers, two.finalizers) << name;
        EXPECT_NE(one.allocations, other.allocations) << name;
    }
}

TEST(EnduranceRun, EveryKindOfOperationHappens) {
    const EnduranceReport arena = lived(subject_named("arena.tiny"), 500'000);
    EXPECT_GT(arena.resets, 0u);
    EXPECT_GT(arena.releases, 0u);
    EXPECT_GT(arena.refusals, 0u);
    const EnduranceReport pool = lived(subject_named("pool.tiny"), 500'000);
    EXPECT_GT(pool.frees, 0u);
    EXPECT_GT(pool.resizes, 0u);
    EXPECT_GT(pool.misuses, 0u);
    EXPECT_GT(pool.resets, 0u);
    const EnduranceReport heap = lived(subject_named("heap.tiny"), 500'000);
    EXPECT_GT(heap.collections, 100u);
    EXPECT_GT(heap.finalizers, 0u);
    EXPECT_GT(heap.weak_cleared, 0u);
    EXPECT_GT(heap.refusals, 0u);
    EXPECT_GT(heap.live_peak, 1'000u);
}

TEST(EnduranceRun, OutOfTimeItEndsWithinTheSeasonAndChecksIt) {
    EnduranceOptions options;
    options.operations = UINT64_MAX;
    const uint64_t last = 5 * kAskedEvery;
    options.out_of_time = [=](const EnduranceReport& report) { return report.operations >= last; };
    for (const char* name : {"pool", "heap"}) {
        const EnduranceReport report = endure(subject_named(name), options);
        EXPECT_EQ(finding_of(report), "") << name;
        EXPECT_EQ(report.operations, last) << name;
        EXPECT_EQ(report.seasons, 1u) << name;
    }
}

TEST(EnduranceRun, AFindingComesBackWithItsSeedAndItsNumberOfOperations) {
    const SubjectEntry entry = subject_named("pool.tiny");
    const SubjectEntry subject = broken(entry, Mischief::byte_lost);
    const EnduranceReport first = lived(subject, 1'000'000, 3);
    ASSERT_TRUE(first.finding.has_value());
    const EnduranceReport again = lived(subject, first.finding->operation + 1, 3);
    ASSERT_TRUE(again.finding.has_value());
    EXPECT_EQ(again.finding->operation, first.finding->operation);
    EXPECT_EQ(finding_of(again), finding_of(first));
}

struct Plan {
    const char* subject;
    Mischief mischief;
    Checker checker;
};

class BrokenObjects : public testing::TestWithParam<Plan> {};

TEST_P(BrokenObjects, AreFound) {
    const SubjectEntry entry = subject_named(GetParam().subject);
    const EnduranceReport report = lived(broken(entry, GetParam().mischief), 400'000);
    ASSERT_TRUE(report.finding.has_value());
    EXPECT_EQ(checker_name(report.finding->checker), std::string(checker_name(GetParam().checker)))
        << report.finding->text;
}

INSTANTIATE_TEST_SUITE_P(
    Each, BrokenObjects,
    testing::Values(Plan{"malloc", Mischief::misaligned, Checker::alignment},
                    Plan{"malloc", Mischief::alignment_ignored, Checker::alignment},
                    Plan{"pool.tiny", Mischief::handed_out_twice, Checker::contents},
                    Plan{"arena.tiny", Mischief::too_short, Checker::alignment},
                    Plan{"pool.tiny", Mischief::byte_lost, Checker::contents},
                    Plan{"pool.tiny", Mischief::tail_dropped, Checker::contents},
                    Plan{"context.tiny", Mischief::not_zeroed, Checker::zeroing},
                    Plan{"pool.tiny", Mischief::count_off_by_one, Checker::metrics},
                    Plan{"context.tiny", Mischief::mapped_wrong, Checker::metrics},
                    Plan{"arena.tiny", Mischief::held_per_reset, Checker::footprint},
                    Plan{"pool.tiny", Mischief::null_for_no_reason, Checker::contract},
                    Plan{"pool.tiny", Mischief::moves_in_place, Checker::contract},
                    Plan{"context.tiny", Mischief::verify_fails, Checker::invariants},
                    Plan{"pool.tiny", Mischief::query_wrong_size, Checker::query},
                    Plan{"arena.tiny", Mischief::release_to_inner, Checker::metrics},
                    Plan{"pool.tiny", Mischief::bytes_not_returned, Checker::leak}));

struct HeapPlan {
    HeapMischief mischief;
    Checker checker;
};

class BrokenGraphs : public testing::TestWithParam<HeapPlan> {};

TEST_P(BrokenGraphs, AreFound) {
    const SubjectEntry entry = subject_named("heap.tiny");
    const EnduranceReport report = lived(broken(entry, GetParam().mischief), 400'000);
    ASSERT_TRUE(report.finding.has_value());
    EXPECT_EQ(checker_name(report.finding->checker), std::string(checker_name(GetParam().checker)))
        << report.finding->text;
}

INSTANTIATE_TEST_SUITE_P(
    Each, BrokenGraphs,
    testing::Values(HeapPlan{HeapMischief::misaligned, Checker::alignment},
                    HeapPlan{HeapMischief::not_zeroed, Checker::zeroing},
                    HeapPlan{HeapMischief::byte_lost, Checker::contents},
                    HeapPlan{HeapMischief::flags_lost, Checker::contents},
                    HeapPlan{HeapMischief::reference_lost, Checker::graph},
                    HeapPlan{HeapMischief::stored_elsewhere, Checker::contents},
                    HeapPlan{HeapMischief::two_become_one, Checker::contents},
                    HeapPlan{HeapMischief::garbage_kept, Checker::liveness},
                    HeapPlan{HeapMischief::weak_cleared_early, Checker::weak},
                    HeapPlan{HeapMischief::weak_kept, Checker::liveness},
                    HeapPlan{HeapMischief::finalizer_twice, Checker::finalizers},
                    HeapPlan{HeapMischief::finalizer_early, Checker::finalizers},
                    HeapPlan{HeapMischief::finalizer_forgotten, Checker::finalizers},
                    HeapPlan{HeapMischief::count_off_by_one, Checker::liveness},
                    HeapPlan{HeapMischief::null_for_no_reason, Checker::contract},
                    HeapPlan{HeapMischief::verify_fails, Checker::invariants},
                    HeapPlan{HeapMischief::chunk_per_collection, Checker::footprint},
                    HeapPlan{HeapMischief::bytes_not_returned, Checker::leak}));

}  // namespace
