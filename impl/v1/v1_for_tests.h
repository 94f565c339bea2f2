// What tests of V1 share: one with types, a meter and its reports collected, and windows into
// private parts.
#pragma once

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "chunk/meter_for_tests.h"
#include "v1/v1.h"

#include "morph/heap.h"

namespace morph {

struct V1Peek {
    static v1::Parts& parts(V1& v1) { return v1.parts_; }
};

namespace v1 {

// The private parts that tests break, to see check() notice.
struct Peek {
    static Object*& head(FreeList& list) { return list.head_; }
    static size_t& count(FreeList& list) { return list.count_; }
    static RootList::Node*& head(RootList& list) { return list.head_; }
    static Page*& current(Pages& pages) { return pages.current_; }
    static size_t& count(Pages& pages) { return pages.count_; }
    static size_t& own_bytes(Pages& pages) { return pages.own_bytes_; }
    static AddressIndex& index(Pages& pages) { return pages.index_; }
    static size_t& records_used(Pages& pages) { return pages.records_.used_; }
    static size_t& top(MarkBlocks& blocks) { return blocks.top_; }
    static size_t& count(MarkBlocks& blocks) { return blocks.count_; }
};

}  // namespace v1

// As a runtime would declare it.
struct Cell {
    Cell* left;
    Cell* right;
    uint64_t number;
};
inline constexpr size_t kCellLinks[] = {offsetof(Cell, left), offsetof(Cell, right)};

class TestV1 {
 public:
    explicit TestV1(V1Config config = {}) {
        config.memory = meter.limits(config.memory.bytes_max);
        config.report_user = this;
        config.report = [](void* user, const MorphReport* report) {
            auto* self = static_cast<TestV1*>(user);
            self->reports.push_back(report->kind);
            self->report_texts.emplace_back(report->text);
        };
        v1 = V1::create(config, errors);
        if (v1 == nullptr) return;
        heap = reinterpret_cast<MorphHeap*>(v1);
        MorphMemTypeInfo info = {};
        info.name = "cell";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = kCellLinks;
        info.offset_count = 2;
        cell = v1->register_type(info);
        info = {};
        info.name = "pointers";
        info.layout = MORPH_LAYOUT_POINTERS;
        pointers = v1->register_type(info);
        info = {};
        info.name = "weak";
        info.layout = MORPH_LAYOUT_WEAK;
        weak = v1->register_type(info);
    }
    TestV1(const TestV1&) = delete;
    TestV1& operator=(const TestV1&) = delete;
    ~TestV1() {
        V1::destroy(v1);
        EXPECT_EQ(meter.held(), 0u) << "bytes not returned";
    }

    [[nodiscard]] void* make(size_t size, uint32_t type = 0) const {
        return morph_heap_alloc(heap, size, type);
    }
    Cell* new_cell(uint64_t number) const {
        auto* fresh = static_cast<Cell*>(make(sizeof(Cell), cell));
        if (fresh != nullptr) fresh->number = number;
        return fresh;
    }
    // count cells, newest first, numbered downwards to 0.
    void prepend(Cell*& list, uint64_t count) const {
        for (uint64_t number = 0; number < count; ++number) {
            Cell* fresh = new_cell(number);
            ASSERT_NE(fresh, nullptr);
            fresh->left = list;
            list = fresh;
        }
    }
    template <typename T>
    void push(T*& variable) const {
        ASSERT_EQ(morph_heap_push_root(heap, reinterpret_cast<void**>(&variable)), MORPH_OK);
    }
    void pop(size_t count) const { ASSERT_EQ(morph_heap_pop_roots(heap, count), MORPH_OK); }
    void collect() const { ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK); }
    void verify() const { ASSERT_EQ(morph_heap_verify(heap), MORPH_OK) << error().text; }
    [[nodiscard]] MorphHeapStats stats() const { return morph_heap_stats(heap); }
    [[nodiscard]] uint64_t live() const { return stats().counts.objects_live; }
    [[nodiscard]] MorphError error() const { return morph_heap_last_error(heap); }
    [[nodiscard]] v1::Parts& parts() const { return V1Peek::parts(*v1); }

    Meter meter;
    ErrorState errors;
    V1* v1 = nullptr;
    MorphHeap* heap = nullptr;
    uint32_t cell = 0;
    uint32_t pointers = 0;
    uint32_t weak = 0;
    std::vector<MorphReportKind> reports;
    std::vector<std::string> report_texts;
};

inline V1Config compiler_config() {
    V1Config config = {};
    config.retains_all = true;
    return config;
}

}  // namespace morph
