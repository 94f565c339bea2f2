// What the shrinker leaves: findings of every broken subject there is, from long programs, shrink
// to a median below twelve operations. Each size is a property of the test's report.
#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "fuzz/broken_heap_subject.h"
#include "fuzz/broken_subject.h"
#include "fuzz/generate.h"
#include "fuzz/isolate.h"
#include "fuzz/shrink.h"

namespace suite {
namespace {

constexpr size_t kMedianMax = 11;
constexpr uint64_t kPrograms = 60;

// The size of what is left of the first finding; 0: there is none in so many programs.
size_t shrunk_size(const SubjectEntry& subject, size_t operations) {
    GenerateOptions options;
    options.kind = subject.kind;
    options.abilities = subject.abilities;
    options.operations_min = operations / 2;
    options.operations_max = operations;
    options.plausible = true;
    for (uint64_t seed = 0; seed < kPrograms; ++seed) {
        const Program program = generate(seed, options);
        const Outcome first = run_isolated(program, subject);
        if (first.end == End::passed) continue;
        ShrinkOptions bounded;
        bounded.seconds = 20;
        return shrink(program, fails_like(first, subject), bounded).program.operations.size();
    }
    return 0;
}

SubjectEntry entry_named(const char* name) {
    std::string error;
    return *find_subject(name, &error);
}

// A correct subject, and the bugs that are planted into it, from the first to the last.
template <typename Broken>
struct Plan {
    const char* subject;
    Broken first, last;
};

template <typename Broken>
void expect_small(const std::vector<Plan<Broken>>& plans, size_t operations, size_t least) {
    std::vector<size_t> sizes;
    for (const Plan<Broken>& plan : plans) {
        const SubjectEntry correct = entry_named(plan.subject);
        for (int bug = static_cast<int>(plan.first); bug <= static_cast<int>(plan.last); ++bug) {
            const size_t size = shrunk_size(broken(correct, static_cast<Broken>(bug)), operations);
            if (size == 0) continue;
            sizes.push_back(size);
            testing::Test::RecordProperty(plan.subject + ("_" + std::to_string(bug)),
                                          static_cast<int>(size));
        }
    }
    ASSERT_GE(sizes.size(), least);
    std::ranges::sort(sizes);
    testing::Test::RecordProperty("median", static_cast<int>(sizes[sizes.size() / 2]));
    testing::Test::RecordProperty("largest", static_cast<int>(sizes.back()));
    EXPECT_LE(sizes[sizes.size() / 2], kMedianMax);
}

TEST(ShrunkSize, OfFindingsInObjectsHasAMedianBelowTwelve) {
    expect_small<Mischief>({{"reference.pool", Mischief::byte_lost, Mischief::bytes_not_returned}},
                           100, 15);
}

TEST(ShrunkSize, OfFindingsInHeapsHasAMedianBelowTwelve) {
    expect_small<HeapMischief>(
        {{"reference.heap", HeapMischief::misaligned, HeapMischief::bytes_not_returned}}, 60, 20);
}

}  // namespace
}  // namespace suite
