// Reset, mark and release.
#include <array>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

#include "arena/arena_for_tests.h"
#include "arena/layout.h"
#include "chunk/memory_marks.h"

namespace {

using morph::expect_equal;
using morph::kArenaHeaderBytes;
using morph::kChunkBytes;
using morph::TestArena;

constexpr size_t kPayload = kChunkBytes - kArenaHeaderBytes;
constexpr size_t kThreshold = kChunkBytes / 16;

// A fixed program: objects of many sizes, scopes, some large objects.
std::vector<void*> run_program(MorphArena* arena, size_t bytes) {
    std::vector<void*> objects;
    size_t spent = 0;
    for (size_t step = 1; spent < bytes; ++step) {
        size_t size = step % 97 == 0 ? kThreshold * 3 : (step * 2654435761u) % (kThreshold / 4);
        auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, size));
        EXPECT_NE(object, nullptr);
        memset(object, 0xEE, size);
        objects.push_back(object);
        spent += size + 8;
    }
    return objects;
}

TEST(ArenaReset, KeepsEveryChunkAndReturnsLargeObjects) {
    TestArena arena;
    run_program(arena, 5 * kChunkBytes);
    ASSERT_NE(morph_arena_alloc(arena, 2 * kChunkBytes), nullptr);
    MorphArenaStats before = arena.stats();
    size_t large_bytes = before.bytes_reserved - before.blocks * kChunkBytes;
    EXPECT_GT(before.large_objects, 0u);
    morph_arena_reset(arena);
    MorphArenaStats after = arena.stats();
    EXPECT_EQ(after.chunks, before.chunks);
    EXPECT_EQ(after.large_objects, 0u);
    EXPECT_EQ(after.bytes_mapped, before.bytes_mapped - large_bytes);
    EXPECT_EQ(after.bytes_mapped_peak, before.bytes_mapped_peak);
    EXPECT_EQ(arena.meter.held(), after.bytes_mapped);
}

TEST(ArenaReset, TheSameProgramReachesTheSameFootprintAndAddresses) {
    for (bool debug : {false, true}) {
        MorphArenaConfig config{};
        config.enable_debug = debug;
        config.block_size = 4096;
        TestArena arena(config);
        std::vector<void*> first = run_program(arena, 4 * kChunkBytes);
        MorphArenaStats reached = arena.stats();
        size_t small_requests = 0;
        for (int round = 0; round < 5; ++round) {
            morph_arena_reset(arena);
            EXPECT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
            size_t requests = arena.meter.requests;
            std::vector<void*> again = run_program(arena, 4 * kChunkBytes);
            expect_equal(arena.stats(), reached);
            ASSERT_EQ(again.size(), first.size());
            for (size_t index = 0; index < first.size(); ++index) {
                if (index + 1 < first.size() && (index + 1) % 97 == 0) continue;  // may be large
                ASSERT_EQ(again[index], first[index]);
            }
            small_requests = arena.meter.requests - requests;
        }
        EXPECT_EQ(small_requests, reached.large_objects) << "only large objects are mapped anew";
    }
}

// bumpalo 275.
TEST(ArenaReset, CountersDoNotIncludeOverhead) {
    TestArena arena;
    MorphArenaStats fresh = arena.stats();
    (void)morph_arena_mark(arena);
    (void)morph_arena_alloc_aligned(arena, 100, 1024);
    morph_arena_reset(arena);
    expect_equal(arena.stats(), fresh);
    EXPECT_EQ(arena.stats().bytes_used, 0u);
    EXPECT_EQ(arena.stats().bytes_padding, 0u);
    EXPECT_EQ(arena.stats().scopes, 0u);
}

// cii 1, slang-rhi 681: growth after reset must not cut the chain of kept chunks.
TEST(ArenaReset, GrowthAfterResetLosesNoChunk) {
    TestArena arena;
    for (size_t chunks : std::array<size_t, 7>{3, 5, 2, 7, 7, 1, 8}) {
        size_t held = arena.stats().chunks;
        run_program(arena, chunks * kChunkBytes);
        EXPECT_GE(arena.stats().chunks, held);
        EXPECT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
        morph_arena_reset(arena);
    }
    EXPECT_LE(arena.stats().chunks, 10u);
}

TEST(ArenaReset, AnEmptyArenaCanBeReset) {
    TestArena arena;
    MorphArenaStats fresh = arena.stats();
    morph_arena_reset(arena);
    morph_arena_reset(arena);
    expect_equal(arena.stats(), fresh);
}

TEST(ArenaScope, ReleaseComesBackToTheMarkExactly) {
    TestArena arena;
    ASSERT_NE(morph_arena_alloc(arena, 24), nullptr);
    MorphArenaStats before = arena.stats();
    unsigned char* cursor = arena->cursor;
    MorphArenaMark* mark = morph_arena_mark(arena);
    ASSERT_NE(mark, nullptr);
    EXPECT_EQ(arena.stats().bytes_padding, before.bytes_padding + 64);
    EXPECT_EQ(arena.stats().bytes_used, before.bytes_used);
    EXPECT_EQ(arena.stats().scopes, 1u);
    run_program(arena, kChunkBytes / 4);
    EXPECT_EQ(morph_arena_release(arena, mark), MORPH_OK);
    EXPECT_EQ(arena->cursor, cursor);
    MorphArenaStats after = arena.stats();
    EXPECT_EQ(after.bytes_used, before.bytes_used);
    EXPECT_EQ(after.bytes_padding, before.bytes_padding);
    EXPECT_EQ(after.bytes_reserved, before.bytes_reserved);
    EXPECT_EQ(after.scopes, 0u);
}

TEST(ArenaScope, ReleaseAcrossChunksKeepsThemAndReturnsLargeObjects) {
    for (bool debug : {false, true}) {
        MorphArenaConfig config{};
        config.enable_debug = debug;
        TestArena arena(config);
        auto* kept = static_cast<unsigned char*>(morph_arena_alloc(arena, 100));
        memset(kept, 0x11, 100);
        ASSERT_NE(morph_arena_alloc(arena, 3 * kChunkBytes), nullptr);
        MorphArenaStats before = arena.stats();
        MorphArenaMark* mark = morph_arena_mark(arena);
        ASSERT_NE(morph_arena_alloc(arena, 2 * kChunkBytes), nullptr);
        run_program(arena, 4 * kChunkBytes);
        size_t chunks = arena.stats().chunks;
        EXPECT_GT(arena.stats().large_objects, 1u);
        EXPECT_EQ(morph_arena_release(arena, mark), MORPH_OK);
        EXPECT_EQ(arena.stats().chunks, chunks);
        EXPECT_EQ(arena.stats().large_objects, 1u) << "the one from before the mark stays";
        EXPECT_EQ(arena.stats().bytes_used, before.bytes_used);
        for (int index = 0; index < 100; ++index) ASSERT_EQ(kept[index], 0x11);
        EXPECT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
    }
}

// boost container 65, zig 15985: after release nothing of what was returned is current.
TEST(ArenaScope, ReleaseKeepsNoReturnedMapping) {
    TestArena arena;
    for (int round = 0; round < 3; ++round) {
        MorphArenaMark* mark = morph_arena_mark(arena);
        ASSERT_NE(morph_arena_alloc(arena, 2 * kChunkBytes), nullptr);
        ASSERT_EQ(morph_arena_release(arena, mark), MORPH_OK);
        auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, 64));
        memset(object, 1, 64);
        EXPECT_TRUE(morph_arena_contains(arena, object));
    }
    EXPECT_EQ(arena.stats().large_objects, 0u);
}

TEST(ArenaScope, AMarkThatBeginsAChunkIsReleasedToTheChunkBefore) {
    for (size_t left : {size_t{0}, size_t{8}, size_t{56}, size_t{64}}) {
        TestArena arena;
        ASSERT_NE(morph_arena_alloc(arena, kPayload - left), nullptr);
        MorphArenaStats before = arena.stats();
        unsigned char* cursor = arena->cursor;
        MorphArenaMark* mark = morph_arena_mark(arena);
        EXPECT_EQ(arena.stats().chunks, left < 64 ? 2u : 1u);
        run_program(arena, kChunkBytes / 2);
        EXPECT_EQ(morph_arena_release(arena, mark), MORPH_OK);
        EXPECT_EQ(arena->cursor, cursor);
        EXPECT_EQ(arena.stats().bytes_used, before.bytes_used);
        EXPECT_EQ(arena.stats().bytes_reserved, before.bytes_reserved);
        EXPECT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
    }
}

TEST(ArenaScope, ScopesNestAndAnOuterReleaseClosesTheInnerOnes) {
    TestArena arena;
    std::vector<MorphArenaMark*> marks;
    std::vector<MorphArenaStats> stats;
    for (size_t depth = 0; depth < 200; ++depth) {
        stats.push_back(arena.stats());
        marks.push_back(morph_arena_mark(arena));
        ASSERT_NE(morph_arena_alloc(arena, (depth * 37) % 1000), nullptr);
        EXPECT_EQ(arena.stats().scopes, depth + 1);
    }
    for (size_t depth : {size_t{199}, size_t{150}, size_t{149}, size_t{20}, size_t{0}}) {
        EXPECT_EQ(morph_arena_release(arena, marks[depth]), MORPH_OK);
        EXPECT_EQ(arena.stats().scopes, depth);
        EXPECT_EQ(arena.stats().bytes_used, stats[depth].bytes_used);
        EXPECT_EQ(arena.stats().bytes_padding, stats[depth].bytes_padding);
        EXPECT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
        for (size_t inner = depth; inner < marks.size(); ++inner) {
            EXPECT_EQ(morph_arena_release(arena, marks[inner]), MORPH_ERROR_SCOPE);
        }
    }
}

TEST(ArenaScope, WhatIsNoLiveScopeIsRefusedAndNothingChanges) {
    TestArena arena;
    TestArena other;
    MorphArenaMark* live = morph_arena_mark(arena);
    MorphArenaMark* inner = morph_arena_mark(arena);
    MorphArenaMark* foreign = morph_arena_mark(other);
    void* object = morph_arena_alloc(arena, 64);
    ASSERT_EQ(morph_arena_release(arena, inner), MORPH_OK);
    MorphArenaStats before = arena.stats();
    MorphArenaMark* wild[] = {inner,
                              foreign,
                              nullptr,
                              static_cast<MorphArenaMark*>(object),
                              reinterpret_cast<MorphArenaMark*>(uintptr_t{8}),
                              reinterpret_cast<MorphArenaMark*>(UINTPTR_MAX)};
    for (MorphArenaMark* mark : wild) {
        EXPECT_EQ(morph_arena_release(arena, mark), MORPH_ERROR_SCOPE);
        EXPECT_EQ(arena.error().code, MORPH_ERROR_SCOPE);
    }
    expect_equal(arena.stats(), before);
    morph_arena_reset(arena);
    EXPECT_EQ(morph_arena_release(arena, live), MORPH_ERROR_SCOPE);
}

// A scope closed twice must not close the one that was opened at the same place since.
TEST(ArenaScope, AStaleMarkIsToldFromTheScopeThatTookItsPlace) {
    TestArena arena;
    for (int round = 0; round < 200; ++round) {
        MorphArenaMark* stale = morph_arena_mark(arena);
        ASSERT_EQ(morph_arena_release(arena, stale), MORPH_OK);
        MorphArenaMark* live = morph_arena_mark(arena);
        ASSERT_EQ(morph_arena_release(arena, stale), MORPH_ERROR_SCOPE);
        ASSERT_EQ(morph_arena_release(arena, live), MORPH_OK);
    }
}

// Every field of a mark's record is checked: each is broken in turn, found, and mended.
TEST(ArenaScope, VerifyFindsEachFieldOfARecordThatIsWrong) {
    TestArena arena;
    auto* large = static_cast<unsigned char*>(morph_arena_alloc(arena, 2 * morph::kChunkBytes));
    MorphArenaMark* outer = morph_arena_mark(arena);
    ASSERT_NE(morph_arena_alloc(arena, 40), nullptr);
    MorphArenaMark* inner = morph_arena_mark(arena);
    ASSERT_NE(morph_arena_alloc(arena, 40), nullptr);
    auto record_of = [](MorphArenaMark* mark) {
        return reinterpret_cast<morph::MarkRecord*>(reinterpret_cast<uintptr_t>(mark) &
                                                    ~uintptr_t{7});
    };
    morph::MarkRecord* record = record_of(inner);
    morph::MarkRecord elsewhere = {};
    using Break = std::function<void(morph::MarkRecord&)>;
    const std::pair<const char*, Break> breaks[] = {
        {"padding", [](auto& its) { its.padding = 100000; }},
        {"objects_logged", [](auto& its) { its.objects_logged = 1; }},
        {"check", [](auto& its) { its.check += 1; }},
        {"handle",
         [](auto& its) {
             its.handle += sizeof(its);
             its.check = morph::kMarkCheck ^ its.handle;
         }},
        {"chunk", [](auto& its) { its.chunk = nullptr; }},
        {"cursor",
         [&](auto& its) { its.cursor = reinterpret_cast<unsigned char*>(record_of(outer)); }},
        {"no outer", [](auto& its) { its.outer = nullptr; }},
        {"itself", [](auto& its) { its.outer = &its; }},
        {"foreign", [&](auto& its) { its.outer = &elsewhere; }},
        {"large", [&](auto& its) { its.outer = reinterpret_cast<morph::MarkRecord*>(large); }}};
    for (const auto& [name, damage] : breaks) {
        morph::MarkRecord whole = {};
        {
            morph::MarkedAccess access(record, sizeof(*record), morph::marks_active());
            whole = *record;
            damage(*record);
        }
        EXPECT_EQ(morph_arena_verify(arena), MORPH_ERROR_CORRUPTION) << name;
        EXPECT_NE(strstr(arena.error().text, "ARENA-SCOPE"), nullptr) << name;
        morph::MarkedAccess access(record, sizeof(*record), morph::marks_active());
        *record = whole;
    }
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
}

TEST(ArenaScope, AnOverwrittenMarkIsCorruptionNotACrash) {
    morph::Meter meter;
    MorphArenaConfig config{};
    config.memory = meter.limits();
    MorphArena* arena = morph_arena_create(&config);
    auto* before = static_cast<unsigned char*>(morph_arena_alloc(arena, 8));
    MorphArenaMark* mark = morph_arena_mark(arena);
    morph::mark_defined(before + 8, 64);
    memset(before + 8, 0x41, 64);
    EXPECT_EQ(morph_arena_release(arena, mark), MORPH_ERROR_CORRUPTION);
    EXPECT_EQ(morph_arena_verify(arena), MORPH_ERROR_CORRUPTION);
    EXPECT_NE(strstr(morph_arena_last_error(arena).text, "ARENA-SCOPE"), nullptr);
    morph_arena_reset(arena);
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
    morph_arena_destroy(arena);
    EXPECT_EQ(meter.held(), 0u);
}

}  // namespace
