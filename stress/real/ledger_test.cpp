// The ledger finds each planted fault, and each wrong call; and nothing where nothing is wrong.
#include "stress/real/ledger.h"

#include <cstring>
#include <gtest/gtest.h>

#include "fuzz/random.h"
#include "stress/real/memory_for_tests.h"

// Requests that no machine can serve must give NULL here as they do without sanitizers.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
    return "allocator_may_return_null=1";
}

namespace real {
namespace {

struct Block {
    void* object;
    size_t size;
};

// Calls of every kind at random; told: sizes are told. Refused calls are fine.
void work(Memory& memory, bool told, uint64_t calls, uint64_t seed = 7) {
    suite::Random random(seed);
    std::vector<Block> live;
    const auto size_of = [told](const Block& block) { return told ? block.size : kUntold; };
    for (uint64_t call = 0; call < calls; ++call) {
        const size_t size = random.one_in(5) ? random.between(1, 40000) : random.between(1, 600);
        if (live.empty() || random.below(8) < 4) {
            void* object = memory.allocate(size);
            if (object == nullptr) continue;
            std::memset(object, static_cast<int>(call & 0xff), size);
            live.push_back({object, size});
            continue;
        }
        Block& block = live[random.below(live.size())];
        if (random.one_in(2)) {
            void* moved = memory.reallocate(block.object, size_of(block), size);
            if (moved != nullptr) block = {moved, size};
            continue;
        }
        memory.release(block.object, size_of(block));
        block = live.back();
        live.pop_back();
    }
    for (const Block& block : live) memory.release(block.object, size_of(block));
}

class LedgerOnEveryKind : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, LedgerOnEveryKind, testing::ValuesIn(kKinds));

TEST_P(LedgerOnEveryKind, FindsNothingInACorrectAllocator) {
    for (const Sizes sizes : kSizes) {
        for (const bool debug : {false, true}) {
            MemoryOptions options;
            options.kind = GetParam();
            options.verify_every = 300;
            options.setup.debug = debug;
            WatchedMemory memory(options, sizes);
            work(*memory, sizes == Sizes::told, 3000);
            EXPECT_EQ(memory->ledger()->blocks(), 0u);
            EXPECT_GT(memory->ledger()->bytes_peak(), 100000u);
            memory->check_closed();
            EXPECT_EQ(memory.end(), "");
        }
    }
}

TEST_P(LedgerOnEveryKind, FindsNothingInRefusedCalls) {
    for (const Sizes sizes : kSizes) {
        MemoryOptions options;
        options.kind = GetParam();
        options.setup.refuse = 0.2;
        WatchedMemory memory(options, sizes);
        memory.refusals().set_rate(0.2);
        if (!memory->open()) continue;  // its creation was refused
        work(*memory, sizes == Sizes::told, 3000);
        EXPECT_TRUE(memory->refused());
        memory->check_closed();
        EXPECT_EQ(memory.end(), "");
    }
}

TEST_P(LedgerOnEveryKind, SizesAtTheEdgesGiveABlockOrNull) {
    for (const Sizes sizes : kSizes) {
        const bool told = sizes == Sizes::told;
        MemoryOptions options;
        options.kind = GetParam();
        WatchedMemory memory(options, sizes);
        for (const size_t size :
             {size_t{0}, size_t{1}, size_t{1024}, size_t{1025}, size_t{2} << 20}) {
            void* object = memory->allocate(size);
            ASSERT_NE(object, nullptr) << size;
            for (const size_t huge : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX - 16,
                                      SIZE_MAX / 2 + 1, MORPH_MAX_REQUEST + 1}) {
                EXPECT_EQ(memory->allocate(huge), nullptr) << huge;
                EXPECT_EQ(memory->reallocate(object, told ? size : kUntold, huge), nullptr) << huge;
            }
            void* moved = memory->reallocate(object, told ? size : kUntold, size + 1);
            ASSERT_NE(moved, nullptr);
            if (!told) EXPECT_EQ(memory->size_of(moved), size + 1);
            memory->release(moved, told ? size + 1 : kUntold);
        }
        memory->check_closed();
        EXPECT_EQ(memory.end(), "");
    }
}

TEST_P(LedgerOnEveryKind, WhatIsAbandonedIsFreedByOneReset) {
    MemoryOptions options;
    options.kind = GetParam();
    WatchedMemory memory(options, Sizes::kept);
    for (int round = 0; round < 3; ++round) {
        for (size_t size = 1; size < 60000; size += 977) ASSERT_NE(memory->allocate(size), nullptr);
        memory->abandon();
        EXPECT_EQ(memory->ledger()->blocks(), 0u);
    }
    memory->check_closed();
    EXPECT_EQ(memory.end(), "");
}

struct Planted {
    Fault fault;
    const char* id;
};

class PlantedFault : public testing::TestWithParam<std::tuple<Planted, Kind>> {};
INSTANTIATE_TEST_SUITE_P(
    Faults, PlantedFault,
    testing::Combine(testing::Values(Planted{Fault::overlap, "LEDGER-OVERLAP"},
                                     Planted{Fault::lost_byte, "LEDGER-CONTENTS"},
                                     Planted{Fault::vanish, "LEDGER-CONTENTS"},
                                     Planted{Fault::misaligned, "LEDGER-ALIGNMENT"},
                                     Planted{Fault::wrong_size, "LEDGER-FIGURES"},
                                     Planted{Fault::leak, "LEDGER-FIGURES"}),
                     testing::Values(Kind::context, Kind::general)));

// The calls end at the fault: what comes after it, with a broken allocator, would prove nothing.
TEST_P(PlantedFault, IsFoundByItsCheckAndNoOther) {
    const auto [planted, kind] = GetParam();
    MemoryOptions options;
    options.kind = kind;
    options.fault = planted.fault;
    options.fault_after = 5;
    options.verify_every = 1;
    WatchedMemory memory(options, Sizes::told);
    std::vector<void*> live;
    for (int i = 0; i < 20 && memory.complaints().empty(); ++i) {
        live.push_back(memory->allocate(200));
        // A block that overlaps, or is too small, is not to be written.
        if (!memory.complaints().empty()) break;
        if (planted.fault == Fault::wrong_size) continue;
        std::memset(live.back(), i, 200);
        if (planted.fault == Fault::lost_byte || planted.fault == Fault::vanish) {
            void* moved = memory->reallocate(live.back(), 200, 900);
            if (moved != nullptr) live.back() = memory->reallocate(moved, 900, 200);
        }
        if (planted.fault == Fault::leak) {
            memory->release(live.back(), 200);
            live.pop_back();
        }
    }
    ASSERT_FALSE(memory.complaints().empty());
    EXPECT_TRUE(memory.complaints().front().starts_with(planted.id)) << memory.complaints().front();
}

TEST_P(LedgerOnEveryKind, FindsWrongCallsOfTheProgram) {
    MemoryOptions options;
    options.kind = GetParam();
    WatchedMemory memory(options, Sizes::told);
    void* object = memory->allocate(100);
    void* other = memory->allocate(50);
    int local = 0;
    memory->release(&local, 4);
    EXPECT_EQ(memory.complaints().size(), 1u);
    EXPECT_EQ(memory->reallocate(static_cast<char*>(object) + 8, 92, 10), nullptr);
    EXPECT_EQ(memory.complaints().size(), 2u);
    EXPECT_TRUE(memory.complained_of("LEDGER-BLOCK"));
    EXPECT_FALSE(memory.complained_of("LEDGER-SIZE"));
    memory->release(object, 100);
    memory->release(object, 100);
    EXPECT_EQ(memory.complaints().size(), 3u) << "freed twice";
    memory->check_closed();
    EXPECT_TRUE(memory.complained_of("LEDGER-LEFT"));
    memory->release(other, 50);
}

TEST(Ledger, FindsAnOldSizeThatIsWrong) {
    MemoryOptions options;
    options.kind = Kind::malloc;  // which does not look at it
    WatchedMemory memory(options, Sizes::told);
    void* object = memory->allocate(100);
    object = memory->reallocate(object, 99, 120);
    EXPECT_TRUE(memory.complained_of("LEDGER-SIZE"));
    EXPECT_EQ(memory.complaints().size(), 1u);
    memory->release(object, 121);
    EXPECT_EQ(memory.complaints().size(), 2u);
}

TEST(Ledger, CallsFailAtThePointChosen) {
    for (const bool for_ever : {false, true}) {
        MemoryOptions options;
        options.failing = {.at = 3, .for_ever = for_ever};
        WatchedMemory memory(options, Sizes::kept);
        std::vector<void*> got;
        for (int call = 0; call < 5; ++call) got.push_back(memory->allocate(10));
        EXPECT_NE(got[1], nullptr);
        EXPECT_EQ(got[2], nullptr);
        EXPECT_EQ(got[3] == nullptr, for_ever);
        EXPECT_EQ(memory->calls(), 5u);
        for (void* object : got) {
            if (object != nullptr) memory->release(object, kUntold);
        }
        memory->check_closed();
        EXPECT_EQ(memory.end(), "");
    }
}

}  // namespace
}  // namespace real
