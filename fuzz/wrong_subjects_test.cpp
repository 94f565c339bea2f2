// Known-wrong subjects: three allocators as outsiders write them, in shared objects, each with one
// of two classic bugs. Each bug is found from each of five seeds, by the checker for it, and
// shrinks to fewer than ten operations that show it again; and each allocator without its bugs
// passes, so that it is the bug what is found. (ci/wrong_test.py does the same with the commands
// that people use.)
#include <gtest/gtest.h>
#include <string>

#include "fuzz/generate.h"
#include "fuzz/runner.h"
#include "fuzz/shrink.h"
#include "fuzz/text.h"

#ifndef MORPH_WRONG_SUBJECTS
#define MORPH_WRONG_SUBJECTS ""
#endif

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
#include <sanitizer/lsan_interface.h>
using WithoutLeaks = __lsan::ScopedDisabler;
#else
struct WithoutLeaks {};
#endif

namespace suite {
namespace {

constexpr size_t kOperationsToFind = 8000;
constexpr size_t kShrunkMax = 9;
constexpr uint64_t kSeeds[] = {1, 10001, 20001, 30001, 40001};

struct Case {
    const char* name;  // the sentence
    const char* subject;
    int bug;
    Checker checker;
};

constexpr Case kCases[] = {
    {"AMergeWithANeighbourInUse", "boundary_tags", 1, Checker::overlap},
    {"ASizeThatWrapsNearTheEndOfMemory", "boundary_tags", 2, Checker::contract},
    {"AMergeWithTheBeginningOfASplitBuddy", "buddy", 1, Checker::overlap},
    {"RecycledMemoryTakenForFresh", "buddy", 2, Checker::zeroing},
    {"AFailurePathThatLeaks", "cursor_arena", 1, Checker::contract},
    {"PaddingLostByAResizeInPlace", "cursor_arena", 2, Checker::alignment},
};

SubjectEntry subject_of(const Case& each, int bug) {
    std::string error;
    const std::string path =
        std::string(MORPH_WRONG_SUBJECTS) + "/" + each.subject + "-" + std::to_string(bug) + ".so";
    std::optional<SubjectEntry> entry = find_subject(path, &error);
    EXPECT_TRUE(entry.has_value()) << error;
    return *entry;
}

// As `morphcheck run` makes it.
Program program_of(uint64_t seed, const SubjectEntry& entry) {
    GenerateOptions options;
    options.kind = entry.kind;
    options.abilities = entry.abilities;
    return generate(seed, options);
}

// What a wrong subject loses is its own; what it is caught at is the suite's affair.
RunResult run_wrong(const Program& program, const SubjectEntry& entry) {
    [[maybe_unused]] const WithoutLeaks scope;
    return run(program, entry);
}

class WrongSubjects : public testing::TestWithParam<Case> {};

TEST_P(WrongSubjects, AreFoundFromEverySeedAndShrinkToFewOperations) {
    const SubjectEntry wrong = subject_of(GetParam(), GetParam().bug);
    for (const uint64_t first : kSeeds) {
        std::optional<Program> failing;
        size_t operations = 0;
        for (uint64_t seed = first; !failing && operations < kOperationsToFind; ++seed) {
            const Program program = program_of(seed, wrong);
            const RunResult result = run_wrong(program, wrong);
            operations += result.operations_run;
            if (!result.finding) continue;
            ASSERT_EQ(checker_name(result.finding->checker), checker_name(GetParam().checker))
                << result.finding->text;
            failing = program;
        }
        ASSERT_TRUE(failing.has_value()) << "seed " << first;
        const Fails fails = [&](const Program& candidate) {
            const RunResult result = run_wrong(candidate, wrong);
            return result.finding && result.finding->checker == GetParam().checker;
        };
        const ShrinkResult shrunk = shrink(*failing, fails);
        EXPECT_TRUE(shrunk.finished);
        EXPECT_LE(shrunk.program.operations.size(), kShrunkMax) << print(shrunk.program);
        const auto again = parse(print(shrunk.program));
        ASSERT_TRUE(std::holds_alternative<Program>(again)) << print(shrunk.program);
        EXPECT_TRUE(fails(std::get<Program>(again))) << print(shrunk.program);
        RecordProperty("operations_of_" + std::to_string(first),
                       static_cast<int>(shrunk.program.operations.size()));
    }
}

TEST(WrongSubject, PassesTheSameSeedsWhenItIsMended) {
    for (const Case& each : kCases) {
        if (each.bug != 1) continue;
        const SubjectEntry mended = subject_of(each, 0);
        for (const uint64_t first : kSeeds) {
            size_t operations = 0;
            for (uint64_t seed = first; operations < kOperationsToFind; ++seed) {
                const RunResult result = run(program_of(seed, mended), mended);
                operations += result.operations_run + 1;
                if (!result.finding) continue;
                FAIL() << each.subject << ", seed " << seed << ": "
                       << checker_name(result.finding->checker) << ": " << result.finding->text;
            }
        }
    }
}

std::string case_name(const testing::TestParamInfo<Case>& each) {
    return each.param.name;
}

INSTANTIATE_TEST_SUITE_P(Each, WrongSubjects, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace suite
