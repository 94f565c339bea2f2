// Refused memory: at every request, once and for ever after, by hook, bound and system.
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "arena/arena_for_tests.h"
#include "arena/layout.h"

namespace {

using morph::expect_equal;
using morph::kChunkBytes;
using morph::Meter;
using morph::TestArena;

constexpr size_t kThreshold = kChunkBytes / 16;

// One step of a program that maps chunks, large objects, log pages and table pages.
void* step_of(MorphArena* arena, size_t step) {
    switch (step % 7) {
        case 0:
            return morph_arena_alloc(arena, kThreshold - 8);
        case 1:
            return morph_arena_alloc(arena, 2 * kChunkBytes + step);
        case 2:
            return morph_arena_mark(arena);
        case 3:
            return morph_arena_alloc_aligned(arena, 100, kThreshold);
        case 4:
            return morph_arena_alloc_zeroed(arena, kThreshold);
        case 5:
            return morph_arena_alloc_aligned(arena, 64, kChunkBytes * 2);
        default:
            return morph_arena_alloc(arena, 24);
    }
}

constexpr size_t kSteps = 120;

size_t requests_of_the_program(bool debug) {
    MorphArenaConfig config{};
    config.enable_debug = debug;
    TestArena arena(config);
    for (size_t step = 0; step < kSteps; ++step) EXPECT_NE(step_of(arena, step), nullptr);
    return arena.meter.requests;
}

// The bug classes "out of memory": metadata leaked on the failure path, half-resized table.
TEST(ArenaFailure, ARefusalAtAnyRequestChangesNothingAndTheNextCallSucceeds) {
    for (bool debug : {false, true}) {
        size_t requests = requests_of_the_program(debug);
        ASSERT_GT(requests, 30u);
        for (size_t refused = 1; refused + 2 <= requests; ++refused) {
            MorphArenaConfig config{};
            config.enable_debug = debug;
            TestArena arena(config);
            arena.meter.refuse(refused, 1);
            size_t failures = 0;
            for (size_t step = 0; step < kSteps;) {
                MorphArenaStats before = arena.stats();
                unsigned char* cursor = arena->cursor;
                if (step_of(arena, step) != nullptr) {
                    step += 1;
                    continue;
                }
                failures += 1;
                ASSERT_EQ(arena.error().code, MORPH_ERROR_OUT_OF_MEMORY);
                ASSERT_NE(strstr(arena.error().text, "request hook"), nullptr);
                expect_equal(arena.stats(), before);
                ASSERT_EQ(arena->cursor, cursor);
                ASSERT_EQ(arena.meter.held(), before.bytes_mapped);
                ASSERT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
            }
            ASSERT_EQ(failures, 1u) << "request " << refused;
        }
    }
}

TEST(ArenaFailure, RefusedForEverItFailsCleanlyForEver) {
    for (bool debug : {false, true}) {
        size_t requests = requests_of_the_program(debug);
        for (size_t refused = 1; refused + 2 <= requests; refused += 3) {
            MorphArenaConfig config{};
            config.enable_debug = debug;
            TestArena arena(config);
            arena.meter.refuse(refused);
            size_t step = 0;
            while (step_of(arena, step) != nullptr) step += 1;
            MorphArenaStats before = arena.stats();
            for (size_t again = 0; again < 7; ++again) (void)step_of(arena, step);
            expect_equal(arena.stats(), before);
            morph_arena_reset(arena);
            // What is held can be used; in debug mode the log may have no page yet.
            if (!debug) {
                EXPECT_NE(morph_arena_alloc(arena, 24), nullptr);
            }
            EXPECT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
        }
    }
}

TEST(ArenaFailure, AMarkWithoutRoomIsRefusedAndTheOuterOnesStayGood) {
    TestArena arena;
    MorphArenaMark* outer = morph_arena_mark(arena);
    ASSERT_NE(outer, nullptr);
    arena.meter.refuse(1);
    while (morph_arena_alloc(arena, kThreshold - 8) != nullptr) {
    }
    while (morph_arena_alloc(arena, 8) != nullptr) {
    }
    MorphArenaStats before = arena.stats();
    EXPECT_EQ(morph_arena_mark(arena), nullptr);
    EXPECT_EQ(arena.error().code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(std::string(arena.error().text).find("arena: mark"), 0u) << arena.error().text;
    expect_equal(arena.stats(), before);
    EXPECT_EQ(morph_arena_release(arena, outer), MORPH_OK);
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
    EXPECT_EQ(arena.stats().bytes_used, 0u);
}

TEST(ArenaFailure, CreationRefusedLeavesNothingAndSaysWhy) {
    for (size_t refused = 1; refused <= 2; ++refused) {
        Meter meter;
        meter.refuse(refused);
        MorphArenaConfig config{};
        config.memory = meter.limits();
        EXPECT_EQ(morph_arena_create(&config), nullptr);
        EXPECT_EQ(meter.held(), 0u);
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_OUT_OF_MEMORY);
        EXPECT_NE(strstr(morph_creation_error().text, "request hook"), nullptr);
    }
}

TEST(ArenaFailure, TheBoundHoldsToTheByte) {
    size_t bound = 3 * kChunkBytes + (64 << 10);
    TestArena arena({}, bound);
    while (morph_arena_alloc(arena, kThreshold) != nullptr) {
        ASSERT_LE(arena.meter.held(), bound);
    }
    EXPECT_EQ(arena.error().code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_NE(strstr(arena.error().text, "bytes_max"), nullptr) << arena.error().text;
    EXPECT_GT(arena.stats().bytes_mapped + kChunkBytes, bound);
    // What is still held serves smaller requests, and everything serves again after reset.
    while (morph_arena_alloc(arena, 8) != nullptr) continue;
    EXPECT_EQ(arena.stats().bytes_mapped_peak, arena.meter.peak);
    morph_arena_reset(arena);
    EXPECT_NE(morph_arena_alloc(arena, kThreshold), nullptr);
}

struct Object {
    unsigned char* address;
    size_t size;
    unsigned char fill;
};

// A random program against a list of what must live, with requests refused now and then.
void run_randomly(unsigned seed, bool debug, size_t block) {
    std::mt19937_64 random(seed);
    MorphArenaConfig config{};
    config.enable_debug = debug;
    config.block_size = block;
    TestArena arena(config, 64 * kChunkBytes);
    struct Scope {
        MorphArenaMark* mark;
        size_t objects;
    };
    std::vector<Object> live;
    std::vector<Scope> scopes;
    size_t used = 0;
    for (int step = 0; step < 3000; ++step) {
        size_t choice = random() % 1000;
        if (choice < 20) arena.meter.refuse(1 + random() % 3, 1 + random() % 2);
        MorphArenaStats before = arena.stats();
        if (choice < 900) {
            size_t size = random() % 8 == 0 ? random() % (kChunkBytes / 4) : random() % 200;
            size_t alignment = random() % 4 == 0 ? size_t{1} << random() % 14 : 8;
            bool zeroed = random() % 4 == 0 && alignment == 8;
            void* address = zeroed           ? morph_arena_alloc_zeroed(arena, size)
                            : alignment == 8 ? morph_arena_alloc(arena, size)
                                             : morph_arena_alloc_aligned(arena, size, alignment);
            if (address == nullptr) {
                expect_equal(arena.stats(), before);
                continue;
            }
            Object object{static_cast<unsigned char*>(address), size,
                          static_cast<unsigned char>(random())};
            ASSERT_EQ(reinterpret_cast<uintptr_t>(address) % alignment, 0u);
            if (zeroed && size != 0) {
                ASSERT_EQ(object.address[0] | object.address[size - 1], 0);
            }
            memset(object.address, object.fill, size);
            live.push_back(object);
        } else if (choice < 950) {
            MorphArenaMark* mark = morph_arena_mark(arena);
            if (mark != nullptr) scopes.push_back({mark, live.size()});
        } else if (choice < 990 && !scopes.empty()) {
            size_t depth = random() % scopes.size();
            ASSERT_EQ(morph_arena_release(arena, scopes[depth].mark), MORPH_OK);
            live.resize(scopes[depth].objects);
            scopes.resize(depth);
        } else if (choice >= 995) {
            morph_arena_reset(arena);
            live.clear();
            scopes.clear();
        }
        used = 0;
        for (const Object& object : live) used += object.size == 0 ? 8 : (object.size + 7) / 8 * 8;
        ASSERT_EQ(arena.stats().bytes_used, used);
        ASSERT_EQ(arena.stats().scopes, scopes.size());
        ASSERT_EQ(arena.stats().bytes_mapped, arena.meter.held());
        if (step % 64 != 0) continue;
        ASSERT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
        for (const Object& object : live) {
            for (size_t index = 0; index < object.size; ++index) {
                ASSERT_EQ(object.address[index], object.fill);
            }
        }
    }
}

TEST(ArenaFailure, RandomProgramsAgreeWithAListOfWhatLives) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        run_randomly(seed, seed % 2 == 0, seed % 3 == 0 ? 4096 : 0);
        if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed;
    }
    run_randomly(7, false, 2 * kChunkBytes);
}

}  // namespace
