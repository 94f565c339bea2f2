// Debug mode: guards, fill patterns, reports; and that the check sees what it says it sees.
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "arena/arena.h"
#include "arena/arena_for_tests.h"
#include "arena/layout.h"
#include "chunk/memory_marks.h"

namespace morph {

// The friend of Arena that breaks it.
struct ArenaPeek {
    static DebugLog& log(MorphArena* arena) { return static_cast<Arena*>(arena)->log_; }
};

}  // namespace morph

namespace {

using morph::expect_equal;
using morph::kArenaHeaderBytes;
using morph::kChunkBytes;
using morph::TestArena;

struct Reports {
    std::vector<MorphReport> all;
    std::vector<std::string> texts;
    static void note(void* user, const MorphReport* report) {
        auto* self = static_cast<Reports*>(user);
        self->all.push_back(*report);
        self->texts.emplace_back(report->text);
    }
};

MorphArenaConfig debug_config(Reports* reports) {
    MorphArenaConfig config{};
    config.enable_debug = true;
    config.report = &Reports::note;
    config.report_user = reports;
    return config;
}

// Writes where the user must not, past the eyes of the sanitizers.
void write_behind(void* object, size_t offset, unsigned char value) {
    auto* byte = static_cast<unsigned char*>(object) + offset;
    morph::mark_defined(byte, 1);
    *byte = value;
}

unsigned char read_anyway(const void* address) {
    auto* byte = static_cast<const unsigned char*>(address);
    morph::MarkedAccess access(byte, 1, morph::marks_active());
    return *byte;
}

TEST(ArenaDebug, FreshMemoryIsFilledAndFreedMemoryToo) {
    Reports reports;
    TestArena arena(debug_config(&reports));
    for (size_t size : {size_t{1}, size_t{24}, size_t{1000}, 2 * kChunkBytes}) {
        auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, size));
        morph::mark_defined(object, size);  // to Valgrind fresh memory is undefined, filled or not
        for (size_t index = 0; index < size; ++index) ASSERT_EQ(object[index], 0xA5);
    }
    auto* object = static_cast<unsigned char*>(morph_arena_alloc(arena, 100));
    morph::mark_defined(object, 100);
    MorphArenaMark* mark = morph_arena_mark(arena);
    auto* inner = static_cast<unsigned char*>(morph_arena_alloc(arena, 100));
    ASSERT_EQ(morph_arena_release(arena, mark), MORPH_OK);
    for (size_t index = 0; index < 100; ++index) {
        ASSERT_EQ(object[index], 0xA5);
        ASSERT_EQ(read_anyway(inner + index), 0xDD);
    }
    std::vector<unsigned char*> later;  // objects in three chunks
    while (arena.stats().chunks < 3) {
        later.push_back(static_cast<unsigned char*>(morph_arena_alloc(arena, 1000)));
    }
    morph_arena_reset(arena);
    for (size_t index = 0; index < 100; ++index) ASSERT_EQ(read_anyway(object + index), 0xDD);
    for (unsigned char* each : later) ASSERT_EQ(read_anyway(each + 999), 0xDD);
}

TEST(ArenaDebug, GuardsCountAsPaddingNotAsUsed) {
    Reports reports;
    TestArena arena(debug_config(&reports));
    for (int count = 0; count < 10; ++count) ASSERT_NE(morph_arena_alloc(arena, 24), nullptr);
    ASSERT_NE(morph_arena_mark(arena), nullptr);
    EXPECT_EQ(arena.stats().bytes_used, 240u);
    EXPECT_EQ(arena.stats().bytes_padding, 10u * 8 + 64);
}

// Each byte of each guard, the slack of the last word included.
TEST(ArenaDebug, AnyByteWrittenBehindAnObjectIsReported) {
    for (size_t size : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{13}, 2 * kChunkBytes}) {
        size_t rounded = size == 0 ? 8 : (size + 7) / 8 * 8;
        for (size_t offset = size; offset < rounded + 8; ++offset) {
            Reports reports;
            morph::Meter meter;
            MorphArenaConfig config = debug_config(&reports);
            config.memory = meter.limits();
            MorphArena* arena = morph_arena_create(&config);
            ASSERT_NE(morph_arena_alloc(arena, 24), nullptr);
            void* object = morph_arena_alloc(arena, size);
            ASSERT_NE(morph_arena_alloc(arena, 24), nullptr);
            ASSERT_EQ(morph_arena_verify(arena), MORPH_OK);
            write_behind(object, offset, 0);
            EXPECT_EQ(morph_arena_verify(arena), MORPH_ERROR_CORRUPTION);
            EXPECT_NE(strstr(morph_arena_last_error(arena).text, "ARENA-GUARD"), nullptr);
            EXPECT_TRUE(reports.all.empty()) << "verify answers by its result";
            morph_arena_reset(arena);
            ASSERT_EQ(reports.all.size(), 1u);
            EXPECT_EQ(reports.all[0].kind, MORPH_REPORT_GUARD_OVERWRITTEN);
            EXPECT_EQ(reports.all[0].address, object);
            EXPECT_EQ(reports.all[0].size, size);
            EXPECT_NE(reports.texts[0].find("byte " + std::to_string(offset - size)),
                      std::string::npos)
                << reports.texts[0];
            morph_arena_destroy(arena);
            EXPECT_EQ(reports.all.size(), 1u);
            EXPECT_EQ(meter.held(), 0u);
        }
    }
}

TEST(ArenaDebug, DestroyChecksGuards) {
    Reports reports;
    MorphArenaConfig config = debug_config(&reports);
    MorphArena* arena = morph_arena_create(&config);
    void* object = morph_arena_alloc(arena, 3);
    write_behind(object, 3, 1);
    morph_arena_destroy(arena);
    ASSERT_EQ(reports.all.size(), 1u);
    EXPECT_EQ(reports.all[0].address, object);
}

TEST(ArenaDebug, AnAlignedObjectAndAnEarlierChunkAreCheckedAsWell) {
    Reports reports;
    TestArena arena(debug_config(&reports));
    void* aligned = morph_arena_alloc_aligned(arena, 24, 512);
    void* large = morph_arena_alloc_aligned(arena, kChunkBytes, 4096);
    while (arena.stats().chunks < 3) ASSERT_NE(morph_arena_alloc(arena, 4000), nullptr);
    write_behind(aligned, 24, 1);
    write_behind(large, kChunkBytes, 1);
    morph_arena_reset(arena);
    ASSERT_EQ(reports.all.size(), 2u);
    EXPECT_EQ(reports.all[0].address, aligned);
    EXPECT_EQ(reports.all[1].address, large);
}

TEST(ArenaDebug, ReleaseReportsFailsAndChangesNothing) {
    Reports reports;
    TestArena arena(debug_config(&reports));
    void* outside = morph_arena_alloc(arena, 24);
    MorphArenaMark* mark = morph_arena_mark(arena);
    void* inside = morph_arena_alloc(arena, 24);
    write_behind(outside, 24, 1);
    MorphArenaMark* inner = morph_arena_mark(arena);
    ASSERT_NE(morph_arena_alloc(arena, 24), nullptr);
    EXPECT_EQ(morph_arena_release(arena, inner), MORPH_OK) << "only what is freed is checked";
    EXPECT_TRUE(reports.all.empty());
    write_behind(inside, 25, 1);
    MorphArenaStats before = arena.stats();
    EXPECT_EQ(morph_arena_release(arena, mark), MORPH_ERROR_CORRUPTION);
    expect_equal(arena.stats(), before);
    ASSERT_EQ(reports.all.size(), 1u);
    EXPECT_EQ(reports.all[0].address, inside);
    morph_arena_reset(arena);  // frees all the same: nothing could tell the caller it did not
    EXPECT_EQ(reports.all.size(), 3u);
    EXPECT_EQ(arena.stats().bytes_used, 0u);
}

TEST(ArenaDebugDeathTest, WithoutAHandlerAnOverrunAborts) {
    MorphArenaConfig config{};
    config.enable_debug = true;
    MorphArena* arena = morph_arena_create(&config);
    write_behind(morph_arena_alloc(arena, 3), 3, 1);
    EXPECT_EXIT(morph_arena_destroy(arena), testing::KilledBySignal(SIGABRT),
                "morph: guard overwritten: arena object .* of 3 bytes: byte 0 behind its end");
    // The damage is done in this process as well: leave the arena to the system, not to destroy.
}

TEST(ArenaDebug, TheLogGrowsAndShrinksWithTheObjects) {
    Reports reports;
    TestArena arena(debug_config(&reports));
    std::vector<MorphArenaMark*> marks;
    for (int scope = 0; scope < 20; ++scope) {
        marks.push_back(morph_arena_mark(arena));
        for (int count = 0; count < 101; ++count) ASSERT_NE(morph_arena_alloc(arena, 0), nullptr);
        ASSERT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
    }
    size_t requests = arena.meter.requests;
    for (size_t left : {size_t{18}, size_t{13}, size_t{12}, size_t{5}, size_t{0}}) {
        ASSERT_EQ(morph_arena_release(arena, marks[left]), MORPH_OK);
        ASSERT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
        ASSERT_EQ(arena.stats().bytes_used, left * 101 * 8);
        MorphArenaMark* again = morph_arena_mark(arena);
        for (int count = 0; count < 60; ++count) ASSERT_NE(morph_arena_alloc(arena, 0), nullptr);
        ASSERT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
        ASSERT_EQ(morph_arena_release(arena, again), MORPH_OK);
    }
    EXPECT_EQ(arena.meter.requests, requests) << "pages of the log are kept";
}

// Breaks the arena in each way that verify names, and mends it again.
TEST(ArenaCheck, EachBrokenInvariantIsNamed) {
    TestArena arena;
    MorphArenaMark* mark = morph_arena_mark(arena);
    (void)mark;
    while (arena.stats().chunks < 3) (void)morph_arena_alloc(arena, 1000);
    void* large = morph_arena_alloc(arena, kChunkBytes);
    ASSERT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
    auto expect_broken = [&](const char* id) {
        EXPECT_EQ(morph_arena_verify(arena), MORPH_ERROR_CORRUPTION);
        EXPECT_NE(strstr(arena.error().text, id), nullptr) << arena.error().text;
    };
    auto* current = reinterpret_cast<morph::ArenaChunk*>(morph::chunk_of(arena->cursor - 1));
    auto* head = reinterpret_cast<morph::LargeChunk*>(morph::chunk_of(large));

    arena->cursor += 4;
    expect_broken("ARENA-CURSOR");
    arena->cursor -= 4;
    arena->limit += 8;
    expect_broken("ARENA-LIMIT");
    arena->limit -= 8;
    current->used_before += 8;
    expect_broken("ARENA-BYTES");
    current->used_before -= 8;
    current->index += 1;
    expect_broken("ARENA-CHAIN");
    current->index -= 1;
    auto* previous = reinterpret_cast<morph::ArenaChunk*>(current->chunk.previous);
    current->chunk.previous = nullptr;
    expect_broken("ARENA-CHAIN");
    current->chunk.previous = &previous->chunk;
    previous->chunk.next = nullptr;  // the chain loses its end
    expect_broken("ARENA-CHAIN");
    previous->chunk.next = &current->chunk;
    previous->left_at += 1;
    expect_broken("ARENA-CURSOR");
    previous->left_at -= 1;
    head->footprint += 8;
    expect_broken("ARENA-LARGE");
    head->footprint -= 8;
    head->object += 8;
    expect_broken("ARENA-LARGE");
    head->object -= 8;
    head->chunk.owner = nullptr;
    expect_broken("SOURCE-ALIGN");
    head->chunk.owner = current->chunk.owner;
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK) << arena.error().text;
}

TEST(ArenaDebug, VerifyFindsAnEntryOfTheLogThatIsNoObject) {
    MorphArenaConfig config = {};
    config.enable_debug = true;
    TestArena arena(config);
    ASSERT_NE(morph_arena_alloc(arena, 8), nullptr);
    morph::DebugLog& log = morph::ArenaPeek::log(arena);
    unsigned char elsewhere[16] = {};
    ASSERT_TRUE(log.reserve());
    log.append(elsewhere, 8);
    EXPECT_EQ(morph_arena_verify(arena), MORPH_ERROR_CORRUPTION);
    EXPECT_NE(std::string(arena.error().text).find("ARENA-LOG"), std::string::npos);
    log.shrink(log.count() - 1);
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
}

}  // namespace
