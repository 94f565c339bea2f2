// Contexts as a whole: figures, failure at every request, threads.
#include <random>
#include <thread>

#include "context/testing.h"

namespace {

using Lifecycle = morph::ContextTest;

TEST_F(Lifecycle, DestroyingNullIsFine) {
    EXPECT_EQ(morph_mem_destroy(nullptr), MORPH_OK);
}

TEST_F(Lifecycle, AFailureAtAnyRequestOfInitIsCleanAndSaysWhy) {
    open();
    size_t needed = ledger.requests;
    close();
    ASSERT_GE(needed, 2u);
    for (size_t k = 0; k < needed; ++k) {
        ledger.requests = 0;
        ledger.refuse_from = k;
        ledger.refuse_count = SIZE_MAX;
        context = morph_mem_init(&config);
        if (context != nullptr) {  // the table's growth is best effort
            close();
        } else {
            EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_OUT_OF_MEMORY);
            EXPECT_NE(morph_creation_error().text[0], '\0');
        }
        EXPECT_EQ(ledger.granted, 0u) << "refused from " << k;
        EXPECT_TRUE(k >= 2 || context == nullptr);
    }
    ledger.refuse_count = 0;
}

// A program of all calls; returns how many of them failed.
size_t run_everything(MorphMemContext* context, bool check) {
    size_t failures = 0;
    auto note = [&](bool failed) {
        if (!failed) return;
        failures += 1;
        if (check) {
            EXPECT_EQ(morph_mem_last_error(context).code, MORPH_ERROR_OUT_OF_MEMORY);
            EXPECT_EQ(morph_mem_verify(context), MORPH_OK) << morph_mem_last_error(context).text;
        }
    };
    size_t chunk = morph_chunk_bytes();
    for (size_t i = 0; i < 40; ++i) {
        MorphMemTypeInfo info = {};
        info.name = "t";
        note(morph_mem_register_type(context, &info) == MORPH_TYPE_INVALID);
    }
    void* small = morph_mem_alloc(context, 24, 0);
    note(small == nullptr);
    note(morph_mem_alloc(context, 3000, 0) == nullptr);
    void* large = morph_mem_alloc(context, 3 * chunk, 0);
    note(large == nullptr);
    note(morph_mem_alloc_with(context, 10, 2 * chunk, 0, MORPH_PLACE_ARENA) == nullptr);
    note(morph_mem_alloc_zeroed(context, chunk / 2, 0) == nullptr);
    for (size_t i = 0; i < chunk / 1000; ++i) note(morph_mem_alloc(context, 1000, 0) == nullptr);
    if (small != nullptr) note(morph_mem_realloc(context, small, 24, 2 * chunk, 0) == nullptr);
    if (large != nullptr) note(morph_mem_realloc(context, large, 3 * chunk, 500, 0) == nullptr);
    morph_mem_reset(context);
    note(morph_mem_alloc(context, 4 * chunk, 0) == nullptr);
    return failures;
}

TEST_F(Lifecycle, AFailureAtAnyRequestOfAProgramIsCleanOnceAndForEver) {
    for (bool debug : {false, true}) {
        config.enable_debug = debug;
        open();
        size_t first = ledger.requests;
        run_everything(context, false);
        size_t requests = ledger.requests - first;
        close();
        ASSERT_GT(requests, 5u);
        for (size_t count : {size_t{1}, SIZE_MAX}) {
            for (size_t k = 0; k < requests; ++k) {
                open();
                ledger.refuse_from = ledger.requests + k;
                ledger.refuse_count = count;
                size_t failures = run_everything(context, true);
                EXPECT_EQ(stats().failures, failures);
                EXPECT_GE(failures, count == 1 ? 0u : 1u);
                EXPECT_EQ(stats().bytes_mapped, ledger.granted);
                ledger.grant_all();
                EXPECT_NE(morph_mem_alloc(context, 24, 0), nullptr) << "it goes on";
                verify();
                close();
                ASSERT_EQ(ledger.granted, 0u);
            }
        }
        EXPECT_TRUE(reports.empty());
    }
}

TEST_F(Lifecycle, AFailedCallChangesNoFigureButFailures) {
    open();
    add_type("t");
    ASSERT_NE(morph_mem_alloc(context, 24, 0), nullptr);
    auto* object = static_cast<unsigned char*>(morph_mem_alloc(context, 500, 0));
    std::memset(object, 0x31, 500);
    ledger.refuse_next(SIZE_MAX);
    MorphMemStats before = stats();
    size_t huge = 10 * morph_chunk_bytes();
    EXPECT_EQ(morph_mem_alloc(context, huge, 0), nullptr);
    EXPECT_EQ(morph_mem_alloc_zeroed(context, huge, 1), nullptr);
    EXPECT_EQ(morph_mem_alloc_with(context, 24, 8, 0, MORPH_PLACE_ARENA), nullptr);
    EXPECT_EQ(morph_mem_realloc(context, object, 500, huge, 0), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_TRUE(morph::same_figures(before, stats()));
    EXPECT_EQ(stats().failures, 4u);
    for (size_t i = 0; i < 500; ++i) ASSERT_EQ(object[i], 0x31);
    verify();
}

TEST_F(Lifecycle, ASuccessLeavesTheLastErrorAsItWas) {
    open();
    EXPECT_EQ(error().code, MORPH_OK);
    EXPECT_EQ(morph_mem_alloc(context, 8, 77), nullptr);
    std::string text = error().text;
    EXPECT_NE(morph_mem_alloc(context, 8, 0), nullptr);
    EXPECT_NE(morph_mem_alloc(context, 8000, 0), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(error().text, text);
}

TEST_F(Lifecycle, TheBoundHoldsAtEveryMoment) {
    config.memory = ledger.limits(6 * morph_chunk_bytes());
    open();
    std::mt19937 random(7);
    for (int i = 0; i < 20000; ++i) {
        size_t size = random() % 100 == 0 ? random() % (8 * morph_chunk_bytes()) : random() % 3000;
        morph_mem_alloc(context, size, 0);
        ASSERT_LE(ledger.granted, config.memory.bytes_max);
        if (i % 5000 == 4999) morph_mem_reset(context);
    }
    EXPECT_GT(stats().failures, 0u);
    EXPECT_LE(stats().bytes_mapped_peak, config.memory.bytes_max);
    verify();
}

TEST_F(Lifecycle, FiguresAreExactOverARandomProgram) {
    open();
    struct Live {
        void* object;
        size_t size;
        uint32_t type;
    };
    for (int i = 0; i < 200; ++i) add_type(nullptr);
    std::vector<Live> live;
    MorphMemCounts total = {}, arena = {};
    MorphMemCounts by_type[201] = {};
    uint64_t peak = 0;
    auto add = [](MorphMemCounts* counts, size_t size) {
        counts->allocations += 1;
        counts->bytes_allocated += size;
        counts->bytes_live += size;
    };
    std::mt19937 random(42);
    for (int step = 0; step < 30000; ++step) {
        if (random() % 3 != 0 || live.empty()) {
            size_t size = random() % 20 == 0 ? random() % 4000 : random() % 300;
            uint32_t type = static_cast<uint32_t>(random() % 201);
            void* object = morph_mem_alloc(context, size, type);
            ASSERT_NE(object, nullptr);
            add(&total, size);
            add(&by_type[type], size);
            peak = std::max(peak, total.bytes_live);
            if (size > 1024) {
                add(&arena, size);
            } else {
                live.push_back({object, size, type});
            }
        } else {
            size_t pick = random() % live.size();
            Live gone = live[pick];
            live[pick] = live.back();
            live.pop_back();
            ASSERT_EQ(morph_mem_free(context, gone.object), MORPH_OK);
            for (MorphMemCounts* counts : {&total, &by_type[gone.type]}) {
                counts->frees += 1;
                counts->bytes_freed += gone.size;
                counts->bytes_live -= gone.size;
            }
        }
        if (step % 1000 != 999) continue;
        MorphMemStats figures = stats();
        morph::expect_counts(figures.total, total.allocations, total.frees, total.bytes_allocated,
                             total.bytes_freed);
        morph::expect_counts(figures.arena, arena.allocations, 0, arena.bytes_allocated, 0);
        morph::expect_counts(figures.pool, total.allocations - arena.allocations, total.frees,
                             total.bytes_allocated - arena.bytes_allocated, total.bytes_freed);
        ASSERT_EQ(figures.bytes_live_peak, peak);
        ASSERT_EQ(figures.bytes_mapped, ledger.granted);
        ASSERT_EQ(
            figures.pool_bytes_mapped + figures.arena_bytes_mapped + figures.metadata_bytes_mapped,
            figures.bytes_mapped);
        for (uint32_t type = 0; type <= 200; ++type) {
            morph::expect_counts(type_stats(type).counts, by_type[type].allocations,
                                 by_type[type].frees, by_type[type].bytes_allocated,
                                 by_type[type].bytes_freed);
        }
        verify();
    }
}

TEST_F(Lifecycle, WithoutMetricsCountsAreZeroAndMemoryIsExact) {
    config.enable_metrics = false;
    open();
    add_type("t");
    void* object = morph_mem_alloc(context, 100, 1);
    void* other = morph_mem_realloc(context, object, 100, 104, 1);
    EXPECT_EQ(other, object);
    morph_mem_alloc(context, 5000, 1);
    morph_mem_alloc(context, 8, 99);
    morph_mem_free(context, other);
    morph_mem_reset(context);
    morph_mem_alloc(context, 200, 1);
    MorphMemStats figures = stats();
    EXPECT_FALSE(figures.metrics);
    morph::expect_counts(figures.total, 0, 0, 0, 0);
    morph::expect_counts(figures.pool, 0, 0, 0, 0);
    morph::expect_counts(figures.arena, 0, 0, 0, 0);
    morph::expect_counts(type_stats(1).counts, 0, 0, 0, 0);
    EXPECT_EQ(figures.bytes_live_peak + figures.resizes + figures.resets + figures.failures, 0u);
    EXPECT_EQ(figures.types, 2u);
    EXPECT_EQ(figures.bytes_mapped, ledger.granted);
    EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
    verify();
}

TEST_F(Lifecycle, NullFiguresAreRefused) {
    open();
    EXPECT_EQ(morph_mem_get_stats(context, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_mem_get_type_stats(context, 0, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
}

TEST_F(Lifecycle, ContextsInTwoThreadsDoNotTouchEachOther) {
    auto work = [](uint32_t seed, bool* ok) {
        *ok = true;
        for (int round = 0; round < 20; ++round) {
            MorphMemContext* own = morph_mem_init(nullptr);
            std::mt19937 random(seed);
            std::vector<unsigned char*> objects;
            for (int i = 0; i < 2000; ++i) {
                auto* object = static_cast<unsigned char*>(morph_mem_alloc(own, 64, 0));
                std::memset(object, static_cast<int>(seed), 64);
                objects.push_back(object);
            }
            for (unsigned char* object : objects) {
                *ok = *ok && object[0] == seed && object[63] == seed;
                *ok = *ok && morph_mem_free(own, object) == MORPH_OK;
            }
            *ok = *ok && morph_mem_init(&MORPH_CONFIG_VM) == nullptr;
            *ok = *ok && morph_creation_error().code == MORPH_ERROR_UNSUPPORTED;
            *ok = *ok && morph_mem_verify(own) == MORPH_OK && morph_mem_destroy(own) == MORPH_OK;
        }
    };
    bool ok[2];
    std::thread first(work, 1, &ok[0]);
    std::thread second(work, 2, &ok[1]);
    first.join();
    second.join();
    EXPECT_TRUE(ok[0] && ok[1]);
}

}  // namespace
