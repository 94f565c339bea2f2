// A context in RUNTIME mode with nodes of two references, for the tests of that mode.
#pragma once

#include "context/testing.h"

namespace morph {

struct Node {
    Node* left;
    Node* right;
    uint64_t value;
};

class RuntimeTest : public ContextTest {
 protected:
    RuntimeTest() {
        MorphMemConfig mine = MORPH_CONFIG_RUNTIME;
        mine.heap.nursery_bytes = 16384;
        mine.memory = config.memory;
        mine.report = config.report;
        mine.report_user = config.report_user;
        config = mine;
    }

    void open() {
        ContextTest::open();
        node = add_nodes("node");
        ASSERT_EQ(node, 1u);
    }
    uint32_t add_nodes(const char* name) {
        const size_t links[] = {offsetof(Node, left), offsetof(Node, right)};
        MorphMemTypeInfo info = {};
        info.name = name;
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = links;
        info.offset_count = 2;
        return morph_mem_register_type(context, &info);
    }
    Node* make(uint64_t value) {
        auto* made = static_cast<Node*>(morph_mem_alloc(context, sizeof(Node), node));
        if (made != nullptr) made->value = value;
        return made;
    }
    MorphCode push(Node** slot) {
        return morph_mem_gc_push_root(context, reinterpret_cast<void**>(slot));
    }
    void link(Node* object, Node** slot, Node* value) {
        morph_mem_write(context, object, reinterpret_cast<void**>(slot), value);
    }
    // Puts count nodes, numbered from 0 at the end, before *list, which is a root.
    void grow(Node** list, uint64_t count) {
        for (uint64_t i = 0; i < count; ++i) {
            Node* fresh = make(i);
            ASSERT_NE(fresh, nullptr) << error().text;
            link(fresh, &fresh->right, *list);
            *list = fresh;
        }
    }
    static uint64_t length(const Node* list) {
        uint64_t count = 0;
        for (; list != nullptr; list = list->right) count += 1;
        return count;
    }
    // Both accounts together, at any moment.
    void expect_exact() {
        MorphMemStats figures = stats();
        const MorphHeapStats& heap = figures.heap;
        EXPECT_EQ(figures.bytes_mapped, ledger.granted);
        EXPECT_GE(figures.bytes_mapped_peak, figures.bytes_mapped);
        EXPECT_EQ(heap.young_bytes_mapped + heap.old_bytes_mapped + heap.large_bytes_mapped +
                      figures.metadata_bytes_mapped,
                  figures.bytes_mapped);
        EXPECT_GT(figures.metadata_bytes_mapped, heap.metadata_bytes_mapped) << "its own record";
        EXPECT_EQ(figures.pool_bytes_mapped + figures.arena_bytes_mapped, 0u);
        if (config.memory.bytes_max != 0) {
            EXPECT_LE(figures.bytes_mapped_peak, config.memory.bytes_max);
        }
    }

    uint32_t node = 0;
};

}  // namespace morph
