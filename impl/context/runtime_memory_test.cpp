// RUNTIME mode: bound, balance, failure at every request, debug mode, leaks, threads.
#include <thread>

#include "context/runtime.h"
#include "context/runtime_for_tests.h"

namespace morph {

struct RuntimePeek {
    RuntimeContext& context;
    size_t& bytes_max() { return context.limits_.bytes_max; }
};

}  // namespace morph

namespace {

using morph::Node;

class RuntimeMemory : public morph::RuntimeTest {
 protected:
    void bound_to(size_t beyond_the_least) {
        config.memory =
            ledger.limits(morph_heap_bytes_min(&config.heap) + (64 << 10) + beyond_the_least);
    }
};

TEST_F(RuntimeMemory, BothAccountsAreExactAtEveryMoment) {
    open();
    expect_exact();
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    for (int round = 0; round < 20; ++round) {
        grow(&list, 1000);
        expect_exact();
        ASSERT_NE(morph_mem_alloc(context, 2 * morph_chunk_bytes(), 0), nullptr);
        expect_exact();
        if (round % 7 == 6) {
            list = nullptr;
            EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
        }
        for (int i = 0; i < 100; ++i) add_nodes("another");
        expect_exact();
        verify();
    }
}

TEST_F(RuntimeMemory, UnderTheLeastBoundItWorksAndNeverExceedsIt) {
    bound_to(0);
    open();
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    uint64_t kept = 0;
    while (Node* fresh = make(kept)) {
        link(fresh, &fresh->right, list);
        list = fresh;
        kept += 1;
        ASSERT_LE(ledger.granted, config.memory.bytes_max);
        ASSERT_LT(kept, config.memory.bytes_max / sizeof(Node));
    }
    EXPECT_EQ(error().code, MORPH_ERROR_OUT_OF_MEMORY) << error().text;
    EXPECT_GT(kept * sizeof(Node), morph_chunk_bytes() / 2) << "what there is is used";
    EXPECT_EQ(length(list), kept);
    verify();
    expect_exact();
    list = nullptr;
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    grow(&list, kept / 2);
    verify();
    expect_exact();
}

TEST_F(RuntimeMemory, TheBoundIsKeptToTheByte) {
    const size_t size = morph_heap_bytes_min(&config.heap) + 5 * morph_chunk_bytes();
    open();
    ASSERT_NE(morph_mem_alloc(context, size, 0), nullptr);
    size_t needed = stats().bytes_mapped_peak;
    close();
    for (size_t bound : {needed, needed - 1}) {
        config.memory = ledger.limits(bound);
        open();
        EXPECT_EQ(morph_mem_alloc(context, size, 0) != nullptr, bound == needed);
        EXPECT_EQ(error().code, bound == needed ? MORPH_OK : MORPH_ERROR_OUT_OF_MEMORY);
        expect_exact();
        close();
    }
}

TEST_F(RuntimeMemory, VerifyNoticesABoundThatIsExceeded) {
    bound_to(10 << 20);
    open();
    verify();
    morph::RuntimePeek peek = {*morph::runtime_of(context)};
    size_t bound = peek.bytes_max();
    peek.bytes_max() = stats().bytes_mapped - 1;
    EXPECT_EQ(morph_mem_verify(context), MORPH_ERROR_CORRUPTION);
    EXPECT_STREQ(error().text, "RUNTIME-BOUND is broken");
    peek.bytes_max() = stats().bytes_mapped;
    verify();
    peek.bytes_max() = bound;
}

TEST_F(RuntimeMemory, AFailureAtAnyRequestOfInitIsCleanAndSaysWhy) {
    ContextTest::open();
    size_t needed = ledger.requests;
    close();
    ASSERT_GE(needed, 3u);
    for (size_t k = 0; k < needed; ++k) {
        ledger.requests = 0;
        ledger.refuse_from = k;
        ledger.refuse_count = SIZE_MAX;
        context = morph_mem_init(&config);
        EXPECT_EQ(context, nullptr) << k;
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_OUT_OF_MEMORY);
        EXPECT_NE(morph_creation_error().text[0], '\0');
        EXPECT_EQ(ledger.granted, 0u) << "refused from " << k;
    }
    ledger.refuse_count = 0;
}

TEST_F(RuntimeMemory, AFailureAtAnyRequestOfAProgramIsCleanOnceAndForEver) {
    auto program = [&](Node** list) {
        size_t failures = push(list) != MORPH_OK ? 1u : 0u;
        for (uint64_t i = 0; i < 3000; ++i) {
            if (i % 100 == 0 && add_nodes("t") == MORPH_TYPE_INVALID) failures += 1;
            if (i % 500 == 0 && !morph_mem_alloc(context, 2 * morph_chunk_bytes(), 0)) {
                failures += 1;
            }
            Node* fresh = make(i);
            if (fresh == nullptr) {
                failures += 1;
                continue;
            }
            link(fresh, &fresh->right, *list);
            *list = fresh;
        }
        return failures;
    };
    config.memory = ledger.limits();
    ContextTest::open();
    node = add_nodes("node");
    size_t first = ledger.requests;
    Node* list = nullptr;
    ASSERT_EQ(program(&list), 0u);
    EXPECT_EQ(length(list), 3000u);
    size_t requests = ledger.requests - first;
    close();
    ASSERT_GT(requests, 5u);
    for (size_t count : {size_t{1}, SIZE_MAX}) {
        for (size_t k = 0; k < requests; ++k) {
            open();
            list = nullptr;
            ledger.refuse_from = ledger.requests + k;
            ledger.refuse_count = count;
            size_t failures = program(&list);
            EXPECT_EQ(stats().failures, failures) << k;
            expect_exact();
            verify();
            ledger.grant_all();
            EXPECT_NE(make(0), nullptr) << "it goes on";
            EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
            EXPECT_GE(stats().total.objects_live, length(list));
            verify();
            close();
            ASSERT_EQ(ledger.granted, 0u);
        }
    }
}

TEST_F(RuntimeMemory, DebugModeFindsAStoreThatSkippedTheBarrier) {
    for (bool by_variable : {false, true}) {
        morph::Variable variable("MORPH_MEM_DEBUG", "1");
        if (!by_variable) unsetenv("MORPH_MEM_DEBUG");
        config.enable_debug = !by_variable;
        open();
        Node* object = make(1);
        ASSERT_EQ(push(&object), MORPH_OK);
        Node* other = make(2);
        object->left = other;  // not by morph_mem_write
        EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
        ASSERT_EQ(reports.size(), 1u);
        EXPECT_EQ(reports[0].kind, MORPH_REPORT_MISSED_BARRIER);
        EXPECT_EQ(reports[0].type, node);
        reports.clear();
        close();
    }
}

TEST_F(RuntimeMemory, LeaksAreWhatRootsStillReachAtDestroy) {
    config.report_leaks = true;
    open();
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    grow(&list, 100);
    for (int i = 0; i < 50; ++i) ASSERT_NE(make(1), nullptr);  // garbage is no leak
    close();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].kind, MORPH_REPORT_LEAK);
    EXPECT_EQ(reports[0].type, node);
    EXPECT_NE(reports[0].text.find("100"), std::string::npos) << reports[0].text;
    EXPECT_NE(reports[0].text.find("node"), std::string::npos) << reports[0].text;
    reports.clear();
    open();
    ASSERT_NE(make(1), nullptr);
    close();
    EXPECT_TRUE(reports.empty());
}

TEST_F(RuntimeMemory, ContextsOfBothModesInTwoThreadsDoNotTouchEachOther) {
    auto work = [](const MorphMemConfig& preset, bool* ok) {
        *ok = true;
        for (int round = 0; round < 5; ++round) {
            MorphMemConfig own_config = preset;
            if (own_config.mode == MORPH_MODE_RUNTIME) own_config.heap.nursery_bytes = 8192;
            MorphMemContext* own = morph_mem_init(&own_config);
            *ok = *ok && own != nullptr;
            if (!*ok) return;
            for (size_t i = 0; i < 5000; ++i) {
                *ok = *ok && morph_mem_alloc(own, i % 300, MORPH_TYPE_NONE) != nullptr;
            }
            *ok = *ok && morph_mem_alloc(own, 8, 7) == nullptr;
            *ok = *ok && morph_mem_last_error(own).code == MORPH_ERROR_UNKNOWN_TYPE;
            *ok = *ok && morph_mem_verify(own) == MORPH_OK && morph_mem_destroy(own) == MORPH_OK;
        }
    };
    bool ok[3];
    std::thread first([&] { work(MORPH_CONFIG_RUNTIME, &ok[0]); });
    std::thread second([&] { work(MORPH_CONFIG_RUNTIME, &ok[1]); });
    std::thread third([&] { work(MORPH_CONFIG_COMPILER, &ok[2]); });
    first.join();
    second.join();
    third.join();
    EXPECT_TRUE(ok[0] && ok[1] && ok[2]);
}

}  // namespace
