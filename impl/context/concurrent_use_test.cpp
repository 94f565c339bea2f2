// One arena, pool or context, two threads: every function of the interface, in debug mode.
#include <cstdio>
#include <cstring>

#include "context/concurrent_use_for_tests.h"

#include "morph/arena.h"
#include "morph/general.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace morph {
namespace {

TEST(ConcurrentUse, EveryCallOfAnArenaIsRefused) {
    Gate gate;
    ConcurrencyReports reports;
    MorphArenaConfig config = {};
    config.enable_debug = true;
    config.memory = gate.limits();
    config.report = ConcurrencyReports::keep;
    config.report_user = &reports;
    MorphArena* arena = morph_arena_create(&config);
    ASSERT_NE(arena, nullptr);
    MorphArenaMark* mark = morph_arena_mark(arena);
    void* object = morph_arena_alloc(arena, 8);
    MorphArenaStats before = morph_arena_stats(arena);
    using A = MorphArena;
    const std::vector<Refusable<A>> calls = {
        {"morph_arena_alloc", [](A* a) { return morph_arena_alloc(a, 8) == nullptr; }},
        {"morph_arena_alloc_aligned",
         [](A* a) { return morph_arena_alloc_aligned(a, 8, 64) == nullptr; }},
        {"morph_arena_alloc_zeroed",
         [](A* a) { return morph_arena_alloc_zeroed(a, 8) == nullptr; }},
        {"morph_arena_reset", [](A* a) { return morph_arena_reset(a), true; }},
        {"morph_arena_mark", [](A* a) { return morph_arena_mark(a) == nullptr; }},
        {"morph_arena_release", [=](A* a) { return is_refusal(morph_arena_release(a, mark)); }},
        {"morph_arena_stats", [](A* a) { return morph_arena_stats(a).bytes_mapped == 0; }},
        {"morph_arena_contains", [=](A* a) { return !morph_arena_contains(a, object); }},
        {"morph_arena_verify", [](A* a) { return is_refusal(morph_arena_verify(a)); }},
        {"morph_arena_destroy", [](A* a) { return morph_arena_destroy(a), true; }},
    };
    void* large = nullptr;
    Guest guest(gate, [&] { large = morph_arena_alloc(arena, 2 * morph_chunk_bytes()); });
    expect_each_refused<A>(arena, arena, calls, morph_arena_last_error, reports);
    guest.leave();
    EXPECT_NE(large, nullptr) << "whom it did not disturb";
    EXPECT_EQ(morph_arena_verify(arena), MORPH_OK);
    EXPECT_EQ(morph_arena_stats(arena).large_objects, before.large_objects + 1);
    EXPECT_EQ(morph_arena_stats(arena).scopes, before.scopes);
    EXPECT_EQ(morph_arena_last_error(arena).code, MORPH_OK) << "the object's own error";
    morph_arena_destroy(arena);
    EXPECT_TRUE(reports.kinds.empty());
}

TEST(ConcurrentUse, EveryCallOfAPoolIsRefused) {
    Gate gate;
    ConcurrencyReports reports;
    MorphPoolConfig config = {};
    config.enable_debug = true;
    config.memory = gate.limits();
    config.report = ConcurrencyReports::keep;
    config.report_user = &reports;
    MorphPool* pool = morph_pool_create(&config);
    ASSERT_NE(pool, nullptr);
    using P = MorphPool;
    void* object = nullptr;  // of the guest's call
    int there = 0;
    auto visit = [](void*, void*, size_t, uint32_t) { return true; };
    const std::vector<Refusable<P>> calls = {
        {"morph_pool_alloc", [](P* p) { return morph_pool_alloc_typed(p, 8, 3) == nullptr; }},
        {"morph_pool_alloc", [](P* p) { return morph_pool_alloc(p, 8) == nullptr; }},
        {"morph_pool_free", [&](P* p) { return is_refusal(morph_pool_free(p, &there, 8)); }},
        {"morph_pool_realloc", [&](P* p) { return morph_pool_realloc(p, &there, 8) == nullptr; }},
        {"morph_pool_reset", [](P* p) { return morph_pool_reset(p), true; }},
        {"morph_pool_query",
         [&](P* p) { return morph_pool_query(p, &there).room == MORPH_ROOM_NONE; }},
        {"morph_pool_walk", [=](P* p) { return morph_pool_walk(p, visit, nullptr), true; }},
        {"morph_pool_stats", [](P* p) { return morph_pool_stats(p).bytes_mapped == 0; }},
        {"morph_pool_verify", [](P* p) { return is_refusal(morph_pool_verify(p)); }},
        {"morph_pool_destroy", [](P* p) { return morph_pool_destroy(p), true; }},
    };
    Guest guest(gate, [&] { object = morph_pool_alloc(pool, 24); });
    expect_each_refused<P>(pool, pool, calls, morph_pool_last_error, reports);
    guest.leave();
    EXPECT_EQ(morph_pool_verify(pool), MORPH_OK);
    EXPECT_EQ(morph_pool_stats(pool).objects_live, 1u);
    EXPECT_EQ(morph_pool_free(pool, object, 24), MORPH_OK) << "handed over by the join";
    EXPECT_EQ(morph_pool_last_error(pool).code, MORPH_OK);
    morph_pool_destroy(pool);
    EXPECT_TRUE(reports.kinds.empty());
}

TEST(ConcurrentUse, EveryCallOfAGeneralAllocatorIsRefused) {
    Gate gate;
    ConcurrencyReports reports;
    MorphGeneralConfig config = {};
    config.enable_debug = true;
    config.memory = gate.limits();
    config.report = ConcurrencyReports::keep;
    config.report_user = &reports;
    MorphGeneral* general = morph_general_create(&config);
    ASSERT_NE(general, nullptr);
    void* object = morph_general_alloc(general, 40);
    using G = MorphGeneral;
    const std::vector<Refusable<G>> calls = {
        {"morph_general_alloc", [](G* g) { return morph_general_alloc(g, 8) == nullptr; }},
        {"morph_general_alloc", [](G* g) { return morph_general_alloc(g, 9000) == nullptr; }},
        {"morph_general_alloc_zeroed",
         [](G* g) { return morph_general_alloc_zeroed(g, 8) == nullptr; }},
        {"morph_general_alloc_aligned",
         [](G* g) { return morph_general_alloc_aligned(g, 8, 64) == nullptr; }},
        {"morph_general_realloc",
         [=](G* g) { return morph_general_realloc(g, object, 41) == nullptr; }},
        {"morph_general_realloc",
         [=](G* g) { return morph_general_realloc(g, object, 9000) == nullptr; }},
        {"morph_general_free", [=](G* g) { return is_refusal(morph_general_free(g, object)); }},
        {"morph_general_size", [=](G* g) { return morph_general_size(g, object) == 0; }},
        {"morph_general_reset", [](G* g) { return morph_general_reset(g), true; }},
        {"morph_general_query",
         [=](G* g) { return morph_general_query(g, object).room == MORPH_ROOM_NONE; }},
        {"morph_general_stats", [](G* g) { return morph_general_stats(g).bytes_mapped == 0; }},
        {"morph_general_verify", [](G* g) { return is_refusal(morph_general_verify(g)); }},
        {"morph_general_destroy", [](G* g) { return morph_general_destroy(g), true; }},
    };
    void* large = nullptr;
    Guest guest(gate, [&] { large = morph_general_alloc(general, 2 * morph_chunk_bytes()); });
    expect_each_refused<G>(general, general, calls, morph_general_last_error, reports);
    guest.leave();
    EXPECT_NE(large, nullptr);
    EXPECT_EQ(morph_general_verify(general), MORPH_OK);
    EXPECT_EQ(morph_general_stats(general).total.objects_live, 2u);
    EXPECT_EQ(morph_general_stats(general).failures, 0u);
    EXPECT_EQ(morph_general_free(general, object), MORPH_OK);
    EXPECT_EQ(morph_general_last_error(general).code, MORPH_OK);
    morph_general_destroy(general);
    EXPECT_TRUE(reports.kinds.empty());
}

using C = MorphMemContext;

std::vector<Refusable<C>> context_calls(void* object, size_t size, uint32_t type) {
    auto visit = [](void*, void*, size_t, uint32_t) { return true; };
    return {
        {"morph_mem_alloc", [=](C* c) { return morph_mem_alloc(c, size, type) == nullptr; }},
        {"morph_mem_alloc_zeroed",
         [=](C* c) { return morph_mem_alloc_zeroed(c, size, type) == nullptr; }},
        {"morph_mem_alloc_with",
         [=](C* c) {
             return morph_mem_alloc_with(c, size, 16, type, MORPH_PLACE_ARENA) == nullptr;
         }},
        {"morph_mem_realloc",
         [=](C* c) { return morph_mem_realloc(c, object, size, 2 * size, type) == nullptr; }},
        {"morph_mem_free", [=](C* c) { return is_refusal(morph_mem_free(c, object)); }},
        {"morph_mem_free", [=](C* c) { return is_refusal(morph_mem_free(c, nullptr)); }},
        {"morph_mem_reset", [](C* c) { return morph_mem_reset(c), true; }},
        {"morph_mem_query",
         [=](C* c) { return morph_mem_query(c, object).room == MORPH_ROOM_NONE; }},
        {"morph_mem_register_type",
         [](C* c) {
             const MorphMemTypeInfo info = {};
             return morph_mem_register_type(c, &info) == MORPH_TYPE_INVALID;
         }},
        {"morph_mem_register_type",
         [](C* c) { return morph_mem_register_type(c, nullptr) == MORPH_TYPE_INVALID; }},
        {"morph_mem_get_stats",
         [](C* c) {
             MorphMemStats stats = {};
             stats.types = 77;
             return is_refusal(morph_mem_get_stats(c, &stats)) && stats.types == 77;
         }},
        {"morph_mem_get_stats", [](C* c) { return is_refusal(morph_mem_get_stats(c, nullptr)); }},
        {"morph_mem_get_type_stats",
         [=](C* c) {
             MorphMemTypeStats stats = {};
             return is_refusal(morph_mem_get_type_stats(c, type, &stats));
         }},
        {"morph_mem_format_stats",
         [](C* c) {
             char text[8] = "before";
             return morph_mem_format_stats(c, MORPH_FORMAT_TEXT, text, sizeof(text)) == 0 &&
                    text[0] == '\0';
         }},
        {"morph_mem_print_stats",
         [](C* c) {
             FILE* stream = tmpfile();
             bool refused = is_refusal(morph_mem_print_stats(c, stream)) && ftell(stream) == 0;
             fclose(stream);
             return refused;
         }},
        {"morph_mem_dump_stats",
         [](C* c) { return is_refusal(morph_mem_dump_stats(c, "/nowhere/at/all.json")); }},
        {"morph_mem_verify", [](C* c) { return is_refusal(morph_mem_verify(c)); }},
        {"morph_mem_walk", [=](C* c) { return morph_mem_walk(c, visit, nullptr), true; }},
        {"morph_mem_destroy", [](C* c) { return is_refusal(morph_mem_destroy(c)); }},
    };
}

// Those of the collector: refused by the context where it has no heap to show, else by the heap.
std::vector<Refusable<C>> collector_calls(void** slot) {
    return {
        {"morph_mem_gc_collect", [](C* c) { return is_refusal(morph_mem_gc_collect(c)); }},
        {"morph_mem_gc_collect_minor",
         [](C* c) { return is_refusal(morph_mem_gc_collect_minor(c)); }},
        {"morph_mem_gc_push_root",
         [=](C* c) { return is_refusal(morph_mem_gc_push_root(c, slot)); }},
        {"morph_mem_gc_pop_roots", [](C* c) { return is_refusal(morph_mem_gc_pop_roots(c, 1)); }},
    };
}

struct Case {
    MorphMemMode mode;
    bool v1;
};

class ContextConcurrentUse : public testing::TestWithParam<Case> {};

TEST_P(ContextConcurrentUse, EveryCallIsRefused) {
    Gate gate;
    ConcurrencyReports reports;
    bool runtime = GetParam().mode == MORPH_MODE_RUNTIME;
    MorphMemConfig config = runtime ? MORPH_CONFIG_RUNTIME : MORPH_CONFIG_COMPILER;
    config.enable_v1 = GetParam().v1;
    config.enable_debug = true;
    config.memory = gate.limits();
    config.report = ConcurrencyReports::keep;
    config.report_user = &reports;
    C* context = morph_mem_init(&config);
    ASSERT_NE(context, nullptr) << morph_creation_error().text;
    const MorphMemTypeInfo info = {};
    uint32_t type = morph_mem_register_type(context, &info);
    void* object = morph_mem_alloc(context, 40, type);
    ASSERT_NE(object, nullptr);
    memset(object, 1, 40);
    void* slot = nullptr;
    void* large = nullptr;
    Guest guest(gate, [&] {
        large = morph_mem_alloc_with(context, 2 * morph_chunk_bytes(), 8, type, MORPH_PLACE_ARENA);
    });
    auto calls = context_calls(object, 40, type);
    if (runtime) {
        // Served by the inline path of its heap, which the report names.
        EXPECT_TRUE(calls.front().refused(context));
        EXPECT_EQ(reports.kinds, std::vector{MORPH_REPORT_CONCURRENT_USE});
        EXPECT_EQ(reports.address, morph_mem_heap(context));
        calls.erase(calls.begin());
    }
    expect_each_refused<C>(context, context, calls, morph_mem_last_error, reports);
    if (!runtime) {
        expect_each_refused<C>(context, context, collector_calls(&slot), morph_mem_last_error,
                               reports);
    }
    guest.leave();
    ASSERT_NE(large, nullptr);
    EXPECT_EQ(morph_mem_verify(context), MORPH_OK) << morph_mem_last_error(context).text;
    MorphMemStats stats = {};
    EXPECT_EQ(morph_mem_get_stats(context, &stats), MORPH_OK);
    EXPECT_EQ(stats.total.objects_live, 2u);
    EXPECT_EQ(stats.types, 2u) << "none, and ours";
    EXPECT_EQ(stats.failures, 0u) << "nothing of the object is written, not even that";
    EXPECT_EQ(morph_mem_last_error(context).code, MORPH_OK);
    if (!runtime) {
        EXPECT_EQ(morph_mem_free(context, object), MORPH_OK);
    }
    EXPECT_EQ(morph_mem_destroy(context), MORPH_OK);
    EXPECT_TRUE(reports.kinds.empty());
}

INSTANTIATE_TEST_SUITE_P(Modes, ContextConcurrentUse,
                         testing::Values(Case{MORPH_MODE_COMPILER, false},
                                         Case{MORPH_MODE_COMPILER, true},
                                         Case{MORPH_MODE_RUNTIME, false},
                                         Case{MORPH_MODE_RUNTIME, true}));

}  // namespace
}  // namespace morph
