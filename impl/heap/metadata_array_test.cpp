#include "heap/metadata_array.h"

#include <random>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

struct Triple {
    uint64_t words[3];
    bool operator==(const Triple&) const = default;
};

class MetadataArrays : public TableTest {};

TEST_F(MetadataArrays, AnEmptyOneHoldsNoMemory) {
    MetadataArray<void*> array(source);
    EXPECT_TRUE(array.empty());
    EXPECT_EQ(array.capacity(), 0u);
    EXPECT_EQ(meter.requests, 0u);
    EXPECT_TRUE(array.all().empty());
    array.trim(0);
    array.clear();
    EXPECT_EQ(array.check(), nullptr);
}

TEST_F(MetadataArrays, ItBehavesLikeAVectorWhateverIsRefused) {
    std::mt19937_64 random(1);
    MetadataArray<Triple> array(source);
    std::vector<Triple> model;
    size_t refused = 0;
    for (int step = 0; step < 200000; ++step) {
        bool failing = random() % 8 == 0;
        if (failing) meter.refuse(1);
        Footprint before(source);
        switch (random() % 8) {
            default: {
                Triple value{{random(), random(), random()}};
                bool had_room = array.size() < array.capacity();
                bool pushed = array.push(value);
                EXPECT_EQ(pushed, had_room || !failing);
                if (pushed) model.push_back(value);
                if (!pushed) {
                    refused += 1;
                    EXPECT_EQ(Footprint(source), before);
                }
                break;
            }
            case 1:
                if (!model.empty()) {
                    ASSERT_EQ(array.pop(), model.back());
                    model.pop_back();
                }
                break;
            case 2:
                if (!model.empty()) {
                    size_t index = random() % model.size();
                    array.remove_unordered(index);
                    model[index] = model.back();
                    model.pop_back();
                }
                break;
            case 3:
                if (random() % 64 == 0) array.trim(random() % 2000);
                if (random() % 4000 == 0) {
                    array.clear();
                    model.clear();
                }
                break;
        }
        meter.grant_all();
        ASSERT_EQ(array.size(), model.size());
        ASSERT_EQ(array.check(), nullptr);
        if (step % 1000 == 0) {
            ASSERT_TRUE(std::equal(model.begin(), model.end(), array.data()));
        }
    }
    EXPECT_GE(refused, 2u);
    ASSERT_TRUE(std::equal(model.begin(), model.end(), array.data()));
}

TEST_F(MetadataArrays, AnEntryOfItsOwnCanBePushedThroughGrowth) {
    MetadataArray<uint64_t> array(source);
    ASSERT_TRUE(array.push(42));
    for (int count = 0; count < 5000; ++count) ASSERT_TRUE(array.push(array[0]));
    for (uint64_t value : array.all()) ASSERT_EQ(value, 42u);
}

TEST_F(MetadataArrays, GrowthDoubles) {
    MetadataArray<uint64_t> array(source);
    for (uint64_t count = 0; count < 100000; ++count) ASSERT_TRUE(array.push(count));
    EXPECT_EQ(array.bytes(), 1u << 20);
    EXPECT_EQ(meter.requests, 9u) << "4 KiB to 1 MiB";
}

TEST_F(MetadataArrays, SizesThatCannotBeAreRefused) {
    MetadataArray<Triple> array(source);
    ASSERT_TRUE(array.push({}));
    Footprint before(source);
    for (size_t count : {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / sizeof(Triple),
                         SIZE_MAX / sizeof(Triple) + 1, size_t{1} << 59}) {
        EXPECT_FALSE(array.reserve(count));
        EXPECT_EQ(Footprint(source), before);
        EXPECT_EQ(array.check(), nullptr);
    }
    EXPECT_EQ(source.refusal(), Refusal::too_large);
}

TEST_F(MetadataArrays, TrimmingGivesBackAllButTheRoomAskedFor) {
    MetadataArray<uint64_t> array(source);
    for (uint64_t count = 0; count < 10000; ++count) ASSERT_TRUE(array.push(count));
    array.trim(0);
    EXPECT_EQ(array.bytes(), 128u << 10) << "its entries stay";
    array.shrink_to(10);
    array.trim(600);
    EXPECT_EQ(array.bytes(), 8192u);
    meter.refuse(1);
    array.trim(0);
    EXPECT_EQ(array.bytes(), 8192u) << "a refusal leaves it as it was";
    meter.grant_all();
    array.trim(0);
    EXPECT_EQ(array.bytes(), 4096u);
    for (uint64_t count = 0; count < 10; ++count) EXPECT_EQ(array[count], count);
    array.clear();
    meter.refuse(1);
    array.trim(0);
    EXPECT_EQ(source.bytes_mapped(), 0u) << "giving back everything needs nothing";
}

TEST_F(MetadataArrays, ACheckFindsASizeBeyondTheRoom) {
    MetadataArray<uint64_t> array(source);
    ASSERT_TRUE(array.push(1));
    TablePeek::size(array) = 513;
    EXPECT_STREQ(array.check(), "ARRAY-ROOM");
    TablePeek::size(array) = 1;
}

TEST_F(MetadataArrays, ABlockUndoesItsPeakAlone) {
    MetadataBlock kept(source);
    ASSERT_TRUE(kept.map(8192));
    Footprint before(source);
    {
        MetadataBlock undone(source);
        ASSERT_TRUE(undone.map(1 << 20));
        undone.cancel();
        undone.cancel();
    }
    EXPECT_EQ(Footprint(source), before);
}

using MetadataArraysDeathTest = MetadataArrays;

TEST_F(MetadataArraysDeathTest, PoppingOrRemovingWhatIsNotThereTraps) {
    MetadataArray<uint64_t> array(source);
    EXPECT_DEATH(array.pop(), "");
    EXPECT_DEATH(array.remove_unordered(0), "");
    EXPECT_DEATH(array.shrink_to(1), "");
}

}  // namespace
}  // namespace morph
