// morph/mem.h in RUNTIME mode. As heap_interface_test.cpp, for any implementation.

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>
#include <vector>

#include "reference/heap_testing.h"

#include "morph/mem.h"

namespace {

using reference::kNodeOffsets;
using reference::Node;
using reference::Witness;

struct RuntimeMode : ::testing::Test {
    void open() {
        config.memory.request = &Witness::request;
        config.memory.returned = &Witness::returned;
        config.memory.user = &witness;
        config.report = &Witness::report;
        config.report_user = &witness;
        memory = morph_mem_init(&config);
        ASSERT_NE(memory, nullptr) << morph_creation_error().text;
        const MorphMemTypeInfo info = reference::offsets_type("node", kNodeOffsets, 2);
        node = morph_mem_register_type(memory, &info);
        ASSERT_EQ(node, 1u);
    }
    void close() {
        EXPECT_EQ(morph_mem_verify(memory), MORPH_OK) << error().text;
        EXPECT_EQ(morph_mem_destroy(memory), MORPH_OK);
        EXPECT_EQ(witness.balance, 0);
        memory = nullptr;
    }
    void TearDown() override {
        if (memory == nullptr) return;
        morph_mem_reset(memory);  // roots are variables of the test, which are gone
        close();
    }
    MorphError error() const { return morph_mem_last_error(memory); }
    MorphMemStats stats() const {
        MorphMemStats figures = {};
        EXPECT_EQ(morph_mem_get_stats(memory, &figures), MORPH_OK);
        return figures;
    }
    Node* make(uint64_t value) {
        auto* object = static_cast<Node*>(morph_mem_alloc(memory, sizeof(Node), node));
        if (object != nullptr) object->value = value;
        return object;
    }
    MorphCode push(Node** variable) {
        return morph_mem_gc_push_root(memory, reinterpret_cast<void**>(variable));
    }
    void expect_refused(const void* object, MorphCode code) {
        EXPECT_EQ(object, nullptr);
        EXPECT_EQ(error().code, code) << error().text;
    }

    MorphMemConfig config = MORPH_CONFIG_RUNTIME;
    Witness witness;
    MorphMemContext* memory = nullptr;
    uint32_t node = 0;
};

TEST_F(RuntimeMode, IsAHeapBehindTheCallsOfAContext) {
    open();
    ASSERT_NE(morph_mem_heap(memory), nullptr);
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    EXPECT_EQ(morph_heap_root_depth(morph_mem_heap(memory)), 1u);
    for (uint64_t value = 0; value < 100; ++value) {
        Node* fresh = make(value);
        ASSERT_NE(fresh, nullptr);
        morph_mem_write(memory, fresh, reinterpret_cast<void**>(&fresh->left), list);
        list = fresh;
        make(0);
    }
    EXPECT_EQ(stats().total.allocations, 200u);
    ASSERT_EQ(morph_mem_gc_collect_minor(memory), MORPH_OK);
    ASSERT_EQ(morph_mem_gc_collect(memory), MORPH_OK);
    const MorphMemStats figures = stats();
    EXPECT_EQ(figures.mode, MORPH_MODE_RUNTIME);
    EXPECT_TRUE(figures.metrics);
    EXPECT_EQ(figures.total.objects_live, 100u);
    EXPECT_EQ(figures.heap.counts.objects_live, 100u);
    EXPECT_EQ(figures.heap.minor.count, 1u);
    EXPECT_EQ(figures.heap.major.count, 1u);
    EXPECT_EQ(figures.heap.major_threshold, MORPH_CONFIG_RUNTIME.gc_threshold);
    EXPECT_EQ(figures.types, 2u);
    uint64_t expected = 100;
    for (const Node* at = list; at != nullptr; at = at->left) ASSERT_EQ(at->value, --expected);
    EXPECT_EQ(expected, 0u);
    EXPECT_EQ(morph_mem_query(memory, list).type, node);
    MorphMemTypeStats type = {};
    ASSERT_EQ(morph_mem_get_type_stats(memory, node, &type), MORPH_OK);
    EXPECT_STREQ(type.name, "node");
    EXPECT_EQ(type.layout, MORPH_LAYOUT_OFFSETS);
    EXPECT_EQ(type.counts.objects_live, 100u);
    uint64_t walked = 0;
    morph_mem_walk(
        memory,
        [](void* user, void*, size_t, uint32_t) {
            ++*static_cast<uint64_t*>(user);
            return true;
        },
        &walked);
    EXPECT_EQ(walked, 100u);
    EXPECT_EQ(morph_mem_gc_pop_roots(memory, 2), MORPH_ERROR_SCOPE);
    EXPECT_EQ(morph_mem_gc_pop_roots(memory, 1), MORPH_OK);
    ASSERT_EQ(morph_mem_gc_collect(memory), MORPH_OK);
    EXPECT_EQ(stats().total.objects_live, 0u);
}

TEST_F(RuntimeMode, EveryAllocationIsZeroedAndAsAsked) {
    open();
    for (const size_t size : {24ul, 1000ul, 100000ul}) {
        for (const MorphMemPlacement placement :
             {MORPH_PLACE_BY_SIZE, MORPH_PLACE_POOL, MORPH_PLACE_ARENA}) {
            auto* object = static_cast<unsigned char*>(
                morph_mem_alloc_with(memory, size, 64, node, placement));
            ASSERT_NE(object, nullptr) << error().text;
            EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % 64, 0u);
            EXPECT_TRUE(std::all_of(object, object + size, [](unsigned b) { return b == 0; }));
        }
        EXPECT_NE(morph_mem_alloc_zeroed(memory, size, node), nullptr);
    }
    const MorphMemPlacement none = static_cast<MorphMemPlacement>(3);
    expect_refused(morph_mem_alloc(memory, 24, 2), MORPH_ERROR_UNKNOWN_TYPE);
    expect_refused(morph_mem_alloc(memory, 8, node), MORPH_ERROR_INVALID_ARGUMENT);
    expect_refused(morph_mem_alloc_zeroed(memory, SIZE_MAX, 0), MORPH_ERROR_TOO_LARGE);
    expect_refused(morph_mem_alloc_with(memory, 8, 8, 2, none), MORPH_ERROR_UNKNOWN_TYPE);
    expect_refused(morph_mem_alloc_with(memory, SIZE_MAX, 8, 0, none),
                   MORPH_ERROR_INVALID_ARGUMENT);
    expect_refused(morph_mem_alloc_with(memory, SIZE_MAX, 24, 0, MORPH_PLACE_ARENA),
                   MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(stats().failures, 6u);
    EXPECT_EQ(stats().total.allocations, 12u);
}

TEST_F(RuntimeMode, TheCollectorFreesAlone) {
    open();
    Node* object = make(7);
    EXPECT_EQ(morph_mem_free(memory, nullptr), MORPH_OK);
    EXPECT_EQ(morph_mem_free(memory, object), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(error().code, MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(object->value, 7u);
    EXPECT_EQ(stats().total.frees, 0u);
}

TEST_F(RuntimeMode, ReallocationCopiesAndChecksTypeAndSize) {
    for (const bool debug : {false, true}) {
        witness = {};
        config.enable_debug = debug;
        open();
        Node* object = nullptr;
        ASSERT_EQ(push(&object), MORPH_OK);
        object = make(9);
        expect_refused(morph_mem_realloc(memory, object, 24, 48, 77), MORPH_ERROR_UNKNOWN_TYPE);
        expect_refused(morph_mem_realloc(memory, object, 24, SIZE_MAX, node),
                       MORPH_ERROR_TOO_LARGE);
        expect_refused(morph_mem_realloc(memory, object, 24, 48, 0), MORPH_ERROR_INVALID_ARGUMENT);
        expect_refused(morph_mem_realloc(memory, object, 24, 8, node),
                       MORPH_ERROR_INVALID_ARGUMENT);
        EXPECT_TRUE(witness.reports.empty());
        expect_refused(morph_mem_realloc(memory, object, 25, 48, node), MORPH_ERROR_WRONG_SIZE);
        EXPECT_EQ(witness.reports,
                  std::vector<MorphReportKind>(debug ? 1 : 0, MORPH_REPORT_WRONG_SIZE));
        auto* copy = static_cast<Node*>(morph_mem_realloc(memory, object, 24, 48, node));
        ASSERT_NE(copy, nullptr);
        EXPECT_NE(copy, object);
        EXPECT_EQ(copy->value, 9u);
        EXPECT_EQ(morph_mem_query(memory, copy).size, 48u);
        EXPECT_NE(morph_mem_realloc(memory, nullptr, 0, 24, node), nullptr);
        EXPECT_EQ(stats().total.allocations, 3u);
        EXPECT_EQ(stats().failures, 5u);
        EXPECT_EQ(morph_mem_gc_pop_roots(memory, 1), MORPH_OK);
        close();
    }
}

TEST_F(RuntimeMode, ResetFreesAllAndCounts) {
    open();
    Node* object = nullptr;
    ASSERT_EQ(push(&object), MORPH_OK);
    object = make(1);
    morph_mem_reset(memory);
    EXPECT_EQ(stats().resets, 1u);
    EXPECT_EQ(stats().total.objects_live, 0u);
    EXPECT_EQ(stats().total.frees, 1u);
    EXPECT_EQ(stats().heap.roots, 0u);
    EXPECT_NE(make(2), nullptr);
}

TEST_F(RuntimeMode, WithoutMetricsCountsAreZero) {
    config.enable_metrics = false;
    open();
    make(1);
    morph_mem_alloc(memory, 8, 99);
    ASSERT_EQ(morph_mem_gc_collect(memory), MORPH_OK);
    const MorphMemStats figures = stats();
    EXPECT_FALSE(figures.metrics);
    EXPECT_EQ(figures.total.allocations + figures.heap.counts.allocations, 0u);
    EXPECT_EQ(figures.failures + figures.heap.major.count + figures.bytes_live_peak, 0u);
    EXPECT_GT(figures.bytes_mapped, 0u);
    EXPECT_GT(figures.heap.nursery_bytes, 0u);
    EXPECT_EQ(figures.types, 2u);
    MorphMemTypeStats type = {};
    ASSERT_EQ(morph_mem_get_type_stats(memory, node, &type), MORPH_OK);
    EXPECT_EQ(type.counts.allocations, 0u);
}

TEST_F(RuntimeMode, WithoutGenerationsEveryCollectionIsAMajorOne) {
    config.enable_generational = false;
    open();
    ASSERT_EQ(morph_mem_gc_collect_minor(memory), MORPH_OK);
    EXPECT_EQ(stats().heap.minor.count, 0u);
    EXPECT_EQ(stats().heap.major.count, 1u);
}

TEST_F(RuntimeMode, ImpossibleConfigurationsNameFieldAndValue) {
    const auto refused = [](const std::string& text, auto change) {
        MorphMemConfig wrong = MORPH_CONFIG_RUNTIME;
        change(wrong);
        EXPECT_EQ(morph_mem_init(&wrong), nullptr) << text;
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_EQ(std::string(morph_creation_error().text).find(text), 0u)
            << morph_creation_error().text;
    };
    refused("enable_compaction: 1", [](auto& c) { c.enable_compaction = true; });
    refused("arena_block_size: 4096", [](auto& c) { c.arena_block_size = 4096; });
    refused("gc_threshold: ", [](auto& c) { c.gc_threshold = SIZE_MAX; });
    refused("heap.nursery_bytes: 100 ", [](auto& c) { c.heap.nursery_bytes = 100; });
    refused("heap.promotion_age: 16 ", [](auto& c) { c.heap.promotion_age = 16; });
    const size_t least = morph_heap_bytes_min(nullptr) + (size_t{64} << 10);
    refused("memory.bytes_max: " + std::to_string(least - 1) + " ",
            [&](auto& c) { c.memory.bytes_max = least - 1; });
    config.memory.bytes_max = least;
    open();
    EXPECT_NE(make(1), nullptr);
    EXPECT_LE(stats().bytes_mapped_peak, least);
    // What only a collector has must be zero without one.
    MorphMemConfig compiler = MORPH_CONFIG_COMPILER;
    compiler.heap.promotion_age = 2;
    EXPECT_EQ(morph_mem_init(&compiler), nullptr);
    EXPECT_EQ(std::string(morph_creation_error().text).find("heap.promotion_age: 2"), 0u);
    compiler.heap = {};
    compiler.heap.full_collections = true;
    EXPECT_EQ(morph_mem_init(&compiler), nullptr);
}

TEST_F(RuntimeMode, CreationsThatAreRefusedGiveEverythingBack) {
    for (size_t refused = 0;; ++refused) {
        witness = {};
        witness.refuse(refused);
        MorphMemConfig wanted = MORPH_CONFIG_RUNTIME;
        wanted.memory.request = &Witness::request;
        wanted.memory.returned = &Witness::returned;
        wanted.memory.user = &witness;
        MorphMemContext* created = morph_mem_init(&wanted);
        EXPECT_EQ(created == nullptr, witness.requests > refused);
        const bool all_granted = witness.requests <= refused;
        EXPECT_EQ(morph_mem_destroy(created), MORPH_OK);
        EXPECT_EQ(witness.balance, 0);
        if (all_granted) break;
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_OUT_OF_MEMORY);
        ASSERT_LT(refused, 50u);
    }
}

TEST_F(RuntimeMode, StatisticsShowTheHeap) {
    open();
    make(1);
    ASSERT_EQ(morph_mem_gc_collect(memory), MORPH_OK);
    for (const MorphMemFormat format : {MORPH_FORMAT_TEXT, MORPH_FORMAT_JSON, MORPH_FORMAT_CSV}) {
        const size_t length = morph_mem_format_stats(memory, format, nullptr, 0);
        std::string text(length + 1, '\0');
        EXPECT_EQ(morph_mem_format_stats(memory, format, text.data(), text.size()), length);
        text.resize(length);
        EXPECT_NE(text.find("node"), std::string::npos);
        EXPECT_NE(text.find("promoted"), std::string::npos) << text;
        if (format != MORPH_FORMAT_JSON) continue;
        const auto json = nlohmann::json::parse(text, nullptr, false);
        ASSERT_FALSE(json.is_discarded()) << text;
        EXPECT_EQ(json["mode"], "runtime");
        EXPECT_EQ(json["total"]["allocations"], 1);
        EXPECT_TRUE(json["heap"].is_object());
    }
}

TEST_F(RuntimeMode, TheEnvironmentTurnsDebugModeOn) {
    setenv("MORPH_MEM_DEBUG", "1", 1);
    open();
    unsetenv("MORPH_MEM_DEBUG");
    Node* object = nullptr;
    ASSERT_EQ(push(&object), MORPH_OK);
    object = make(1);
    object->left = object;
    ASSERT_EQ(morph_mem_gc_collect(memory), MORPH_OK);
    EXPECT_EQ(witness.reports, std::vector<MorphReportKind>{MORPH_REPORT_MISSED_BARRIER});
}

}  // namespace
