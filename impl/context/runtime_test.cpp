// RUNTIME mode: the heap behind the calls of a context.
#include "context/runtime.h"

#include "context/runtime_for_tests.h"

namespace {

using morph::Node;
using Runtime = morph::RuntimeTest;

TEST_F(Runtime, ThePresetWorksAsItIs) {
    MorphMemContext* plain = morph_mem_init(&MORPH_CONFIG_RUNTIME);
    ASSERT_NE(plain, nullptr) << morph_creation_error().text;
    ASSERT_NE(morph_mem_heap(plain), nullptr);
    EXPECT_NE(morph_mem_alloc(plain, 100, MORPH_TYPE_NONE), nullptr);
    MorphMemStats figures;
    EXPECT_EQ(morph_mem_get_stats(plain, &figures), MORPH_OK);
    EXPECT_EQ(figures.mode, MORPH_MODE_RUNTIME);
    EXPECT_EQ(figures.heap.major_threshold, MORPH_CONFIG_RUNTIME.gc_threshold);
    EXPECT_EQ(morph_mem_verify(plain), MORPH_OK);
    EXPECT_EQ(morph_mem_destroy(plain), MORPH_OK);
}

TEST_F(Runtime, KeepsWhatRootsReachAndNothingElse) {
    open();
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    grow(&list, 2000);
    for (int i = 0; i < 5000; ++i) ASSERT_NE(make(7), nullptr);
    verify();
    EXPECT_GT(stats().heap.minor.count, 5u) << "the nursery was full now and then";
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    EXPECT_EQ(length(list), 2000u);
    EXPECT_EQ(list->value, 1999u);
    EXPECT_EQ(stats().total.objects_live, 2000u);
    EXPECT_EQ(stats().total.bytes_live, 2000 * sizeof(Node));
    morph::expect_counts(type_stats(node).counts, 7000, 5000, 7000 * sizeof(Node),
                         5000 * sizeof(Node));
    EXPECT_EQ(morph_mem_gc_pop_roots(context, 1), MORPH_OK);
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    EXPECT_EQ(stats().total.objects_live, 0u);
    verify();
    expect_exact();
}

TEST_F(Runtime, CallsOfTheCollectorAreTheHeaps) {
    open();
    EXPECT_EQ(morph_mem_gc_pop_roots(context, 1), MORPH_ERROR_SCOPE);
    EXPECT_EQ(error().code, MORPH_ERROR_SCOPE);
    Node* object = nullptr;
    EXPECT_EQ(push(&object), MORPH_OK);
    EXPECT_EQ(morph_heap_root_depth(morph_mem_heap(context)), 1u);
    object = make(3);
    Node* first = object;
    EXPECT_EQ(morph_mem_gc_collect_minor(context), MORPH_OK);
    EXPECT_NE(object, first) << "young objects move";
    EXPECT_EQ(object->value, 3u);
    EXPECT_EQ(morph_mem_query(context, object).age, 1u);
    EXPECT_EQ(stats().heap.minor.count, 1u);
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    EXPECT_EQ(stats().heap.major.count, 1u);
}

TEST_F(Runtime, WithoutGenerationsEveryCollectionIsAMajorOne) {
    config.enable_generational = false;
    open();
    for (int i = 0; i < 5000; ++i) ASSERT_NE(make(7), nullptr);
    EXPECT_EQ(stats().heap.minor.count, 0u);
    EXPECT_GT(stats().heap.major.count, 3u);
}

TEST_F(Runtime, EveryWayToAllocateGivesZeroedObjectsOfTheirType) {
    open();
    for (size_t size : {size_t{24}, size_t{100}, size_t{5000}, 3 * morph_chunk_bytes()}) {
        void* objects[] = {morph_mem_alloc(context, size, node),
                           morph_mem_alloc_zeroed(context, size, node),
                           morph_mem_alloc_with(context, size, 1, node, MORPH_PLACE_BY_SIZE),
                           morph_mem_alloc_with(context, size, 4096, node, MORPH_PLACE_POOL),
                           morph_mem_alloc_with(context, size, 8, node, MORPH_PLACE_ARENA)};
        for (void* object : objects) {
            ASSERT_NE(object, nullptr) << size;
            auto* bytes = static_cast<unsigned char*>(object);
            EXPECT_EQ(std::count(bytes, bytes + size, 0), static_cast<ptrdiff_t>(size));
            EXPECT_EQ(morph_mem_query(context, object).type, node);
            EXPECT_EQ(morph_mem_query(context, object).size, size);
        }
        EXPECT_EQ(reinterpret_cast<uintptr_t>(objects[3]) % 4096, 0u);
        EXPECT_EQ(morph_mem_query(context, objects[3]).room == MORPH_ROOM_YOUNG, false);
    }
    EXPECT_EQ(stats().total.allocations, 20u);
    verify();
}

TEST_F(Runtime, WhatCannotBeIsRefusedWithTheCodesOfCompilerMode) {
    open();
    auto code = [&](const void* object) {
        EXPECT_EQ(object, nullptr);
        return error().code;
    };
    EXPECT_EQ(code(morph_mem_alloc(context, 24, 2)), MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(code(morph_mem_alloc(context, SIZE_MAX, node)), MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(code(morph_mem_alloc_zeroed(context, MORPH_MAX_REQUEST + 1, 0)),
              MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(code(morph_mem_alloc(context, 8, node)), MORPH_ERROR_INVALID_ARGUMENT)
        << "too small for its references";
    EXPECT_EQ(code(morph_mem_alloc_with(context, 24, 3, node, MORPH_PLACE_BY_SIZE)),
              MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(code(morph_mem_alloc_with(context, 24, 8, 9, static_cast<MorphMemPlacement>(3))),
              MORPH_ERROR_UNKNOWN_TYPE)
        << "the type comes first";
    EXPECT_EQ(code(morph_mem_alloc_with(context, 24, 8, node, static_cast<MorphMemPlacement>(3))),
              MORPH_ERROR_INVALID_ARGUMENT);
    MorphMemTypeInfo info = {};
    info.placement = static_cast<MorphMemPlacement>(3);
    EXPECT_EQ(morph_mem_register_type(context, &info), MORPH_TYPE_INVALID);
    EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_mem_register_type(context, nullptr), MORPH_TYPE_INVALID);
    info.placement = MORPH_PLACE_POOL;
    info.layout = MORPH_LAYOUT_OFFSETS;  // without offsets
    EXPECT_EQ(morph_mem_register_type(context, &info), MORPH_TYPE_INVALID);
    MorphMemTypeStats type;
    EXPECT_EQ(morph_mem_get_type_stats(context, 2, &type), MORPH_ERROR_UNKNOWN_TYPE);
    EXPECT_EQ(morph_mem_get_type_stats(context, 1, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(morph_mem_get_stats(context, nullptr), MORPH_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(stats().failures, 13u);
    EXPECT_EQ(stats().types, 2u);
    EXPECT_EQ(stats().total.allocations, 0u);
}

TEST_F(Runtime, TheCollectorFreesNobodyElse) {
    open();
    Node* object = make(1);
    EXPECT_EQ(morph_mem_free(context, object), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(error().code, MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_free(context, nullptr), MORPH_OK);
    EXPECT_EQ(object->value, 1u);
    EXPECT_EQ(stats().total.frees, 0u);
    EXPECT_EQ(stats().failures, 1u);
}

TEST_F(Runtime, ReallocMakesACopyAndLeavesTheOldObjectToTheCollector) {
    open();
    Node* object = make(9);
    ASSERT_EQ(push(&object), MORPH_OK);
    for (size_t size : {size_t{24}, size_t{48}, size_t{100000}, size_t{24}}) {
        size_t old_size = morph_mem_query(context, object).size;
        auto* copy = static_cast<Node*>(morph_mem_realloc(context, object, old_size, size, node));
        ASSERT_NE(copy, nullptr) << error().text;
        EXPECT_NE(copy, object);
        EXPECT_EQ(copy->value, 9u);
        EXPECT_EQ(morph_mem_query(context, copy).size, size);
        auto* rest = reinterpret_cast<unsigned char*>(copy + 1);
        auto added = static_cast<ptrdiff_t>(size - sizeof(Node));
        EXPECT_EQ(std::count(rest, rest + added, 0), added);
        object = copy;
    }
    EXPECT_EQ(stats().total.allocations, 5u);
    EXPECT_EQ(stats().resizes, 0u);
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    EXPECT_EQ(stats().total.objects_live, 1u);
    EXPECT_NE(morph_mem_realloc(context, nullptr, 0, 24, node), nullptr);
}

TEST_F(Runtime, ReallocChecksTypeAndSize) {
    for (bool debug : {false, true}) {
        config.enable_debug = debug;
        open();
        Node* object = make(9);
        ASSERT_EQ(push(&object), MORPH_OK);
        for (uint32_t unknown : {static_cast<uint32_t>(stats().types), 77u}) {
            EXPECT_EQ(morph_mem_realloc(context, object, 24, 48, unknown), nullptr);
            EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
        }
        EXPECT_EQ(morph_mem_realloc(context, object, 24, SIZE_MAX, node), nullptr);
        EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE);
        EXPECT_EQ(morph_mem_realloc(context, object, 24, 48, MORPH_TYPE_NONE), nullptr);
        EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
        EXPECT_TRUE(reports.empty());
        EXPECT_EQ(morph_mem_realloc(context, object, 23, 48, node), nullptr);
        EXPECT_EQ(error().code, MORPH_ERROR_WRONG_SIZE);
        ASSERT_EQ(reports.size(), debug ? 1u : 0u);
        if (debug) {
            EXPECT_EQ(reports[0].kind, MORPH_REPORT_WRONG_SIZE);
            EXPECT_EQ(reports[0].address, object);
            EXPECT_EQ(reports[0].size, 24u);
            EXPECT_EQ(reports[0].type, node);
        }
        EXPECT_EQ(morph_mem_realloc(context, object, 24, 8, node), nullptr)
            << "too small for its references";
        EXPECT_EQ(error().code, MORPH_ERROR_INVALID_ARGUMENT);
        EXPECT_EQ(stats().failures, 6u);
        EXPECT_EQ(object->value, 9u);
        reports.clear();
        close();
    }
}

TEST_F(Runtime, ResetFreesEverythingAndKeepsTypes) {
    open();
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    grow(&list, 3000);
    ASSERT_NE(morph_mem_alloc(context, 3 * morph_chunk_bytes(), 0), nullptr);
    morph_mem_reset(context);
    MorphMemStats figures = stats();
    EXPECT_EQ(figures.resets, 1u);
    morph::expect_counts(figures.total, 3001, 3001, figures.total.bytes_allocated,
                         figures.total.bytes_allocated);
    EXPECT_EQ(figures.types, 2u);
    EXPECT_EQ(morph_mem_gc_pop_roots(context, 1), MORPH_ERROR_SCOPE) << "roots are forgotten";
    list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    grow(&list, 100);
    EXPECT_EQ(length(list), 100u);
    verify();
    expect_exact();
}

TEST_F(Runtime, ShowsObjectsAndTypes) {
    open();
    void* data = morph_mem_alloc(context, 10, MORPH_TYPE_NONE);
    Node* object = make(5);
    struct Seen {
        std::vector<std::pair<size_t, uint32_t>> objects;
    } seen;
    morph_mem_walk(
        context,
        [](void* user, void*, size_t size, uint32_t type) {
            static_cast<Seen*>(user)->objects.emplace_back(size, type);
            return true;
        },
        &seen);
    std::sort(seen.objects.begin(), seen.objects.end());
    EXPECT_EQ(seen.objects,
              (std::vector<std::pair<size_t, uint32_t>>{{10, MORPH_TYPE_NONE}, {24, node}}));
    MorphAddressInfo info = morph_mem_query(context, &object->value);
    EXPECT_EQ(info.room, MORPH_ROOM_YOUNG);
    EXPECT_EQ(info.object, object);
    EXPECT_EQ(morph_mem_query(context, data).type, MORPH_TYPE_NONE);
    EXPECT_FALSE(morph_mem_query(context, this).allocated);
    EXPECT_STREQ(type_stats(node).name, "node");
    EXPECT_EQ(type_stats(node).layout, MORPH_LAYOUT_OFFSETS);
    EXPECT_EQ(type_stats(node).placement, MORPH_PLACE_BY_SIZE);
    EXPECT_STREQ(type_stats(MORPH_TYPE_NONE).name, "none");
}

TEST_F(Runtime, TheLastErrorIsTheLastOfContextAndHeap) {
    open();
    EXPECT_EQ(error().code, MORPH_OK);
    EXPECT_EQ(morph_mem_free(context, &config), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(morph_mem_alloc(context, 8, 99), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE) << "the heap's came later";
    EXPECT_EQ(morph_mem_free(context, &config), MORPH_ERROR_UNSUPPORTED);
    EXPECT_EQ(error().code, MORPH_ERROR_UNSUPPORTED) << "the context's came later";
    EXPECT_NE(make(1), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_UNSUPPORTED) << "a success changes nothing";
    EXPECT_EQ(morph_heap_alloc(morph_mem_heap(context), SIZE_MAX, 0), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_TOO_LARGE) << "a call past the context";
    EXPECT_EQ(stats().failures, 4u);
}

TEST_F(Runtime, WithoutMetricsCountsAreZeroAndMemoryIsExact) {
    config.enable_metrics = false;
    open();
    Node* list = nullptr;
    ASSERT_EQ(push(&list), MORPH_OK);
    grow(&list, 3000);
    EXPECT_EQ(morph_mem_gc_collect(context), MORPH_OK);
    EXPECT_EQ(morph_mem_alloc(context, 8, 99), nullptr);
    EXPECT_EQ(error().code, MORPH_ERROR_UNKNOWN_TYPE);
    MorphMemStats figures = stats();
    EXPECT_FALSE(figures.metrics);
    morph::expect_counts(figures.total, 0, 0, 0, 0);
    morph::expect_counts(figures.heap.counts, 0, 0, 0, 0);
    morph::expect_counts(figures.heap.young, 0, 0, 0, 0);
    morph::expect_counts(type_stats(node).counts, 0, 0, 0, 0);
    EXPECT_EQ(figures.heap.minor.count + figures.heap.major.count + figures.failures, 0u);
    EXPECT_EQ(figures.heap.objects_promoted + figures.heap.objects_survived, 0u);
    EXPECT_EQ(figures.heap.bytes_live_peak + figures.bytes_live_peak, 0u);
    EXPECT_EQ(figures.heap.nursery_bytes, 16384u);
    EXPECT_EQ(figures.heap.roots, 1u);
    EXPECT_GT(figures.heap.old_bytes, 0u);
    EXPECT_EQ(figures.types, 2u);
    expect_exact();
}

}  // namespace
