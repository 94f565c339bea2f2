// The law of V1 by hand-made cases, and that a V1 which breaks it is found.
#include "fuzz/v1_law.h"

#include <gtest/gtest.h>
#include <optional>
#include <string>

#include "fuzz/forwarding_heap_subject.h"
#include "fuzz/forwarding_subject.h"
#include "fuzz/generate.h"
#include "fuzz/runner.h"

namespace suite {
namespace {

constexpr uint64_t kPage = V1Law::kPageBytes;

// An address that is aligned to so much, no more.
const void* aligned_address(uintptr_t alignment) {
    return reinterpret_cast<const void*>((uintptr_t{1} << 40) + alignment);
}

class Law : public testing::Test {
 public:
    void allocate(uint64_t id, uint64_t size, uint64_t alignment = 8) {
        law_.allocate(id, size, alignment, aligned_address(alignment));
    }

 protected:
    V1Law law_{4096};
};

TEST_F(Law, APageHoldsObjectsWithTheirHeadersUntilOneDoesNotFit) {
    for (uint64_t id = 1; id <= 34; ++id) allocate(id, 32);  // 34 * 120 = 4,080
    EXPECT_EQ(law_.page_bytes(), kPage);
    allocate(35, 0);
    EXPECT_EQ(law_.page_bytes(), 2 * kPage);
    allocate(36, 4008);  // fills a page; what is left of the second one is given up
    allocate(37, 0);
    EXPECT_EQ(law_.page_bytes(), 4 * kPage);
    EXPECT_EQ(law_.large_bytes(), 0u);
}

TEST_F(Law, WhatIsAboveAPageOrAlignedHasAMappingOfItsOwn) {
    allocate(1, 4009);
    EXPECT_EQ(law_.large_bytes(), 2 * kPage);
    allocate(2, 8, 16);
    EXPECT_EQ(law_.large_bytes(), 3 * kPage);
    allocate(3, 8, 8192);
    EXPECT_EQ(law_.large_bytes(), 6 * kPage);
    EXPECT_EQ(law_.page_bytes(), 0u);
}

TEST_F(Law, OnlyWhatHasTheVerySizeIsReused) {
    allocate(1, 2000);
    allocate(2, 1900);
    law_.free(1);
    allocate(3, 1999);  // no room in the page, and no exact fit
    EXPECT_EQ(law_.page_bytes(), 2 * kPage);
    allocate(4, 2000);
    EXPECT_EQ(law_.page_bytes(), 2 * kPage);
    allocate(5, 2000);
    EXPECT_EQ(law_.page_bytes(), 3 * kPage);
}

TEST_F(Law, ACollectionComesWhenMoreIsLiveThanTheThresholdAndSetsItAnew) {
    allocate(1, 4096);
    EXPECT_FALSE(law_.collects()) << "headers do not count";
    allocate(2, 1);
    EXPECT_TRUE(law_.collects());
    law_.collect();
    EXPECT_EQ(law_.threshold(), 4097u + 4096u);
    EXPECT_FALSE(law_.collects());
    EXPECT_EQ(law_.collections(), 1u);
}

TEST_F(Law, Above64MiBTheThresholdGrowsBy64MiB) {
    allocate(1, (uint64_t{64} << 20) - 1);
    law_.collect();
    EXPECT_EQ(law_.threshold(), (uint64_t{64} << 20) - 1 + 4096);
    allocate(2, 1);
    law_.collect();
    EXPECT_EQ(law_.threshold(), uint64_t{128} << 20);
}

TEST_F(Law, PagesWithoutALiveObjectGoButNotTheCurrentOneAndTheirFreeObjectsGoWithThem) {
    allocate(1, 3000);
    allocate(2, 3000);
    allocate(3, 3000);
    law_.free(3);
    const uint64_t dead[] = {2, 1};
    law_.collect(dead);
    EXPECT_EQ(law_.page_bytes(), kPage);
    EXPECT_EQ(law_.live(), 0u);
    allocate(4, 3000);
    EXPECT_EQ(law_.page_bytes(), kPage);
    allocate(5, 3000);
    EXPECT_EQ(law_.page_bytes(), 2 * kPage);
}

// ------------------------------------------------------------- a V1 that breaks it is found out

enum class Breach : uint8_t { none, later, again, a_page_more };

SubjectEntry entry_named(const std::string& name) {
    std::string error;
    std::optional<SubjectEntry> entry = find_subject(name, &error);
    EXPECT_TRUE(entry.has_value()) << error;
    return *entry;
}

class LawlessHeap final : public ForwardingHeapSubject {
 public:
    LawlessHeap(const SubjectEntry& entry, Breach breach)
        : ForwardingHeapSubject(entry), breach_(breach) {}

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        Configuration other = configuration;
        if (breach_ == Breach::later) other.major_threshold = 5000;
        return inner_->open(other, limits, report, report_user);
    }
    void* allocate_object(size_t size, size_t alignment, uint32_t type) override {
        if (breach_ == Breach::again && ++allocations_ % 8 == 0) (void)inner_->collect(true);
        return inner_->allocate_object(size, alignment, type);
    }
    MorphHeapStats stats() override {
        MorphHeapStats stats = inner_->stats();
        if (breach_ == Breach::a_page_more) stats.old_bytes_mapped += kPage;
        return stats;
    }

 private:
    const Breach breach_;
    size_t allocations_ = 0;
};

class LawlessContext final : public ForwardingSubject {
 public:
    LawlessContext(const SubjectEntry& entry, Breach breach)
        : ForwardingSubject(entry), breach_(breach) {}

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        Configuration other = configuration;
        if (breach_ == Breach::later) other.major_threshold = 5000;
        return inner_->open(other, limits, report, report_user);
    }
    Figures figures() override {
        Figures figures = inner_->figures();
        if (breach_ == Breach::a_page_more) {
            figures.context->heap.old_bytes_mapped += kPage;
            figures.context->metadata_bytes_mapped -= kPage;
        }
        if (breach_ == Breach::again) figures.context->heap.major.count += 1;
        return figures;
    }

 private:
    const Breach breach_;
};

std::optional<Finding> first_finding(const std::string& name, Breach breach) {
    const SubjectEntry correct = entry_named(name);
    SubjectEntry lawless = correct;
    lawless.make = [&correct, breach]() -> std::unique_ptr<Subject> {
        if (correct.kind == Kind::heap) return std::make_unique<LawlessHeap>(correct, breach);
        return std::make_unique<LawlessContext>(correct, breach);
    };
    GenerateOptions options;
    options.kind = correct.kind;
    options.abilities = correct.abilities;
    options.operations_max = 96;
    options.plausible = true;
    for (uint64_t seed = 0; seed < 100; ++seed) {
        RunResult result = run(generate(seed, options), lawless);
        if (result.finding.has_value()) return result.finding;
    }
    return std::nullopt;
}

TEST(LawlessV1, IsFoundByTheFootprintChecker) {
    for (const char* name : {"v1", "v1.runtime"}) {
        for (Breach breach : {Breach::later, Breach::again, Breach::a_page_more}) {
            const std::optional<Finding> finding = first_finding(name, breach);
            ASSERT_TRUE(finding.has_value()) << name << ", breach " << static_cast<int>(breach);
            EXPECT_EQ(finding->checker, Checker::footprint) << name << ": " << finding->text;
        }
        EXPECT_FALSE(first_finding(name, Breach::none).has_value()) << name;
    }
}

}  // namespace
}  // namespace suite
