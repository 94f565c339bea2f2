#include "v1/swap.h"

#include <random>

#include "v1/swap_for_tests.h"

namespace {

using morph::ErrorState;
using morph::kPageBytes;
using morph::Pages;
using morph::Swap;
using morph::SwapTest;

// The process' own anonymous memory that is in RAM, in bytes.
size_t anonymous_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("RssAnon:")) return std::stoul(line.substr(8)) * 1024;
    }
    return 0;
}

TEST_F(SwapTest, NoDirectoryIsNoSwapping) {
    ErrorState errors;
    Swap swap;
    EXPECT_EQ(swap.open(nullptr, source_, errors), MORPH_OK);
    EXPECT_FALSE(swap.on());
    EXPECT_EQ(swap.check(), nullptr);
}

TEST_F(SwapTest, APageOutsideMemoryReadsAndWritesAsBefore) {
    Pages pages(source_, 8);
    Swap swap;
    open(swap);
    for (size_t i = 0; i < 8; ++i) pages.fill(i, static_cast<unsigned>(i));
    uint64_t ids[8] = {};
    for (size_t i = 0; i < 8; i += 2) {
        ASSERT_TRUE(swap.swap_out(pages.page(i), kPageBytes, &ids[i]));
        EXPECT_NE(ids[i], 0u);
    }
    EXPECT_EQ(swap.stats().pages_out, 4u);
    EXPECT_EQ(swap.stats().bytes_in_file, 4 * kPageBytes);
    for (size_t i = 0; i < 8; ++i) EXPECT_TRUE(pages.holds(i, static_cast<unsigned>(i))) << i;
    pages.fill(2, 77);
    EXPECT_TRUE(pages.holds(2, 77));
    EXPECT_TRUE(pages.holds(4, 4)) << "a store changes its own page only";
    expect_sound(swap);
}

TEST_F(SwapTest, APageMayBeSwappedAgainAndItsUnitsAreReused) {
    Pages pages(source_, 4);
    Swap swap;
    open(swap);
    uint64_t ids[4] = {};
    for (unsigned round = 0; round < 100; ++round) {
        for (size_t i = 0; i < 4; ++i) {
            // Every other round nothing is stored between: what is in the file serves again.
            if (round % 2 == 0) pages.fill(i, round + static_cast<unsigned>(i));
            ASSERT_TRUE(swap.swap_out(pages.page(i), kPageBytes, &ids[i]));
        }
        for (size_t i = 0; i < 4; ++i) {
            ASSERT_TRUE(pages.holds(i, round / 2 * 2 + static_cast<unsigned>(i))) << round;
        }
    }
    EXPECT_EQ(swap.stats().bytes_in_file, 4 * kPageBytes);
    EXPECT_LE(swap.stats().file_bytes, 6 * kPageBytes) << "400 pages went out in turn";
    expect_sound(swap);
}

TEST_F(SwapTest, PagesOfMorePagesFindARunOfUnits) {
    Pages pages(source_, 40);
    Swap swap;
    open(swap);
    for (size_t i = 0; i < 40; ++i) pages.fill(i, static_cast<unsigned>(i));
    uint64_t small[8] = {};
    for (size_t i = 0; i < 8; ++i) {
        ASSERT_TRUE(swap.swap_out(pages.page(i), kPageBytes, &small[i]));
    }
    swap.forget(small[3]);  // a hole that is too small
    small[3] = 0;
    uint64_t large = 0;
    ASSERT_TRUE(swap.swap_out(pages.page(8), 30 * kPageBytes, &large));
    uint64_t one = 0;
    ASSERT_TRUE(swap.swap_out(pages.page(38), kPageBytes, &one));
    EXPECT_EQ(swap.stats().bytes_in_file, 38 * kPageBytes);
    for (size_t i = 0; i < 40; ++i) EXPECT_TRUE(pages.holds(i, static_cast<unsigned>(i))) << i;
    swap.forget(large);
    EXPECT_EQ(swap.stats().bytes_in_file, 8 * kPageBytes);
    expect_sound(swap);
}

TEST_F(SwapTest, ResidentMemoryFalls) {
    constexpr size_t kCount = 2048;  // 8 MiB
    Pages pages(source_, kCount);
    Swap swap;
    open(swap);
    for (size_t i = 0; i < kCount; ++i) pages.fill(i, 5);
    size_t before = anonymous_bytes();
    ASSERT_GE(before, pages.bytes());
    std::vector<uint64_t> ids(kCount);
    for (size_t i = 0; i < kCount; ++i) {
        ASSERT_TRUE(swap.swap_out(pages.page(i), kPageBytes, &ids[i]));
    }
    size_t after = anonymous_bytes();
    EXPECT_LT(after + pages.bytes() / 2, before) << "the rest is room for what tools keep";
    for (size_t i = 0; i < kCount; ++i) ASSERT_TRUE(pages.holds(i, 5));
    EXPECT_LT(anonymous_bytes() + pages.bytes() / 2, before) << "reading makes no copies";
}

TEST_F(SwapTest, ItsTableGrowsAndIsReturned) {
    size_t before = meter_.held();
    {
        // Units only, no pages: 40 mappings of 1,000 each, over the same memory.
        Pages pages(source_, 1000);
        Swap swap;
        open(swap);
        std::vector<uint64_t> ids(40);
        for (uint64_t& id : ids) {
            ASSERT_TRUE(swap.swap_out(pages.page(0), pages.bytes(), &id));
        }
        EXPECT_EQ(swap.stats().bytes_in_file, 40 * pages.bytes());
        expect_sound(swap);
        meter_.refuse(1);
        uint64_t id = 0;
        size_t refused = 0;
        while (swap.swap_out(pages.page(0), pages.bytes(), &id) && refused < 100) {
            id = 0;
            refused += 1;
        }
        EXPECT_EQ(id, 0u) << "no memory for the table: the page stays";
        EXPECT_EQ(meter_.refusals, 1u);
        meter_.grant_all();
        ASSERT_TRUE(swap.swap_out(pages.page(0), pages.bytes(), &id));
        expect_sound(swap);
    }
    EXPECT_EQ(meter_.held(), before);
}

// Everything in random order, against a copy of what each page should hold.
TEST_F(SwapTest, KeepsContentsThroughAnyOrderOfCalls) {
    constexpr size_t kCount = 64;
    Pages pages(source_, kCount);
    Swap swap;
    open(swap);
    uint64_t ids[kCount] = {};
    unsigned values[kCount] = {};
    std::mt19937 random(20261121);
    for (size_t i = 0; i < kCount; ++i) pages.fill(i, 0);
    for (int step = 0; step < 4000; ++step) {
        size_t i = random() % kCount;
        switch (random() % 4) {
            case 0:
                values[i] = static_cast<unsigned>(random() % 256);
                pages.fill(i, values[i]);
                break;
            case 1:
                ASSERT_TRUE(pages.holds(i, values[i])) << "step " << step;
                break;
            default:
                ASSERT_TRUE(swap.swap_out(pages.page(i), kPageBytes, &ids[i]));
        }
        if (step % 500 == 0) expect_sound(swap);
    }
    for (size_t i = 0; i < kCount; ++i) ASSERT_TRUE(pages.holds(i, values[i])) << i;
    EXPECT_LE(swap.stats().file_bytes, (kCount + 1) * kPageBytes);
}

#if defined(MORPH_MARKS_ASAN)
// What no access was allowed to goes out, comes back, and is still out of bounds.
TEST_F(SwapTest, MarksStay) {
    Pages pages(source_, 1);
    Swap swap;
    open(swap);
    pages.fill(0, 9);
    morph::mark_no_access(pages.page(0) + 64, 64);
    uint64_t id = 0;
    ASSERT_TRUE(swap.swap_out(pages.page(0), kPageBytes, &id));
    EXPECT_EQ(__asan_address_is_poisoned(pages.page(0) + 64), 1);
    EXPECT_EQ(__asan_address_is_poisoned(pages.page(0) + 63), 0);
    morph::mark_defined(pages.page(0) + 64, 64);
    EXPECT_TRUE(pages.holds(0, 9));
}
#endif

}  // namespace
