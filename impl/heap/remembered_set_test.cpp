#include "heap/remembered_set.h"

#include <algorithm>
#include <random>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

class RememberedSets : public TableTest {
 protected:
    Header* listed(size_t number) {
        headers_[number] |= kOld | kListed;
        return &headers_[number];
    }
    std::vector<Header*> entries() const { return {set.entries().begin(), set.entries().end()}; }

    RememberedSet set{source};
    std::vector<Header> headers_ = std::vector<Header>(20000, make_header(3, 40));
};

TEST_F(RememberedSets, EntriesStayInTheirOrder) {
    ASSERT_TRUE(set.open());
    std::vector<Header*> model;
    for (size_t number = 0; number < 20000; ++number) {
        model.push_back(listed(number));
        if (number % 2 == 0) set.add(model.back());
        if (number % 2 != 0) set.keep(model.back());
    }
    EXPECT_EQ(entries(), model);
    EXPECT_EQ(set.logged_total(), 10000u) << "the collector's own are not counted";
    EXPECT_FALSE(set.overflowed());
    EXPECT_EQ(set.check(), nullptr);
    std::mt19937_64 random(5);
    std::vector<Header*> kept;
    std::vector<Header*> asked;
    set.retain([&](Header* header) {
        asked.push_back(header);
        if (random() % 3 == 0) return false;
        kept.push_back(header);
        return true;
    });
    EXPECT_EQ(asked, model);
    EXPECT_EQ(entries(), kept);
    set.retain([](Header*) { return false; });
    EXPECT_EQ(set.size(), 0u);
}

TEST_F(RememberedSets, WhatIsAddedWhileRetainingIsKeptAndNotAskedAbout) {
    ASSERT_TRUE(set.open());
    for (size_t number = 0; number < 1000; ++number) set.add(listed(number));
    size_t next = 1000;
    std::vector<Header*> model;
    size_t asked = 0;
    set.retain([&](Header* header) {
        asked += 1;
        for (int times = 0; times < 3; ++times) set.keep(listed(next++));
        bool keep = (header - headers_.data()) % 4 == 0;
        if (keep) model.push_back(header);
        return keep;
    });
    EXPECT_EQ(asked, 1000u);
    for (size_t number = 1000; number < next; ++number) model.push_back(&headers_[number]);
    EXPECT_EQ(entries(), model);
    EXPECT_EQ(set.check(), nullptr);
}

TEST_F(RememberedSets, AnEntryThatFindsNoRoomIsAnOverflowUntilTheNextCollection) {
    ASSERT_TRUE(set.open());
    for (size_t number = 0; number < 512; ++number) set.add(listed(number));
    meter.refuse(1);
    size_t requests = meter.requests;
    Footprint before(source);
    for (size_t number = 512; number < 2000; ++number) set.add(listed(number));
    EXPECT_TRUE(set.overflowed());
    EXPECT_EQ(set.overflows(), 1u);
    EXPECT_EQ(meter.requests - requests, 1u) << "one refusal is enough";
    EXPECT_EQ(set.logged_total(), 2000u);
    EXPECT_EQ(set.size(), 512u);
    EXPECT_EQ(Footprint(source), before);
    EXPECT_EQ(set.check(), nullptr) << "listed objects without entry are what a search finds";
    meter.grant_all();
    // What a collection does then.
    set.clear();
    EXPECT_FALSE(set.overflowed());
    for (Header& header : headers_) {
        if ((header & kListed) != 0) set.keep(&header);
    }
    EXPECT_EQ(set.size(), 2000u);
    EXPECT_EQ(set.logged_total(), 2000u);
    EXPECT_EQ(set.check(), nullptr);
    meter.refuse(1);
    for (size_t number = 2000; number < 20000; ++number) set.add(listed(number));
    EXPECT_EQ(set.overflows(), 2u);
    set.clear_overflow();
    EXPECT_FALSE(set.overflowed());
}

TEST_F(RememberedSets, RoomThatIsFreedTakesEntriesEvenAfterAnOverflow) {
    ASSERT_TRUE(set.open());
    meter.refuse(1);
    for (size_t number = 0; number < 600; ++number) set.add(listed(number));
    ASSERT_TRUE(set.overflowed());
    set.retain([](Header*) { return false; });
    set.add(listed(700));
    EXPECT_EQ(entries(), std::vector<Header*>{&headers_[700]});
    EXPECT_TRUE(set.overflowed()) << "the lost ones are still lost";
}

TEST_F(RememberedSets, WithoutAnyMemoryEveryAddIsAnOverflow) {
    meter.refuse(1);
    EXPECT_FALSE(set.open());
    set.add(listed(0));
    EXPECT_TRUE(set.overflowed());
    EXPECT_EQ(set.size(), 0u);
    EXPECT_EQ(source.bytes_mapped(), 0u);
}

TEST_F(RememberedSets, TrimmingKeepsTwiceTheEntries) {
    ASSERT_TRUE(set.open());
    for (size_t number = 0; number < 20000; ++number) set.add(listed(number));
    set.trim();
    EXPECT_EQ(source.bytes_mapped(), 256u << 10);
    set.retain([&](Header* header) { return header < &headers_[1000]; });
    set.trim();
    EXPECT_EQ(source.bytes_mapped(), 16u << 10);
    EXPECT_EQ(set.size(), 1000u);
    set.clear();
    set.trim();
    EXPECT_EQ(source.bytes_mapped(), kPageBytes) << "the first page stays";
}

TEST_F(RememberedSets, ChecksFindEntriesThatAreYoungUnlistedOrThereTwice) {
    ASSERT_TRUE(set.open());
    for (size_t number = 0; number < 100; ++number) set.add(listed(number));
    std::vector<Header> before = headers_;
    ASSERT_EQ(set.check(), nullptr);
    EXPECT_EQ(headers_, before) << "a check leaves no trace";
    const void* where = nullptr;
    headers_[50] &= ~kListed;
    EXPECT_STREQ(set.check(&where), "REMEMBERED-LISTED");
    EXPECT_EQ(where, &headers_[51]);
    headers_[50] = before[50];
    headers_[7] &= ~kOld;
    EXPECT_STREQ(set.check(&where), "REMEMBERED-LISTED");
    EXPECT_EQ(where, &headers_[8]);
    headers_[7] = before[7];
    set.add(&headers_[30]);
    EXPECT_STREQ(set.check(&where), "REMEMBERED-ONCE");
    EXPECT_EQ(where, &headers_[31]);
    EXPECT_EQ(headers_, before);
    TablePeek::size(TablePeek::entries(set)) = 513;
    EXPECT_STREQ(set.check(), "ARRAY-ROOM");
    TablePeek::size(TablePeek::entries(set)) = 0;
}

}  // namespace
}  // namespace morph
