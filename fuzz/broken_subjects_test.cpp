// Every checker is seen to fire: on a subject that is broken in one way, within some random
// programs, it is that checker which finds it; and all correct subjects pass.
#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "fuzz/broken_subject.h"
#include "fuzz/generate.h"
#include "fuzz/runner.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

constexpr uint64_t kPrograms = 400;

Program random_program(uint64_t seed, const SubjectEntry& entry) {
    GenerateOptions options;
    options.kind = entry.kind;
    options.abilities = entry.abilities;
    options.operations_max = 96;
    options.plausible = true;
    return generate(seed, options);
}

std::optional<Finding> first_finding(const SubjectEntry& entry, uint64_t programs,
                                     const RunOptions& options = {}) {
    for (uint64_t seed = 0; seed < programs; ++seed) {
        RunResult result = run(random_program(seed, entry), entry, options);
        if (result.finding.has_value()) return result.finding;
    }
    return std::nullopt;
}

const SubjectEntry& entry_named(const std::string& name) {
    for (const SubjectEntry& entry : subjects()) {
        if (entry.name == name) return entry;
    }
    ADD_FAILURE() << "no subject " << name;
    return subjects().front();
}

struct Case {
    const char* name;  // the sentence
    Mischief mischief;
    const char* subject;
    Checker checker;
};

constexpr Case kCases[] = {
    {"MisalignedObject", Mischief::misaligned, "malloc", Checker::alignment},
    {"AlignmentIgnored", Mischief::alignment_ignored, "malloc", Checker::alignment},
    {"ObjectHandedOutTwice", Mischief::handed_out_twice, "malloc", Checker::overlap},
    {"ObjectTooShort", Mischief::too_short, "malloc", Checker::overlap},
    {"ByteLost", Mischief::byte_lost, "malloc", Checker::contents},
    {"ByteLostInArena", Mischief::byte_lost, "reference.arena", Checker::contents},
    {"TailDroppedByReallocation", Mischief::tail_dropped, "malloc", Checker::contents},
    {"TailDroppedInContext", Mischief::tail_dropped, "reference.context", Checker::contents},
    {"NotZeroed", Mischief::not_zeroed, "malloc", Checker::zeroing},
    {"NotZeroedInContext", Mischief::not_zeroed, "reference.context", Checker::zeroing},
    {"PoolCountOffByOne", Mischief::count_off_by_one, "reference.pool", Checker::metrics},
    {"ArenaCountOffByOne", Mischief::count_off_by_one, "reference.arena", Checker::metrics},
    {"ContextCountOffByOne", Mischief::count_off_by_one, "reference.context", Checker::metrics},
    {"MappedWrong", Mischief::mapped_wrong, "reference.pool", Checker::metrics},
    {"FailuresUncounted", Mischief::failures_uncounted, "reference.context", Checker::metrics},
    {"ChunkHeldPerObject", Mischief::held_per_object, "reference.pool", Checker::footprint},
    {"ChunkHeldPerObjectInArena", Mischief::held_per_object, "reference.arena", Checker::footprint},
    {"ChunkHeldPerReset", Mischief::held_per_reset, "reference.pool", Checker::fixed_point},
    {"ChunkHeldPerResetInArena", Mischief::held_per_reset, "reference.arena", Checker::fixed_point},
    {"NullForNoReason", Mischief::null_for_no_reason, "malloc", Checker::contract},
    {"NullForNoReasonInContext", Mischief::null_for_no_reason, "reference.context",
     Checker::contract},
    {"WrongCode", Mischief::wrong_code, "reference.arena", Checker::contract},
    {"FailureKeepsMemory", Mischief::failure_keeps_memory, "reference.pool", Checker::contract},
    {"FailureChangesAnObject", Mischief::failure_writes, "reference.context", Checker::contract},
    {"SuccessOfTheImpossible", Mischief::success_of_the_impossible, "reference.arena",
     Checker::contract},
    {"MovesWithinItsClass", Mischief::moves_in_place, "reference.pool", Checker::contract},
    {"VerificationFails", Mischief::verify_fails, "reference.arena", Checker::invariants},
    {"QueryGivesWrongSize", Mischief::query_wrong_size, "reference.pool", Checker::query},
    {"QueryOfFreedSaysLive", Mischief::query_freed_is_live, "reference.pool", Checker::query},
    {"QueryClaimsForeign", Mischief::query_foreign_is_ours, "reference.context", Checker::query},
    {"ReleaseToInnerMark", Mischief::release_to_inner, "reference.arena", Checker::query},
    {"ResetForgets", Mischief::reset_forgets, "reference.arena", Checker::query},
    {"DoubleFreeAccepted", Mischief::double_free_accepted, "reference.pool", Checker::detection},
    {"ReportSwallowed", Mischief::report_swallowed, "reference.context", Checker::detection},
    {"ReportWithoutCause", Mischief::report_without_cause, "reference.pool", Checker::detection},
    {"PageNotReturned", Mischief::bytes_not_returned, "reference.context", Checker::leak},
};

class BrokenSubjects : public testing::TestWithParam<Case> {};

TEST_P(BrokenSubjects, AreCaughtByTheCheckerForIt) {
    const SubjectEntry& correct = entry_named(GetParam().subject);
    std::optional<Finding> finding = first_finding(broken(correct, GetParam().mischief), kPrograms);
    ASSERT_TRUE(finding.has_value());
    EXPECT_STREQ(checker_name(GetParam().checker), checker_name(finding->checker)) << finding->text;
}

std::string case_name(const testing::TestParamInfo<Case>& each) {
    return each.param.name;
}

std::string subject_name(const testing::TestParamInfo<const char*>& each) {
    std::string name = each.param;
    for (char& letter : name) letter = letter == '.' ? '_' : letter;
    return name;
}

INSTANTIATE_TEST_SUITE_P(Each, BrokenSubjects, testing::ValuesIn(kCases), case_name);

TEST(BrokenSubjects, CoverEveryChecker) {
    std::set<Checker> covered;
    for (const Case& each : kCases) covered.insert(each.checker);
    // (Those from graph on are of collected heaps: broken_heap_subjects_test.)
    EXPECT_EQ(covered.size(), static_cast<size_t>(Checker::graph));
}

TEST(BrokenSubjects, WithoutMischiefPass) {
    for (const char* name : {"malloc", "reference.arena", "reference.pool", "reference.context"}) {
        std::optional<Finding> finding =
            first_finding(broken(entry_named(name), Mischief::none), 100);
        if (finding.has_value()) ADD_FAILURE() << name << ": " << finding->text;
    }
}

// Nobody else sees these; with another checker off they are found as before.
TEST(BrokenSubjects, AreNotCaughtWhileTheirCheckerIsSwitchedOff) {
    const auto bit = [](Checker checker) { return uint32_t{1} << static_cast<unsigned>(checker); };
    for (const auto& [mischief, checker] :
         {std::pair{Mischief::not_zeroed, Checker::zeroing},
          std::pair{Mischief::verify_fails, Checker::invariants},
          std::pair{Mischief::held_per_reset, Checker::fixed_point}}) {
        const SubjectEntry entry = broken(entry_named("reference.context"), mischief);
        RunOptions options;
        options.without = bit(checker);
        EXPECT_FALSE(first_finding(entry, 100, options).has_value()) << checker_name(checker);
        options.without = bit(Checker::alignment);
        const std::optional<Finding> found = first_finding(entry, kPrograms, options);
        EXPECT_TRUE(found.has_value() && found->checker == checker) << checker_name(checker);
    }
    for (size_t index = 0; index < kCheckers; ++index) {
        const auto checker = static_cast<Checker>(index);
        EXPECT_EQ(checker_of(checker_name(checker)), checker);
    }
    EXPECT_EQ(checker_of("nonsense"), std::nullopt);
}

class CorrectSubjects : public testing::TestWithParam<const char*> {};

TEST_P(CorrectSubjects, PassAThousandRandomPrograms) {
    const SubjectEntry& entry = entry_named(GetParam());
    size_t allocations = 0;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        RunResult result = run(random_program(seed, entry), entry);
        allocations += result.allocations;
        if (result.finding.has_value()) {
            FAIL() << "seed " << seed << ", operation " << result.finding->operation << ": "
                   << checker_name(result.finding->checker) << ": " << result.finding->text;
        }
    }
    EXPECT_GT(allocations, 4000u);
}

INSTANTIATE_TEST_SUITE_P(Each, CorrectSubjects,
                         testing::Values("malloc", "mimalloc", "jemalloc", "pmr.monotonic",
                                         "pmr.pool", "reference.arena", "reference.pool",
                                         "reference.context", "v1"),
                         subject_name);

// A bug of an allocator in wide use, that the suite met in the field.
TEST(KnownBug, OfMimallocIsFoundWhereItIsInstalled) {
    const std::optional<SubjectEntry> entry = misaligned_mimalloc_entry();
    if (!entry.has_value()) GTEST_SKIP() << "the installed mimalloc has it no more";
    const std::optional<Finding> finding = first_finding(*entry, 4000);
    ASSERT_TRUE(finding.has_value());
    EXPECT_EQ(finding->checker, Checker::alignment) << finding->text;
}

}  // namespace
}  // namespace suite
