// What tests of morph/heap.h share: a heap with three types, a witness of its memory and reports.
// They know the C interface alone, so they can be linked with any implementation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "morph/heap.h"

namespace reference {

inline constexpr size_t kSmallNursery = MORPH_NURSERY_BYTES_MIN;

// Counts what is asked of the system, refuses it while told to, and keeps reports.
struct Witness {
    int64_t balance = 0;
    size_t requests = 0;
    size_t refuse_from = SIZE_MAX;  // number of the first request that is refused
    size_t refuse_count = SIZE_MAX;
    std::vector<MorphReportKind> reports;
    std::vector<const void*> reported;

    void refuse(size_t from, size_t count = SIZE_MAX) {
        refuse_from = from;
        refuse_count = count;
    }
    void grant() { refuse_from = SIZE_MAX; }

    static bool request(void* user, size_t bytes) {
        auto* self = static_cast<Witness*>(user);
        const size_t number = self->requests++;
        if (number >= self->refuse_from && number - self->refuse_from < self->refuse_count) {
            return false;
        }
        self->balance += static_cast<int64_t>(bytes);
        return true;
    }
    static void returned(void* user, size_t bytes) {
        static_cast<Witness*>(user)->balance -= static_cast<int64_t>(bytes);
    }
    static void report(void* user, const MorphReport* report) {
        auto* self = static_cast<Witness*>(user);
        self->reports.push_back(report->kind);
        self->reported.push_back(report->address);
    }
};

struct Node {
    Node* left;
    Node* right;
    uint64_t value;
};
inline const size_t kNodeOffsets[] = {offsetof(Node, left), offsetof(Node, right)};

inline MorphMemTypeInfo offsets_type(const char* name, const size_t* offsets, size_t count) {
    MorphMemTypeInfo info = {};
    info.name = name;
    info.layout = MORPH_LAYOUT_OFFSETS;
    info.offsets = offsets;
    info.offset_count = count;
    return info;
}

inline MorphMemTypeInfo layout_type(const char* name, MorphLayout layout) {
    MorphMemTypeInfo info = {};
    info.name = name;
    info.layout = layout;
    return info;
}

class HeapInterface : public ::testing::Test {
 protected:
    void open() {
        config.memory.request = &Witness::request;
        config.memory.returned = &Witness::returned;
        config.memory.user = &witness;
        config.report = &Witness::report;
        config.report_user = &witness;
        heap = morph_heap_create(&config);
        ASSERT_NE(heap, nullptr) << morph_creation_error().text;
        const MorphMemTypeInfo node_info = offsets_type("node", kNodeOffsets, 2);
        node = morph_heap_register_type(heap, &node_info);
        const MorphMemTypeInfo array_info = layout_type("array", MORPH_LAYOUT_POINTERS);
        array = morph_heap_register_type(heap, &array_info);
        const MorphMemTypeInfo weak_info = layout_type("weak", MORPH_LAYOUT_WEAK);
        weak = morph_heap_register_type(heap, &weak_info);
    }

    void close() {
        morph_heap_destroy(heap);
        heap = nullptr;
        EXPECT_EQ(witness.balance, 0);
    }

    void TearDown() override {
        if (heap != nullptr) {
            // The variables of the test are gone.
            EXPECT_EQ(morph_heap_pop_roots(heap, morph_heap_root_depth(heap)), MORPH_OK);
            EXPECT_EQ(morph_heap_verify(heap), MORPH_OK) << morph_heap_last_error(heap).text;
            close();
        }
    }

    Node* new_node(uint64_t value) {
        auto* object = static_cast<Node*>(morph_heap_alloc(heap, sizeof(Node), node));
        if (object != nullptr) object->value = value;
        return object;
    }

    void set_left(Node* object, Node* value) {
        morph_heap_write(heap, object, reinterpret_cast<void**>(&object->left), value);
    }
    void set_right(Node* object, Node* value) {
        morph_heap_write(heap, object, reinterpret_cast<void**>(&object->right), value);
    }

    template <typename Object>
    void push(Object** variable) {
        ASSERT_EQ(morph_heap_push_root(heap, reinterpret_cast<void**>(variable)), MORPH_OK);
    }

    // A list of so many nodes with values 0, 1, ...
    Node* new_list(uint64_t count) {
        Node* first = nullptr;
        Node* last = nullptr;
        push(&first);
        push(&last);
        for (uint64_t value = 0; value < count; ++value) {
            Node* fresh = new_node(value);
            if (last != nullptr) set_left(last, fresh);
            if (first == nullptr) first = fresh;
            last = fresh;
        }
        EXPECT_EQ(morph_heap_pop_roots(heap, 2), MORPH_OK);
        return first;
    }

    static bool is_list(const Node* first, uint64_t count) {
        uint64_t value = 0;
        for (; first != nullptr; first = first->left) {
            if (first->value != value++) return false;
        }
        return value == count;
    }

    uint64_t walked() const {
        uint64_t count = 0;
        morph_heap_walk(
            heap,
            [](void* user, void*, size_t, uint32_t) {
                ++*static_cast<uint64_t*>(user);
                return true;
            },
            &count);
        return count;
    }
    uint64_t live() const { return morph_heap_stats(heap).counts.objects_live; }

    MorphHeapConfig config = {.settings = {},
                              .enable_debug = false,
                              .report_leaks = false,
                              .memory = {},
                              .report = nullptr,
                              .report_user = nullptr};
    Witness witness;
    MorphHeap* heap = nullptr;
    uint32_t node = 0;
    uint32_t array = 0;
    uint32_t weak = 0;
};

}  // namespace reference
