// The runner on collected heaps: what it picks, and that each of its knobs fires.
#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "fuzz/runner.h"
#include "fuzz/sweep.h"
#include "fuzz/text.h"

namespace suite {
namespace {

SubjectEntry subject(const std::string& name) {
    std::string error;
    std::optional<SubjectEntry> entry = find_subject(name, &error);
    EXPECT_TRUE(entry.has_value()) << error;
    return entry.value();
}

Program parsed(const std::string& text) {
    auto result = parse(text);
    if (const ParseError* error = std::get_if<ParseError>(&result)) {
        ADD_FAILURE() << text << to_string(*error);
        return {};
    }
    return std::get<Program>(std::move(result));
}

struct Traced {
    std::vector<std::string> outcomes;
    RunResult result;
};

Traced traced(const std::string& text, const std::string& name) {
    Traced traced;
    RunOptions options;
    options.trace = [&](size_t, const Operation&, const std::string& outcome) {
        traced.outcomes.push_back(outcome);
    };
    const SubjectEntry entry = subject(name);
    const Program program = parsed(text);
    traced.result = run(program, entry, options);
    EXPECT_FALSE(traced.result.finding.has_value()) << name << ": " << traced.result.finding->text;
    return traced;
}

std::string repeated(size_t times, const std::string& text) {
    std::string result;
    while (times-- > 0) result += text;
    return result;
}

constexpr const char* kHeaps[] = {"heap", "heap.tiny", "reference.heap", "runtime.tiny"};

TEST(HeapSession, ObjectsArePickedThroughRootsTheShadowStackFirst) {
    for (const char* name : kHeaps) {
        const Traced run = traced(
            "allocate_object size=8 type=2\n"
            "allocate_object size=0 type=1\n"
            "add_global target=1\n"  // the first object
            "set_root root=0 target=null\n"
            "store_reference object=1 slot=0 target=1\n"  // root 1 holds object 2: no slots
            "store_reference object=2 slot=0 target=2\n"  // the global root: object 1
            "load_reference object=2 slot=0 root=1\n"     // object 2 into root 0
            "read object=0\n"
            "check_weak object=0\n",
            name);
        EXPECT_EQ(run.outcomes, (std::vector<std::string>{"object 1", "object 2", "ok", "ok",
                                                          "skipped", "ok", "ok", "ok", "skipped"}));
    }
}

TEST(HeapSession, WhatOnlyOtherSubjectsDoIsSkipped) {
    EXPECT_EQ(
        traced("allocate size=8\nfree\nmark\nallocate_object size=8 type=1\n", "heap").outcomes,
        (std::vector<std::string>{"skipped", "skipped", "skipped", "object 1"}));
    EXPECT_EQ(
        traced("allocate_object size=8 type=1\ncollect_major\nallocate size=8\n", "pool").outcomes,
        (std::vector<std::string>{"skipped", "skipped", "object 0"}));
}

TEST(HeapSession, ForcedCollectionsComeAtTheAllocationThatIsNamed) {
    for (const char* name : kHeaps) {
        for (const char* major : {"0", "1"}) {
            const Traced run =
                traced(std::string("force_collections size=3 slot=2 count=") + major + "\n" +
                           repeated(8, "allocate_object size=16 type=8\n"),
                       name);
            // At the third, fifth and seventh; one more in each pass is the runner's own.
            EXPECT_EQ(run.result.collections_forced % 3, 0u) << name;
            EXPECT_GE(run.result.collections_forced, 3u) << name;
        }
        EXPECT_EQ(
            traced("force_collections size=9\n" + repeated(8, "allocate_object size=8\n"), name)
                .result.collections_forced,
            0u);
    }
}

TEST(HeapSession, TheConfigurationForcesCollectionsAsWell) {
    for (const char* name : kHeaps) {
        const std::string objects = repeated(10, "allocate_object size=16 type=8 root=1\n");
        const size_t without = traced(objects, name).result.collections;
        const Traced run = traced("configure force_first=1 force_every=1\n" + objects, name);
        EXPECT_GE(run.result.collections_forced, 10u);
        EXPECT_GE(run.result.collections, without + 10);
    }
}

TEST(HeapSession, ATinyNurseryCollectsByItself) {
    for (const char* name : {"heap", "heap.tiny", "runtime"}) {
        const Traced run = traced(
            "configure nursery=4096\n" + repeated(200, "allocate_object size=100 type=2 root=1\n"),
            name);
        EXPECT_GE(run.result.collections, 4u) << name;
    }
}

TEST(HeapSession, RefusedMemoryIsSeenAndNothingIsLost) {
    for (const char* name : kHeaps) {
        const Traced run =
            traced("configure nursery=4096\n" + repeated(20, "allocate_object size=40 type=8\n") +
                       "fail_requests size=0 count=all\n" + "allocate_object size=100000 type=1\n" +
                       repeated(100, "allocate_object size=100 type=2\n") +
                       "collect_minor\ncollect_major\nfail_requests\nwalk\n",
                   name);
        EXPECT_GT(run.result.refusals, 0u) << name;
        ASSERT_GT(run.outcomes.size(), 21u) << name;
        EXPECT_EQ(run.outcomes[21], "NULL, MORPH_ERROR_OUT_OF_MEMORY") << name;
    }
}

TEST(HeapSession, PromotionsAreRefusedWhenThereIsNoMemoryForThem) {
    const Traced run = traced("configure nursery=4096 age=1\nfail_requests size=0 count=all\n" +
                                  repeated(30, "allocate_object size=64 type=8\n") +
                                  "collect_minor\ncollect_minor\ncollect_minor\n",
                              "heap.tiny");
    EXPECT_GT(run.result.promotions_refused, 0u);
}

TEST(HeapSession, FinalizersRunAndMayAllocateAndRevive) {
    for (const char* name : kHeaps) {
        const Traced run = traced(
            "configure nursery=4096 debug=on\n"
            "allocate_object size=40 type=2\nset_finalizer object=0 count=1\n"
            "allocate_object size=40 type=2\nset_finalizer object=1 count=2\n"
            "allocate_object size=40 type=2\nset_finalizer object=2 count=3\n"
            "store_reference object=2 slot=0 target=1\n"
            "pop_roots count=2\ncollect_major\nread object=0\nload_reference object=0 slot=0\n"
            "collect_major\nmetrics\n",
            name);
        ASSERT_EQ(run.outcomes.size(), 13u) << name;
        EXPECT_EQ(run.outcomes[8], "0 minor, 1 major") << name;
        EXPECT_EQ(run.outcomes[9], "ok") << name << ": the revived object is in a global root";
    }
}

TEST(HeapSession, DebugModeReportsAStoreWithoutBarrierWhateverTheAges) {
    for (const char* name : kHeaps) {
        for (size_t collections : {0u, 1u, 2u, 5u}) {
            for (const char* target : {"null", "2"}) {
                traced(
                    "configure debug=on\nallocate_object size=8 type=2\n"
                    "allocate_object size=8 type=2\n"
                    "store_reference object=0 slot=0 target=1\n" +
                        repeated(collections, "collect_minor\n") +
                        "store_without_barrier object=0 slot=0 target=" + target + "\n",
                    name);
            }
        }
    }
}

// The number that runs with different configurations must agree on says what the program can see.
TEST(HeapSession, TheDigestTellsProgramsApartThatDifferInOneThing) {
    const std::string objects =
        "allocate_object size=40 type=8\nallocate_object size=3000 type=4\n"
        "allocate_object size=16 type=1\n";
    const std::vector<std::string> programs = {
        objects,
        objects + "store_reference object=1 slot=5 target=1\n",
        objects + "store_reference object=1 slot=5 target=3\n",
        objects + "store_reference object=1 slot=6 target=1\n",
        objects + "store_reference object=1 slot=5 target=1\npop_roots\n",
        objects + "pop_roots\n",
        objects + "write object=2\n",
    };
    for (const char* name : kHeaps) {
        std::vector<uint64_t> digests;
        for (const std::string& text : programs) {
            const uint64_t digest = traced(text, name).result.digest;
            EXPECT_EQ(std::count(digests.begin(), digests.end(), digest), 0) << name << "\n"
                                                                             << text;
            digests.push_back(digest);
        }
    }
}

TEST(HeapSession, ASweepRefusesEachRequestAndCollectsAtEachAllocation) {
    const Program program = parsed(
        "configure nursery=4096\n"
        "allocate_object size=40 type=8\nallocate_object size=3000 type=4\n"
        "store_reference object=1 slot=5 target=1\nnew_weak size=0 target=1\n"
        "set_finalizer object=0 count=3\npop_roots count=1\nallocate_object size=20000 type=1\n"
        "resize_object object=0 size=100\ncollect_minor\n");
    for (const char* name : kHeaps) {
        const SubjectEntry entry = subject(name);
        const SweepResult result = sweep(program, entry);
        EXPECT_FALSE(result.finding.has_value())
            << name << ": k " << result.finding->fail_from << ", j " << result.finding->collect_at
            << ": " << result.finding->finding.text;
        EXPECT_GT(result.requests, 4u) << name;
        EXPECT_GE(result.refusals, result.requests) << name;
        EXPECT_GE(result.collections, 10u) << name;
        EXPECT_GT(result.runs, 2 * result.requests + 10) << name;
    }
}

}  // namespace
}  // namespace suite
