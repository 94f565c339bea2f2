// The parts the runner is made of: fills, ranges, ledger.
#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "fuzz/fill.h"
#include "fuzz/interval_map.h"
#include "fuzz/ledger.h"
#include "fuzz/random.h"

namespace suite {
namespace {

TEST(Fill, AnyChangedByteOfAWholeObjectIsFoundWhereItIs) {
    for (size_t size : {1u, 7u, 8u, 9u, 511u, 512u, 513u, 1500u}) {
        std::vector<unsigned char> bytes(size);
        fill(bytes.data(), size, identity_of(3, 1));
        EXPECT_EQ(first_difference(bytes.data(), size, size, identity_of(3, 1)), size);
        for (size_t offset = 0; offset < size; ++offset) {
            bytes[offset] ^= 1;
            ASSERT_EQ(first_difference(bytes.data(), size, size, identity_of(3, 1)), offset);
            bytes[offset] ^= 1;
        }
        EXPECT_LT(first_difference(bytes.data(), size, size, identity_of(3, 2)), size);
    }
}

TEST(Fill, OfALargeObjectBothEndsAreFoundAndTheMiddleIsNotTouched) {
    size_t size = kFillBytesMax + 13;
    std::vector<unsigned char> bytes(size, 0xAB);
    fill(bytes.data(), size, 5);
    EXPECT_EQ(bytes[size / 2], 0xAB);
    for (size_t offset : {size_t{0}, kFillBytesMax / 16 - 1, size - kFillBytesMax / 16, size - 1}) {
        bytes[offset] ^= 0x80;
        EXPECT_EQ(first_difference(bytes.data(), size, size, 5), offset);
        bytes[offset] ^= 0x80;
    }
    // What reallocation kept of it: the head, and no more than was filled.
    EXPECT_EQ(first_difference(bytes.data(), size, 100, 5), 100u);
    EXPECT_EQ(first_difference(bytes.data(), size, size - 1, 5), size - 1);
}

TEST(Fill, ANonzeroByteIsFound) {
    std::vector<unsigned char> bytes(1000);
    EXPECT_EQ(first_nonzero(bytes.data(), bytes.size()), bytes.size());
    bytes[999] = 1;
    EXPECT_EQ(first_nonzero(bytes.data(), bytes.size()), 999u);
    EXPECT_EQ(first_nonzero(bytes.data(), 0), 0u);
}

TEST(IntervalMap, AgreesWithAPlainMapOverManyInsertionsAndRemovals) {
    IntervalMap ranges;
    std::map<uintptr_t, uintptr_t> plain;
    Random random(7);
    auto covering = [&plain](uintptr_t address) {
        auto above = plain.upper_bound(address);
        return above != plain.begin() && std::prev(above)->second > address ? std::prev(above)
                                                                            : plain.end();
    };
    for (uint32_t step = 0; step < 40000; ++step) {
        uintptr_t begin = random.below(60000) + 1;
        uintptr_t end = begin + random.below(12) + 1;
        if (random.one_in(3) && !plain.empty()) {
            auto victim = plain.lower_bound(begin);
            if (victim == plain.end()) victim = plain.begin();
            ASSERT_TRUE(ranges.erase(victim->first));
            plain.erase(victim);
        } else {
            auto above = plain.lower_bound(begin);
            bool free =
                covering(begin) == plain.end() && (above == plain.end() || above->first >= end);
            ASSERT_EQ(ranges.insert({begin, end, step}) == nullptr, free);
            if (free) plain[begin] = end;
        }
        const IntervalMap::Range* found = ranges.find(end);
        ASSERT_EQ(found != nullptr, covering(end) != plain.end());
    }
    EXPECT_GT(plain.size(), 2000u);
    EXPECT_TRUE(ranges.in_order());
    EXPECT_FALSE(ranges.erase(0));
}

TEST(Ledger, RefusesWhatIsArmedAndWhatIsOverItsBound) {
    Ledger ledger(1000);
    MorphMemoryLimits limits = ledger.limits();
    EXPECT_TRUE(limits.request(limits.user, 600));
    EXPECT_FALSE(limits.request(limits.user, 401));
    EXPECT_TRUE(ledger.refused_in_call());
    EXPECT_FALSE(limits.request(limits.user, SIZE_MAX));
    EXPECT_EQ(ledger.over_bound(), 2u);
    EXPECT_EQ(ledger.injected(), 0u);
    limits.returned(limits.user, 600);
    EXPECT_EQ(ledger.balance(), 0);
    ledger.begin_call();
    ledger.arm(1, 2);
    EXPECT_TRUE(limits.request(limits.user, 1));
    EXPECT_FALSE(ledger.refused_in_call());
    EXPECT_FALSE(limits.request(limits.user, 1));
    EXPECT_FALSE(limits.request(limits.user, 1));
    EXPECT_TRUE(limits.request(limits.user, 1));
    EXPECT_EQ(ledger.injected(), 2u);
    ledger.arm(0, Ledger::kForEver);
    for (int count = 0; count < 10; ++count) EXPECT_FALSE(limits.request(limits.user, 1));
    ledger.arm(0, 0);
    EXPECT_TRUE(limits.request(limits.user, 1));
    EXPECT_EQ(ledger.peak(), 600);
    limits.returned(limits.user, 4);
    EXPECT_LT(ledger.balance(), 0);  // more than was granted: visible as well
}

}  // namespace
}  // namespace suite
