#include "heap/address_index.h"

#include <random>
#include <unordered_map>
#include <vector>

#include "heap/tables_for_tests.h"

namespace morph {
namespace {

class AddressIndexes : public TableTest {};

const void* address_of(uint64_t number) {
    return reinterpret_cast<const void*>(static_cast<uintptr_t>(number));
}

TEST_F(AddressIndexes, AnEmptyOneKnowsNothing) {
    AddressIndex index(source);
    EXPECT_EQ(index.find(address_of(8)), nullptr);
    EXPECT_EQ(index.find(nullptr), nullptr);
    EXPECT_EQ(meter.requests, 0u);
    index.clear();
    EXPECT_EQ(index.check(), nullptr);
}

// Addresses from few and close ones (long runs) to any.
TEST_F(AddressIndexes, ItAgreesWithAMapWhateverIsRefused) {
    for (uint64_t spread : {uint64_t{64}, uint64_t{5000}, uint64_t{1} << 45}) {
        std::mt19937_64 random(spread);
        AddressIndex index(source);
        std::unordered_map<uint64_t, size_t> model;
        for (int step = 0; step < 60000; ++step) {
            uint64_t address = (1 + random() % spread) * 8;
            size_t* found = index.find(address_of(address));
            auto known = model.find(address);
            ASSERT_EQ(found != nullptr, known != model.end());
            if (found != nullptr) {
                ASSERT_EQ(*found, known->second);
                if (random() % 2 == 0) {
                    *found = known->second = random();
                } else {
                    index.erase(address_of(address));
                    model.erase(known);
                }
            } else {
                bool failing = random() % 4 == 0;
                if (failing) meter.refuse(1);
                Footprint before(source);
                if (index.reserve(model.size() + 1)) {
                    size_t position = random();
                    index.insert(address_of(address), position);
                    model[address] = position;
                } else {
                    ASSERT_TRUE(failing);
                    ASSERT_EQ(Footprint(source), before);
                }
                meter.grant_all();
            }
            ASSERT_EQ(index.size(), model.size());
            if (step % 2000 == 0) {
                ASSERT_EQ(index.check(), nullptr);
                for (auto [key, position] : model)
                    ASSERT_EQ(*index.find(address_of(key)), position);
            }
        }
        ASSERT_EQ(index.check(), nullptr);
        index.clear();
        for (auto [key, position] : model) ASSERT_EQ(index.find(address_of(key)), nullptr);
        ASSERT_EQ(index.check(), nullptr);
    }
}

TEST_F(AddressIndexes, SizesThatCannotBeAreRefused) {
    AddressIndex index(source);
    for (size_t count : {SIZE_MAX, SIZE_MAX / 32 + 1, SIZE_MAX / 64, size_t{1} << 58}) {
        EXPECT_FALSE(index.reserve(count));
    }
    EXPECT_EQ(source.bytes_mapped(), 0u);
}

TEST_F(AddressIndexes, TheExtremeAddressesAreKeysAsAnyOther) {
    AddressIndex index(source);
    ASSERT_TRUE(index.reserve(3));
    index.insert(address_of(1), 1);
    index.insert(address_of(UINT64_MAX), 2);
    index.insert(address_of(8), 3);
    EXPECT_EQ(*index.find(address_of(1)), 1u);
    EXPECT_EQ(*index.find(address_of(UINT64_MAX)), 2u);
    EXPECT_EQ(index.find(nullptr), nullptr);
    EXPECT_EQ(index.check(), nullptr);
}

TEST_F(AddressIndexes, ACheckFindsWrongCountsAndLostAddresses) {
    AddressIndex index(source);
    ASSERT_TRUE(index.reserve(1));
    index.insert(address_of(4096), 7);
    TablePeek::size(index) = 2;
    EXPECT_STREQ(index.check(), "INDEX-ROOM");
    TablePeek::size(index) = 1;
    TablePeek::swap_slots(index);
    EXPECT_STREQ(index.check(), "INDEX-PROBE");
}

using AddressIndexesDeathTest = AddressIndexes;

TEST_F(AddressIndexesDeathTest, InsertingTwiceOrWithoutRoomAndErasingNothingTraps) {
    AddressIndex index(source);
    EXPECT_DEATH(index.insert(address_of(8), 0), "");
    ASSERT_TRUE(index.reserve(1));
    index.insert(address_of(8), 0);
    EXPECT_DEATH(index.insert(address_of(8), 0), "");
    EXPECT_DEATH(index.insert(nullptr, 0), "");
    EXPECT_DEATH(index.erase(address_of(16)), "");
}

}  // namespace
}  // namespace morph
