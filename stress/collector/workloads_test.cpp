#include "stress/collector/workloads.h"

#include <gtest/gtest.h>
#include <string>

#include "stress/collector/binary_trees.h"
#include "stress/collector/cyclic_graph.h"
#include "stress/collector/deep_list.h"
#include "stress/collector/field.h"
#include "stress/collector/gc_bench.h"
#include "stress/collector/morph_memory.h"
#include "stress/collector/wide_array.h"

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
    settings.size = 0;
    settings.setup.nursery = 131072;  // the reference walks its heap at each collection
    settings.setup.bytes_max = 5000000;
    const collector::Report report = collector::run(settings);
    EXPECT_EQ(report.wrong, "");
    EXPECT_TRUE(report.out_of_memory);
}

INSTANTIATE_TEST_SUITE_P(Classics, Collector, testing::ValuesIn(collector::workloads()),
                         [](const auto& info) {
                             std::string name = info.param.name;
                             for (char& byte : name) byte = byte == '-' ? '_' : byte;
                             return name;
                         });

// A memory that loses what is stored: each workload must see it.
class Forgetful : public collector::MorphMemory {
 public:
    using MorphMemory::MorphMemory;

    template <typename T>
    class Root : public MorphMemory::Root<T> {
     public:
        explicit Root(Forgetful& memory, T* object = nullptr)
            : MorphMemory::Root<T>(memory, object) {}
        using MorphMemory::Root<T>::operator=;
    };

    template <typename T>
    void store(void* object, collector::Field<T>& field, T* value) {
        MorphMemory::store(object, field, ++stores_ == 1000 ? nullptr : value);
    }

 private:
    uint64_t stores_ = 0;
};

template <template <typename> class Workload, typename Settings>
void expect_wrong(const Settings& settings) {
    MorphHeap* heap = morph_heap_create(nullptr);
    ASSERT_NE(heap, nullptr);
    Forgetful memory(heap);
    const char* wrong = Workload<Forgetful>(memory, settings).run().wrong;
    EXPECT_NE(wrong, nullptr);
    if (wrong != nullptr) EXPECT_STRNE(wrong, collector::kOutOfMemory);
    morph_heap_destroy(heap);
}

TEST(CollectorChecks, SeeAStoreThatIsLost) {
    expect_wrong<collector::GcBench, collector::GcBenchSettings>(
        {.stretch_depth = 10, .long_lived_depth = 8, .depth_max = 8, .checked = true});
    expect_wrong<collector::BinaryTrees, collector::BinaryTreesSettings>({.depth = 10});
    expect_wrong<collector::DeepList, collector::DeepListSettings>({.nodes = 3000});
    expect_wrong<collector::WideArray, collector::WideArraySettings>({.length = 3000});
    expect_wrong<collector::CyclicGraph, collector::CyclicGraphSettings>({.nodes = 300});
}

}  // namespace
