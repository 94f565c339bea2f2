// What tests of the heap share: a heap with types, a meter, reports collected, and a graph that is
// kept twice.
#pragma once

#include <cstdint>
#include <deque>
#include <gtest/gtest.h>
#include <vector>

#include "chunk/geometry.h"
#include "heap/heap.h"

#include "morph/heap.h"

namespace morph {

// As a runtime would declare it.
struct Node {
    Node* left;
    Node* right;
    uint64_t number;
};
inline constexpr size_t kNodeLinks[] = {offsetof(Node, left), offsetof(Node, right)};

class TestHeap {
 public:
    explicit TestHeap(MorphHeapConfig config = {}) {
        if (config.settings.nursery_bytes == 0) config.settings.nursery_bytes = 4096;
        config.memory.user = this;
        config.memory.request = [](void* user, size_t bytes) {
            auto* self = static_cast<TestHeap*>(user);
            self->requests += 1;
            bool refuse = self->refuse_from != 0 && self->requests >= self->refuse_from;
            if (refuse) self->refusals += 1;
            if (!refuse) self->held += static_cast<int64_t>(bytes);
            return !refuse;
        };
        config.memory.returned = [](void* user, size_t bytes) {
            static_cast<TestHeap*>(user)->held -= static_cast<int64_t>(bytes);
        };
        config.report_user = this;
        config.report = [](void* user, const MorphReport* report) {
            static_cast<TestHeap*>(user)->reports.push_back(report->kind);
        };
        heap = morph_heap_create(&config);
        if (heap == nullptr) return;
        MorphMemTypeInfo info = {};
        info.name = "node";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = kNodeLinks;
        info.offset_count = 2;
        node = morph_heap_register_type(heap, &info);
        info = {};
        info.name = "pointers";
        info.layout = MORPH_LAYOUT_POINTERS;
        pointers = morph_heap_register_type(heap, &info);
        info = {};
        info.name = "weak";
        info.layout = MORPH_LAYOUT_WEAK;
        weak = morph_heap_register_type(heap, &info);
    }
    TestHeap(const TestHeap&) = delete;
    TestHeap& operator=(const TestHeap&) = delete;
    ~TestHeap() {
        morph_heap_destroy(heap);
        EXPECT_EQ(held, 0) << "bytes not returned";
    }

    Node* new_node(uint64_t number) const {
        auto* fresh = static_cast<Node*>(morph_heap_alloc(heap, sizeof(Node), node));
        if (fresh != nullptr) fresh->number = number;
        return fresh;
    }
    void link(Node* from, Node** slot, Node* to) const {
        morph_heap_write(heap, from, reinterpret_cast<void**>(slot), to);
    }
    void link(void** array, size_t index, void* to) const {
        morph_heap_write(heap, array, array + index, to);
    }
    template <typename Object>
    void push(Object*& variable) const {
        ASSERT_EQ(morph_heap_push_root(heap, reinterpret_cast<void**>(&variable)), MORPH_OK);
    }
    void pop(size_t count) const { ASSERT_EQ(morph_heap_pop_roots(heap, count), MORPH_OK); }
    void minor() const { ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK); }
    void major() const { ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK); }
    void verify() const {
        ASSERT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
    }
    [[nodiscard]] MorphHeapStats stats() const { return morph_heap_stats(heap); }
    [[nodiscard]] uint64_t live() const { return stats().counts.objects_live; }
    [[nodiscard]] MorphRoom room(const void* object) const {
        return morph_heap_query(heap, object).room;
    }

    MorphHeap* heap = nullptr;
    uint32_t node = 0;
    uint32_t pointers = 0;
    uint32_t weak = 0;
    uint64_t requests = 0;
    uint64_t refuse_from = 0;  // 0: never
    uint64_t refusals = 0;
    int64_t held = 0;
    std::vector<MorphReportKind> reports;
};

}  // namespace morph
