// morph/heap.h: finalizers. As heap_interface_test.cpp, for any implementation.

#include <gtest/gtest.h>
#include <vector>

#include "reference/heap_testing.h"

#include "morph/heap.h"

namespace {

using reference::HeapInterface;
using reference::Node;

struct HeapFinalizers : HeapInterface {
    // What finalizers do, by the value of the node.
    struct Record {
        std::vector<uint64_t> values;
        void* weak = nullptr;  // observed
        bool weak_was_clear = false;
        Node* resurrected = nullptr;
        uint64_t left_value = 0;
    } record;

    static void note(MorphHeap*, void* object, void* user) {
        static_cast<Record*>(user)->values.push_back(static_cast<Node*>(object)->value);
    }
    static void resurrect(MorphHeap*, void* object, void* user) {
        auto* record = static_cast<Record*>(user);
        record->values.push_back(static_cast<Node*>(object)->value);
        record->resurrected = static_cast<Node*>(object);
    }
    MorphCode finalize(void* object, MorphFinalizer finalizer = &note) {
        return morph_heap_set_finalizer(heap, object, finalizer, &record);
    }
    void collect() { ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK); }
};

TEST_F(HeapFinalizers, RunOnceInTheOrderInWhichTheyWereSet) {
    open();
    std::vector<void*> objects(5, nullptr);
    for (void*& object : objects) push(&object);
    for (uint64_t value = 0; value < 5; ++value) objects[value] = new_node(value);
    for (const size_t index : {3u, 1u, 4u, 0u, 2u}) ASSERT_EQ(finalize(objects[index]), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).finalizers, 5u);
    collect();
    EXPECT_TRUE(record.values.empty());
    for (void*& object : objects) object = nullptr;
    ASSERT_EQ(morph_heap_collect_major(heap), MORPH_OK);
    EXPECT_EQ(record.values, (std::vector<uint64_t>{3, 1, 4, 0, 2}));
    EXPECT_EQ(morph_heap_stats(heap).finalizers, 0u);
    EXPECT_EQ(morph_heap_stats(heap).finalizers_run, 5u);
    collect();
    collect();
    EXPECT_EQ(record.values.size(), 5u);
    EXPECT_EQ(live(), 0u);
}

TEST_F(HeapFinalizers, RunAfterAMinorCollectionToo) {
    open();
    ASSERT_EQ(finalize(new_node(8)), MORPH_OK);
    ASSERT_EQ(morph_heap_collect_minor(heap), MORPH_OK);
    EXPECT_EQ(record.values, std::vector<uint64_t>{8});
}

TEST_F(HeapFinalizers, RunInsideTheAllocationThatCollects) {
    open();
    ASSERT_EQ(finalize(new_node(8)), MORPH_OK);
    const MorphForcedCollections plan = {.first = 1, .every = 0, .major = false};
    ASSERT_EQ(morph_heap_force_collections(heap, &plan), MORPH_OK);
    Node* fresh = new_node(9);
    EXPECT_EQ(record.values, std::vector<uint64_t>{8});
    EXPECT_EQ(fresh->value, 9u);
}

TEST_F(HeapFinalizers, AreReplacedAndRemoved) {
    open();
    Node* object = nullptr;
    Node* other = nullptr;
    push(&object);
    push(&other);
    object = new_node(1);
    other = new_node(2);
    ASSERT_EQ(finalize(object), MORPH_OK);
    ASSERT_EQ(finalize(other), MORPH_OK);
    ASSERT_EQ(finalize(object, &resurrect), MORPH_OK);
    ASSERT_EQ(finalize(other, nullptr), MORPH_OK);
    EXPECT_EQ(morph_heap_stats(heap).finalizers, 1u);
    object = nullptr;
    other = nullptr;
    collect();
    EXPECT_EQ(record.values, std::vector<uint64_t>{1});
    EXPECT_NE(record.resurrected, nullptr);
}

TEST_F(HeapFinalizers, SeeTheObjectWholeAndItsWeakReferencesCleared) {
    open();
    void* weak_one = nullptr;
    push(&weak_one);
    weak_one = morph_heap_alloc(heap, 16, weak);
    ASSERT_EQ(morph_heap_add_global_root(heap, &record.weak), MORPH_OK);
    record.weak = weak_one;
    Node* object = nullptr;
    push(&object);
    object = new_node(1);
    Node* child = new_node(2);
    set_left(object, child);
    set_left(object->left, object);  // a cycle does not keep it
    morph_heap_weak_set(heap, weak_one, object);
    const MorphFinalizer look = [](MorphHeap*, void* dying, void* user) {
        auto* seen = static_cast<Record*>(user);
        auto* whole = static_cast<Node*>(dying);
        seen->left_value = whole->left->value;
        seen->weak_was_clear = morph_heap_weak_get(seen->weak) == nullptr;
        seen->values.push_back(whole->value);
    };
    ASSERT_EQ(finalize(object, look), MORPH_OK);
    object = nullptr;
    collect();
    EXPECT_EQ(record.values, std::vector<uint64_t>{1});
    EXPECT_EQ(record.left_value, 2u);
    EXPECT_TRUE(record.weak_was_clear);
    collect();
    EXPECT_EQ(live(), 1u);
    EXPECT_EQ(morph_heap_remove_global_root(heap, &record.weak), MORPH_OK);
}

TEST_F(HeapFinalizers, MayResurrectOnce) {
    open();
    Node* kept = nullptr;
    ASSERT_EQ(morph_heap_add_global_root(heap, reinterpret_cast<void**>(&record.resurrected)),
              MORPH_OK);
    Node* object = new_node(1);
    ASSERT_EQ(finalize(object, &resurrect), MORPH_OK);
    collect();
    ASSERT_NE(record.resurrected, nullptr);
    collect();
    EXPECT_EQ(record.resurrected->value, 1u);
    EXPECT_EQ(record.values.size(), 1u);
    EXPECT_EQ(live(), 1u);
    record.resurrected = nullptr;
    collect();
    EXPECT_EQ(record.values.size(), 1u) << "it lives on without finalizer";
    EXPECT_EQ(live(), 0u);
    // And a finalizer can be set again.
    kept = new_node(2);
    ASSERT_EQ(finalize(kept, &resurrect), MORPH_OK);
    collect();
    ASSERT_EQ(finalize(record.resurrected), MORPH_OK);
    record.resurrected = nullptr;
    collect();
    EXPECT_EQ(record.values, (std::vector<uint64_t>{1, 2, 2}));
    EXPECT_EQ(morph_heap_remove_global_root(heap, reinterpret_cast<void**>(&record.resurrected)),
              MORPH_OK);
}

TEST_F(HeapFinalizers, MayAllocateAndCollectWhileOthersWait) {
    open();
    struct Work {
        Record* record;
        uint32_t node;
    } work = {&record, node};
    const MorphFinalizer busy = [](MorphHeap* its, void* object, void* user) {
        auto* task = static_cast<Work*>(user);
        task->record->values.push_back(static_cast<Node*>(object)->value);
        for (int index = 0; index < 20; ++index) {
            ASSERT_NE(morph_heap_alloc(its, sizeof(Node), task->node), nullptr);
        }
        ASSERT_EQ(morph_heap_collect_major(its), MORPH_OK);
        ASSERT_EQ(morph_heap_verify(its), MORPH_OK) << morph_heap_last_error(its).text;
        ASSERT_EQ(morph_heap_collect_minor(its), MORPH_OK);
    };
    for (uint64_t value = 0; value < 200; ++value) {
        Node* object = new_node(value);
        ASSERT_EQ(morph_heap_set_finalizer(heap, object, busy, &work), MORPH_OK);
    }
    collect();
    EXPECT_EQ(record.values.size(), 200u);
    for (uint64_t value = 0; value < record.values.size(); ++value) {
        EXPECT_EQ(record.values[value], value);
    }
    collect();
    EXPECT_EQ(live(), 0u);
}

TEST_F(HeapFinalizers, DoNotRunAtResetAndDestroy) {
    open();
    ASSERT_EQ(finalize(new_node(1)), MORPH_OK);
    morph_heap_reset(heap);
    EXPECT_EQ(morph_heap_stats(heap).finalizers, 0u);
    EXPECT_EQ(live(), 0u);
    ASSERT_EQ(finalize(new_node(2)), MORPH_OK);
    close();
    EXPECT_TRUE(record.values.empty());
}

}  // namespace
