// morph/heap.h: debug mode, failures, configurations and figures. As heap_interface_test.cpp, for
// any implementation.

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "reference/heap_testing.h"

#include "morph/heap.h"

namespace {

using reference::HeapInterface;
using reference::kSmallNursery;
using reference::layout_type;
using reference::Node;

// ---------------------------------------------------------------------------------- debug mode

struct HeapDebug : HeapInterface {
    HeapDebug() { config.enable_debug = true; }
    size_t reported(MorphReportKind kind) const {
        return static_cast<size_t>(std::ranges::count(witness.reports, kind));
    }
};

TEST_F(HeapDebug, AStoreWithoutBarrierIsReportedWhateverTheAges) {
    for (const int age : {0, 1, 4}) {
        for (const bool major : {false, true}) {
            witness = {};
            open();
            Node* object = nullptr;
            Node* other = nullptr;
            push(&object);
            push(&other);
            object = new_node(1);
            for (int round = 0; round < age; ++round) morph_heap_collect_minor(heap);
            other = new_node(2);
            set_left(object, other);
            morph_heap_collect_minor(heap);
            EXPECT_TRUE(witness.reports.empty());
            object->right = other;
            major ? morph_heap_collect_major(heap) : morph_heap_collect_minor(heap);
            EXPECT_EQ(witness.reports, std::vector<MorphReportKind>{MORPH_REPORT_MISSED_BARRIER})
                << age;
            morph_heap_collect_major(heap);
            EXPECT_EQ(witness.reports.size(), 1u) << "reported once";
            EXPECT_EQ(object->right, other);
            morph_heap_pop_roots(heap, 2);
            close();
        }
    }
}

TEST_F(HeapDebug, StoresThatAgreeAreNotReported) {
    config.settings.nursery_bytes = kSmallNursery;
    open();
    Node* list = nullptr;
    void** slots = nullptr;
    push(&list);
    push(&slots);
    list = new_list(500);
    slots = static_cast<void**>(morph_heap_alloc(heap, 8000, array));
    for (size_t round = 0; round < 50; ++round) {
        for (size_t index = 0; index < 100; ++index) {
            Node* fresh = new_node(index);
            morph_heap_write(heap, slots, slots + (index * 37 + round) % 1000, fresh);
        }
        morph_heap_copy(heap, slots, slots + round, slots + 2 * round, 300);
        set_right(list, list);
        list->value = 0;
    }
    EXPECT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_TRUE(is_list(list, 500));
    EXPECT_TRUE(witness.reports.empty());
}

TEST_F(HeapDebug, BytesBehindAnObjectAreWatched) {
    for (const size_t size : {1ul, 24ul, 27ul, 4000ul, 100000ul}) {
        witness = {};
        open();
        void* object = nullptr;
        push(&object);
        object = morph_heap_alloc(heap, size, MORPH_TYPE_NONE);
        ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
        ASSERT_TRUE(witness.reports.empty());
        static_cast<unsigned char*>(object)[size] ^= 0x5A;
        ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
        EXPECT_EQ(reported(MORPH_REPORT_GUARD_OVERWRITTEN), 1u) << size;
        EXPECT_EQ(witness.reports.size(), 1u);
        ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
        EXPECT_EQ(witness.reports.size(), 1u) << "reported once";
        morph_heap_pop_roots(heap, 1);
        close();
    }
}

TEST_F(HeapDebug, TheRootPoppedMustBeTheLastOne) {
    open();
    void* first = nullptr;
    void* second = nullptr;
    push(&first);
    push(&second);
    EXPECT_EQ(morph_heap_pop_root(heap, &first), MORPH_ERROR_SCOPE);
    EXPECT_EQ(reported(MORPH_REPORT_ROOT_ORDER), 1u);
    EXPECT_EQ(morph_heap_root_depth(heap), 2u);
    EXPECT_EQ(morph_heap_pop_root(heap, &second), MORPH_OK);
    EXPECT_EQ(morph_heap_pop_root(heap, &first), MORPH_OK);
    EXPECT_EQ(witness.reports.size(), 1u);
}

TEST_F(HeapDebug, WhatRootsReachAtDestroyIsReportedByType) {
    for (const bool debug : {false, true}) {
        witness = {};
        config.enable_debug = debug;
        config.report_leaks = true;
        open();
        static Node* list = nullptr;
        ASSERT_EQ(morph_heap_add_global_root(heap, reinterpret_cast<void**>(&list)), MORPH_OK);
        list = new_list(3);
        new_node(4);
        morph_heap_alloc(heap, 8, array);
        close();
        EXPECT_EQ(witness.reports, std::vector<MorphReportKind>{MORPH_REPORT_LEAK});
        list = nullptr;
    }
}

// ------------------------------------------------------------------------------------ failures

using HeapFailures = HeapInterface;

TEST_F(HeapFailures, EachRefusedRequestLeavesTheHeapWhole) {
    for (const bool forever : {false, true}) {
        for (size_t refused = 0; refused < 60; ++refused) {
            witness = {};
            config.settings.nursery_bytes = kSmallNursery;
            config.settings.promotion_age = 1;
            open();
            Node* list = nullptr;
            void* large = nullptr;
            push(&list);
            push(&large);
            witness.refuse(witness.requests + refused, forever ? SIZE_MAX : 1);
            uint64_t length = 0;
            uint64_t nulls = 0;
            for (int index = 0; index < 2000; ++index) {
                Node* fresh = new_node(length);
                if (fresh == nullptr) {
                    ASSERT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_OUT_OF_MEMORY);
                    if (++nulls > 20) break;
                    continue;
                }
                set_left(fresh, list);
                list = fresh;
                length += 1;
                if (index % 500 == 0) large = morph_heap_alloc(heap, size_t{2} << 20, 0);
            }
            witness.grant();
            ASSERT_EQ(morph_heap_verify(heap), MORPH_OK)
                << refused << " " << morph_heap_last_error(heap).text;
            ASSERT_NE(new_node(0), nullptr) << refused << " " << morph_heap_last_error(heap).text;
            uint64_t seen = length;
            for (const Node* at = list; at != nullptr; at = at->left) ASSERT_EQ(at->value, --seen);
            ASSERT_EQ(seen, 0u);
            large = nullptr;
            ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
            ASSERT_EQ(live(), length);
            morph_heap_pop_roots(heap, 2);
            close();
        }
    }
}

TEST_F(HeapFailures, ACreationThatIsRefusedGivesEverythingBack) {
    for (size_t refused = 0; refused < 40; ++refused) {
        witness = {};
        witness.refuse(refused);
        MorphHeapConfig small = {};
        small.settings.nursery_bytes = kSmallNursery;
        small.memory.request = &reference::Witness::request;
        small.memory.returned = &reference::Witness::returned;
        small.memory.user = &witness;
        MorphHeap* created = morph_heap_create(&small);
        const bool was_refused = witness.requests > refused;
        EXPECT_EQ(created == nullptr, was_refused);
        morph_heap_destroy(created);
        EXPECT_EQ(witness.balance, 0);
        if (!was_refused) return;
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_OUT_OF_MEMORY);
    }
    FAIL() << "a heap needs fewer than 40 requests";
}

TEST_F(HeapFailures, ABoundHoldsAndGarbageMakesRoom) {
    config.settings.nursery_bytes = kSmallNursery;
    config.memory.bytes_max = morph_heap_bytes_min(&config.settings);
    open();
    void* kept = nullptr;
    push(&kept);
    EXPECT_EQ(morph_heap_alloc(heap, config.memory.bytes_max, MORPH_TYPE_NONE), nullptr);
    EXPECT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_GE(morph_heap_stats(heap).major.count, 1u) << "after a full collection";
    const size_t piece = config.memory.bytes_max / 8;
    for (int round = 0; round < 50; ++round) {
        kept = nullptr;
        kept = morph_heap_alloc(heap, piece, MORPH_TYPE_NONE);
        ASSERT_NE(kept, nullptr) << round << " " << morph_heap_last_error(heap).text;
        ASSERT_LE(morph_heap_stats(heap).bytes_mapped_peak, config.memory.bytes_max);
    }
    // Live objects until there is no more room, then all of them die.
    void** list = nullptr;
    push(&list);
    size_t length = 0;
    while (true) {
        auto** fresh = static_cast<void**>(morph_heap_alloc(heap, 2000, array));
        if (fresh == nullptr) break;
        morph_heap_write(heap, fresh, fresh, list);
        list = fresh;
        length += 1;
    }
    EXPECT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_OUT_OF_MEMORY);
    EXPECT_GT(length, config.memory.bytes_max / 2000 / 4);
    EXPECT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
    EXPECT_LE(morph_heap_stats(heap).bytes_mapped_peak, config.memory.bytes_max);
    for (void** at = list; at != nullptr; at = static_cast<void**>(*at)) length -= 1;
    EXPECT_EQ(length, 0u);
    list = nullptr;
    kept = nullptr;
    EXPECT_NE(new_node(1), nullptr) << morph_heap_last_error(heap).text;
}

// ------------------------------------------------------------------------------ configurations

using HeapSettings = HeapInterface;

TEST_F(HeapSettings, ImpossibleOnesNameFieldAndValue) {
    const auto refused = [](const char* field, size_t value, auto change) {
        MorphHeapConfig wrong = {};
        change(wrong, value);
        const std::string text = std::string(field) + ": " + std::to_string(value);
        EXPECT_EQ(morph_heap_create(&wrong), nullptr) << text;
        EXPECT_EQ(morph_creation_error().code, MORPH_ERROR_INVALID_CONFIGURATION);
        EXPECT_EQ(std::string(morph_creation_error().text).find(text), 0u)
            << morph_creation_error().text;
    };
    for (const size_t value :
         {size_t{1}, MORPH_NURSERY_BYTES_MIN - 1, MORPH_NURSERY_BYTES_MAX + 1, SIZE_MAX}) {
        refused("nursery_bytes", value, [](auto& c, size_t v) { c.settings.nursery_bytes = v; });
    }
    refused("nursery_bytes_max", 8192, [](auto& c, size_t v) {
        c.settings.nursery_bytes = 16384;
        c.settings.nursery_bytes_max = v;
    });
    refused("promotion_age", 16,
            [](auto& c, size_t v) { c.settings.promotion_age = static_cast<uint32_t>(v); });
    refused("growth_percent", 1001,
            [](auto& c, size_t v) { c.settings.growth_percent = static_cast<uint32_t>(v); });
    refused("major_threshold", SIZE_MAX, [](auto& c, size_t v) { c.settings.major_threshold = v; });
    refused("large_bytes", 4095, [](auto& c, size_t v) { c.settings.large_bytes = v; });
    refused("large_bytes", SIZE_MAX, [](auto& c, size_t v) { c.settings.large_bytes = v; });
    const size_t least = morph_heap_bytes_min(nullptr);
    refused("memory.bytes_max", least - 1, [](auto& c, size_t v) { c.memory.bytes_max = v; });
}

TEST_F(HeapSettings, ChangeARunningHeap) {
    open();
    MorphHeapSettings settings = {};
    settings.promotion_age = 1;
    settings.nursery_bytes = kSmallNursery;
    ASSERT_EQ(morph_heap_configure(heap, &settings), MORPH_OK);
    Node* object = nullptr;
    push(&object);
    object = new_node(1);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    EXPECT_EQ(morph_heap_query(heap, object).room, MORPH_ROOM_OLD);
    EXPECT_EQ(morph_heap_stats(heap).nursery_bytes, kSmallNursery);
    for (int index = 0; index < 1000; ++index) new_node(0);
    EXPECT_GE(morph_heap_stats(heap).minor.count, 4u);
    settings.promotion_age = 99;
    EXPECT_EQ(morph_heap_configure(heap, &settings), MORPH_ERROR_INVALID_CONFIGURATION);
    EXPECT_EQ(morph_heap_last_error(heap).code, MORPH_ERROR_INVALID_CONFIGURATION);
    EXPECT_EQ(object->value, 1u);
}

TEST_F(HeapSettings, ResetFreesEverythingAndKeepsTypes) {
    open();
    Node* list = nullptr;
    push(&list);
    ASSERT_EQ(morph_heap_add_global_root(heap, reinterpret_cast<void**>(&list)), MORPH_OK);
    list = new_list(2000);
    morph_heap_reset(heap);
    const MorphHeapStats stats = morph_heap_stats(heap);
    EXPECT_EQ(stats.counts.objects_live, 0u);
    EXPECT_EQ(stats.counts.frees, 2000u);
    EXPECT_EQ(stats.roots + stats.global_roots, 0u);
    EXPECT_EQ(stats.types, 4u);
    EXPECT_EQ(walked(), 0u);
    EXPECT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
    list = nullptr;
    push(&list);
    list = new_list(100);
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_TRUE(is_list(list, 100));
    EXPECT_EQ(live(), 100u);
}

// ------------------------------------------------------------------------------------- figures

TEST_F(HeapSettings, PausesAndTimelineTellOfEachCollection) {
    open();
    for (int index = 0; index < 300; ++index) {
        new_node(0);
        ASSERT_EQ(index % 3 == 0 ? morph_heap_collect_major(heap) : morph_heap_collect_minor(heap),
                  MORPH_OK);
    }
    const MorphHeapStats stats = morph_heap_stats(heap);
    EXPECT_EQ(stats.minor.count, 200u);
    EXPECT_EQ(stats.major.count, 100u);
    for (const MorphPauses& pauses : {stats.minor, stats.major}) {
        EXPECT_GT(pauses.max_ns, 0u);
        EXPECT_GE(pauses.total_ns, pauses.max_ns);
        EXPECT_LE(pauses.p50_ns, pauses.p90_ns);
        EXPECT_LE(pauses.p90_ns, pauses.p99_ns);
        EXPECT_LE(pauses.p99_ns, pauses.max_ns);
        EXPECT_GT(pauses.p50_ns, 0u);
    }
    std::vector<MorphTimelineSample> samples(MORPH_TIMELINE_SAMPLES + 10);
    ASSERT_EQ(morph_heap_timeline(heap, samples.data(), samples.size()),
              size_t{MORPH_TIMELINE_SAMPLES});
    for (size_t index = 0; index < MORPH_TIMELINE_SAMPLES; ++index) {
        EXPECT_EQ(samples[index].major, (300 - MORPH_TIMELINE_SAMPLES + index) % 3 == 0);
        EXPECT_EQ(samples[index].bytes_live_before, sizeof(Node));
        EXPECT_EQ(samples[index].bytes_live_after, 0u);
        EXPECT_GE(samples[index].at_ns, samples[index - (index == 0 ? 0 : 1)].at_ns);
    }
    MorphTimelineSample last = {};
    ASSERT_EQ(morph_heap_timeline(heap, &last, 1), 1u);
    EXPECT_EQ(last.at_ns, samples[MORPH_TIMELINE_SAMPLES - 1].at_ns);
    EXPECT_EQ(stats.bytes_live_peak, sizeof(Node));
}

TEST_F(HeapSettings, AnyAddressMayBeAsked) {
    open();
    Node* object = new_node(1);
    int local = 0;
    const void* addresses[] = {nullptr, &local, reinterpret_cast<const void*>(size_t{1}),
                               reinterpret_cast<const void*>(UINTPTR_MAX), &config};
    for (const void* address : addresses) {
        EXPECT_EQ(morph_heap_query(heap, address).room, MORPH_ROOM_NONE);
        EXPECT_FALSE(morph_heap_query(heap, address).allocated);
    }
    for (size_t offset = 0; offset < sizeof(Node); ++offset) {
        const auto* address = reinterpret_cast<const unsigned char*>(object) + offset;
        const MorphAddressInfo info = morph_heap_query(heap, address);
        EXPECT_TRUE(info.allocated);
        EXPECT_EQ(info.object, object);
        EXPECT_EQ(info.room, MORPH_ROOM_YOUNG);
    }
    uint64_t visits = 0;
    new_node(2);
    morph_heap_walk(
        heap,
        [](void* user, void*, size_t, uint32_t) { return ++*static_cast<uint64_t*>(user) == 9; },
        &visits);
    EXPECT_EQ(visits, 1u) << "until visit returns false";
}

}  // namespace
