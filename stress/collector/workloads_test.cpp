#include "stress/collector/workloads.h"

#include <gtest/gtest.h>
#include <string>

#include "stress/collector/barrier_storm.h"
#include "stress/collector/binary_trees.h"
#include "stress/collector/checked_memory.h"
#include "stress/collector/cyclic_graph.h"
#include "stress/collector/deep_list.h"
#include "stress/collector/field.h"
#include "stress/collector/fragment_alternate.h"
#include "stress/collector/fragment_second.h"
#include "stress/collector/gc_bench.h"
#include "stress/collector/lru_server.h"
#include "stress/collector/pointer_arrays.h"
#include "stress/collector/promotion_storm.h"
#include "stress/collector/sawtooth.h"
#include "stress/collector/size_shift.h"
#include "stress/collector/wide_array.h"
#include "stress/collector/wide_tree.h"

namespace {

collector::Settings small(const collector::Description& workload) {
    collector::Settings settings;
    settings.name = workload.name;
    settings.size = workload.small;
    settings.setup.nursery = MORPH_NURSERY_BYTES_MIN;
    return settings;
}

class Collector : public testing::TestWithParam<collector::Description> {};

TEST_P(Collector, HoldsInTheSmallestNurseryAndInTheDefaultOne) {
    collector::Settings settings = small(GetParam());
    const collector::Report report = collector::run(settings);
    EXPECT_EQ(report.wrong, "");
    EXPECT_FALSE(report.out_of_memory);
    settings.setup.nursery = 0;
    const collector::Report wide = collector::run(settings);
    EXPECT_EQ(wide.wrong, "");
    EXPECT_EQ(wide.result, report.result);
    EXPECT_EQ(wide.stats.counts.allocations, report.stats.counts.allocations);
}

TEST_P(Collector, HoldsWhereverCollectionsAreForced) {
    collector::Settings settings = small(GetParam());
    settings.size = GetParam().least + (GetParam().small - GetParam().least) / 4;
    const collector::Report plain = collector::run(settings);
    for (const uint64_t force : {1u, 7u, 97u}) {
        for (const bool major : {false, true}) {
            for (const bool debug : {false, true}) {
                SCOPED_TRACE(std::to_string(force) + (major ? " major" : " minor"));
                settings.setup.force = force;
                settings.setup.force_major = major;
                settings.setup.debug = debug;
                const collector::Report report = collector::run(settings);
                EXPECT_EQ(report.wrong, "");
                EXPECT_EQ(report.result, plain.result);
                EXPECT_EQ(report.stats.collections_forced, report.stats.counts.allocations / force);
            }
        }
    }
}

TEST_P(Collector, HoldsInDebugMode) {
    collector::Settings settings = small(GetParam());
    settings.setup.debug = true;
    EXPECT_EQ(collector::run(settings).wrong, "");
}

TEST_P(Collector, EndsCleanlyInABoundThatIsTooTight) {
    collector::Settings settings = small(GetParam());
    // Its classic size fits.
    settings.size = settings.name == "cyclic-graph" ? GetParam().most : 0;
    settings.setup.nursery = 524288;  // the reference walks its heap at each collection
    settings.setup.bytes_max = 7000000;
    const collector::Report report = collector::run(settings);
    EXPECT_EQ(report.wrong, "");
    EXPECT_TRUE(report.out_of_memory);
}

TEST_P(Collector, HoldsOnTheBaseline) {
    collector::Settings settings = small(GetParam());
    settings.setup.nursery = 0;
    const collector::Report expected = collector::run(settings);
    settings.setup.v1 = true;
    const collector::Report plain = collector::run(settings);
    if (plain.wrong.starts_with("enable_v1")) GTEST_SKIP() << "this memory system has no V1";
    EXPECT_EQ(plain.wrong, "");
    EXPECT_EQ(plain.result, expected.result);
    EXPECT_EQ(plain.stats.counts.allocations, expected.stats.counts.allocations);
    settings.setup.force = 97;
    settings.verify_every = 1009;
    const collector::Report forced = collector::run(settings);
    EXPECT_EQ(forced.wrong, "");
    EXPECT_EQ(forced.result, expected.result);
}

TEST_P(Collector, IsVerifiedBetweenAllocationsWhenAskedFor) {
    collector::Settings settings = small(GetParam());
    settings.size = GetParam().least + (GetParam().small - GetParam().least) / 4;
    const uint64_t expected = collector::run(settings).result;
    settings.verify_every = 50;
    const collector::Report report = collector::run(settings);
    EXPECT_EQ(report.wrong, "");
    EXPECT_EQ(report.result, expected);
    EXPECT_EQ(report.verifications, report.stats.counts.allocations / 50);
}

INSTANTIATE_TEST_SUITE_P(Classics, Collector, testing::ValuesIn(collector::workloads()),
                         [](const auto& info) {
                             std::string name = info.param.name;
                             for (char& byte : name) byte = byte == '-' ? '_' : byte;
                             return name;
                         });

// A memory that loses what is stored: each workload must see it.
class Forgetful : public collector::CheckedMemory {
 public:
    using CheckedMemory::CheckedMemory;

    template <typename T>
    void store(void* object, collector::Field<T>& field, T* value) {
        CheckedMemory::store(object, field, ++stores_ == 1000 ? nullptr : value);
    }

 private:
    uint64_t stores_ = 0;
};

template <template <typename> class Workload, typename Settings>
void expect_wrong(const Settings& settings) {
    MorphHeap* heap = morph_heap_create(nullptr);
    ASSERT_NE(heap, nullptr);
    stress::Refusals refusals;
    Forgetful memory(heap, {}, &refusals);
    const char* wrong = Workload<Forgetful>(memory, settings).run().wrong;
    EXPECT_NE(wrong, nullptr);
    if (wrong != nullptr) EXPECT_STRNE(wrong, collector::kOutOfMemory);
    morph_heap_destroy(heap);
}

// Footprints are promised by the generational heap alone: the only one with a nursery.
bool is_generational() {
    collector::Settings settings;
    settings.name = "gcbench";
    settings.size = 6;
    return collector::run(settings).stats.nursery_bytes != 0;
}

TEST(CollectorFootprint, IsWithinWhatTheFragmentationLoadsState) {
    for (const char* name : {"fragment-second", "fragment-alternate", "sawtooth", "size-shift"}) {
        collector::Settings settings;
        settings.name = name;
        settings.size = 2048;
        settings.judge = is_generational();
        if (!settings.judge) settings.size = 64;
        const collector::Report report = collector::run(settings);
        EXPECT_EQ(report.wrong, "") << report.told;
        if (settings.judge) {
            EXPECT_GT(report.taken, 0u);
        }
        EXPECT_NE(report.told.find("% of the bound"), std::string::npos);
    }
}

// A heap that gives back too little, by numbers.
TEST(CollectorFootprint, AboveItsBoundIsBrokenWhenJudgedAndToldWhenNot) {
    MorphHeap* heap = morph_heap_create(nullptr);
    ASSERT_NE(heap, nullptr);
    stress::Refusals refusals;
    for (const bool judged : {false, true}) {
        collector::CheckedMemory::Plan plan;
        plan.judge = judged;
        collector::CheckedMemory memory(heap, plan, &refusals);
        const collector::FootprintBound bound = {115, 1000};
        EXPECT_EQ(memory.judge("good", {1000, 2150}, bound), nullptr);
        EXPECT_EQ(memory.judge("of another base", {0, 2150}, bound, 1000), nullptr);
        EXPECT_EQ(memory.taken(), 100u);
        EXPECT_EQ(memory.judge("too much", {1000, 2160}, bound) != nullptr, judged);
    }
    morph_heap_destroy(heap);
}

TEST(CollectorSqueeze, ARememberedSetWithoutMemoryLosesNothing) {
    collector::Settings settings;
    settings.name = "barrier-storm";
    settings.size = 5000;
    const collector::Report expected = collector::run(settings);
    if (expected.stats.old_blocks == 0) GTEST_SKIP() << "no remembered set that takes memory";
    settings.squeeze = true;
    const collector::Report report = collector::run(settings);
    EXPECT_EQ(report.wrong, "");
    EXPECT_EQ(report.result, expected.result);
    EXPECT_GT(report.stats.remembered_overflows, 0u);
    EXPECT_EQ(expected.stats.remembered_overflows, 0u);
}

TEST(CollectorPromotion, AStormPromotesNearlyAllThatItMakes) {
    collector::Settings settings;
    settings.name = "promotion-storm";
    settings.size = 20000;
    settings.setup.nursery = 65536;
    if (!is_generational()) GTEST_SKIP() << "nothing is promoted";
    const MorphHeapStats stats = collector::run(settings).stats;
    EXPECT_GT(stats.objects_promoted, stats.counts.allocations / 10 * 9);
}

TEST(CollectorChecks, SeeAStoreThatIsLost) {
    expect_wrong<collector::GcBench, collector::GcBenchSettings>(
        {.stretch_depth = 10, .long_lived_depth = 8, .depth_max = 8, .checked = true});
    expect_wrong<collector::BinaryTrees, collector::BinaryTreesSettings>({.depth = 10});
    expect_wrong<collector::DeepList, collector::DeepListSettings>({.nodes = 3000});
    expect_wrong<collector::WideArray, collector::WideArraySettings>({.length = 3000});
    expect_wrong<collector::CyclicGraph, collector::CyclicGraphSettings>({.nodes = 300});
    expect_wrong<collector::WideTree, collector::WideTreeSettings>({.branching = 40});
    expect_wrong<collector::PointerArrays, collector::PointerArraysSettings>(
        {.length = 2000, .changes = 100});
    expect_wrong<collector::PromotionStorm, collector::PromotionStormSettings>({.objects = 800});
    expect_wrong<collector::BarrierStorm, collector::BarrierStormSettings>({.holders = 300});
    expect_wrong<collector::FragmentSecond, collector::FragmentSettings>({.bytes = 64 << 10});
    expect_wrong<collector::FragmentAlternate, collector::FragmentSettings>({.bytes = 1 << 20});
    expect_wrong<collector::Sawtooth, collector::FragmentSettings>({.bytes = 256 << 10});
    expect_wrong<collector::SizeShift, collector::FragmentSettings>({.bytes = 64 << 10});
}

}  // namespace
