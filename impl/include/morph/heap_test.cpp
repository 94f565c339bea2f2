// The C++ face of collected heaps.
#include "morph/heap.hpp"

#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "morph/mem.hpp"

namespace {

using namespace morph_memory;

struct Node {
    Field<Node> left;
    Field<Node> right;
    uint64_t value;
};
struct Leaf : Node {
    Field<Node> parent;
};
struct Slot {
    uint64_t key;
    Field<Node> node;
};
struct Cached : Weak<Node> {
    uint64_t key;
};
struct alignas(64) Wide {
    Field<Node> node;
    char bytes[56];
};

// Debug mode on: a field whose offset was registered wrong is a store without barrier.
class CppHeap : public testing::Test {
 protected:
    CppHeap() {
        MorphHeapConfig config = {};
        config.settings.nursery_bytes = 8192;
        config.enable_debug = true;
        config.report = [](void* user, const MorphReport* report) {
            static_cast<std::vector<MorphReportKind>*>(user)->push_back(report->kind);
        };
        config.report_user = &reports;
        Result<Heap> made = Heap::make(config);
        EXPECT_TRUE(made) << made.error().text;
        heap = std::make_unique<Heap>(std::move(*made));
        node = heap->type<Node, &Node::left, &Node::right>("node");
    }
    ~CppHeap() override {
        EXPECT_EQ(heap->verify(), MORPH_OK) << heap->last_error().text;
        EXPECT_TRUE(reports.empty());
    }
    Node* make(uint64_t value) {
        Node* made = heap->allocate(node);
        if (made != nullptr) made->value = value;
        return made;
    }
    uint64_t live() {
        heap->collect_major();
        return heap->stats().counts.objects_live;
    }

    std::vector<MorphReportKind> reports;
    std::unique_ptr<Heap> heap;
    Type<Node> node;
};

TEST(CppHeapMoves, AHeapThatAnotherOneIsMovedIntoIsDestroyed) {
    auto make = [](int64_t* held) {
        MorphHeapConfig config = {};
        config.memory.user = held;
        config.memory.request = [](void* user, size_t bytes) {
            *static_cast<int64_t*>(user) += static_cast<int64_t>(bytes);
            return true;
        };
        config.memory.returned = [](void* user, size_t bytes) {
            *static_cast<int64_t*>(user) -= static_cast<int64_t>(bytes);
        };
        return std::move(*Heap::make(config));
    };
    int64_t first_held = 0;
    int64_t second_held = 0;
    {
        Heap first = make(&first_held);
        Heap second = make(&second_held);
        EXPECT_GT(first_held, 0);
        first = std::move(second);
        EXPECT_EQ(first_held, 0);
        EXPECT_GT(second_held, 0);
        Heap& same = first;
        first = std::move(same);
        EXPECT_GT(second_held, 0) << "into itself: it stays";
        EXPECT_EQ(first.verify(), MORPH_OK);
    }
    EXPECT_EQ(second_held, 0);
}

TEST_F(CppHeap, ARootKeepsItsObjectUntilItsBlockEnds) {
    {
        Root<Node> root(*heap, make(1));
        ASSERT_TRUE(root.ok());
        Node* before = root;
        EXPECT_EQ(live(), 1u);
        EXPECT_NE(root.get(), before) << "it moved, and the root followed";
        EXPECT_EQ(root->value, 1u);
        {
            Root<Node> inner(*heap);
            EXPECT_EQ(inner.get(), nullptr);
            inner = make(2);
            EXPECT_EQ(morph_heap_root_depth(heap->get()), 2u);
            EXPECT_EQ(live(), 2u);
            root.write(&Node::left, inner);
        }
        EXPECT_EQ(live(), 2u);
        EXPECT_EQ(root->left->value, 2u);
        root = nullptr;
        EXPECT_EQ(live(), 0u);
    }
    EXPECT_EQ(morph_heap_root_depth(heap->get()), 0u);
}

TEST_F(CppHeap, RootsThatEndOutOfOrderAreReported) {
    auto first = std::make_unique<Root<Node>>(*heap, make(1));
    auto second = std::make_unique<Root<Node>>(*heap, make(2));
    first.reset();
    ASSERT_EQ(reports, std::vector<MorphReportKind>{MORPH_REPORT_ROOT_ORDER});
    reports.clear();
    second.reset();
    EXPECT_EQ(morph_heap_pop_roots(heap->get(), 1), MORPH_OK) << "the first one is still there";
}

TEST_F(CppHeap, GlobalRootsEndInAnyOrder) {
    auto first = std::make_unique<GlobalRoot<Node>>(*heap, make(1));
    auto second = std::make_unique<GlobalRoot<Node>>(*heap, make(2));
    ASSERT_TRUE(first->ok() && second->ok());
    EXPECT_EQ(live(), 2u);
    first.reset();
    EXPECT_EQ(live(), 1u);
    EXPECT_EQ((*second)->value, 2u);
    second->write(&Node::right, make(3));
    EXPECT_EQ(live(), 2u);
    *second = nullptr;
    EXPECT_EQ(live(), 0u);
}

TEST_F(CppHeap, FieldsAreTracedAndFollowWhatMoves) {
    Root<Node> tree(*heap, make(1));
    tree.write(&Node::left, make(2));
    tree.write(&Node::right, make(3));
    heap->write(tree->left.get(), &Node::left, tree);
    for (int i = 0; i < 8; ++i) {
        heap->collect_minor();
        EXPECT_EQ(tree->left->left.get(), tree.get());
        EXPECT_EQ(tree->left->value + tree->right->value, 5u);
        tree.write(&Node::right, make(3));  // a young one into one that gets old
    }
    EXPECT_EQ(live(), 3u);
    tree.write(&Node::left, nullptr);
    EXPECT_FALSE(tree->left);
    EXPECT_EQ(live(), 2u);
}

TEST_F(CppHeap, FieldsOfBasesAndInAnyOrderAreFound) {
    Type<Leaf> leaf = heap->type<Leaf, &Leaf::parent, &Leaf::right, &Node::left>("leaf");
    ASSERT_TRUE(leaf);
    Root<Leaf> root(*heap, heap->allocate(leaf));
    root.write(&Leaf::parent, make(1));
    root.write(&Node::left, make(2));
    root.write(&Leaf::right, make(3));
    EXPECT_EQ(live(), 4u);
    EXPECT_EQ(root->parent->value * 100 + root->left->value * 10 + root->right->value, 123u);
}

TEST_F(CppHeap, ArraysOfReferencesAreTraced) {
    ArrayType<Field<Node>> type = heap->array_type<Field<Node>>("nodes");
    Root<Field<Node>> array(*heap, heap->allocate_array(type, 100));
    ASSERT_NE(array.get(), nullptr);
    EXPECT_EQ(heap->length(array.get()), 100u);
    for (size_t i = 0; i < 100; ++i) {
        Node* fresh = make(i);
        heap->write(array.get(), i, fresh);
    }
    EXPECT_EQ(live(), 101u);
    for (size_t i = 0; i < 100; ++i) EXPECT_EQ(array[i]->value, i);
    heap->copy(array.get(), 50, array.get(), 50);
    heap->copy(array.get(), 0, array.get(), 0);
    EXPECT_EQ(array[99]->value, 49u);
    EXPECT_EQ(live(), 51u);
    heap->fill(array.get(), 1, 99, nullptr);
    EXPECT_EQ(live(), 2u);
    EXPECT_EQ(heap->allocate_array(type, SIZE_MAX), nullptr);
    EXPECT_EQ(heap->last_error().code, MORPH_ERROR_TOO_LARGE);
    EXPECT_EQ(heap->allocate_array(type, SIZE_MAX / 8 + 2), nullptr) << "the product wraps";
    EXPECT_EQ(heap->last_error().code, MORPH_ERROR_TOO_LARGE);
}

TEST_F(CppHeap, ArraysOfStructsAndOfDataAreTold) {
    ArrayType<Slot> table = heap->array_type<Slot, &Slot::node>("table");
    Root<Slot> slots(*heap, heap->allocate_array(table, 30));
    for (size_t i = 0; i < 30; ++i) {
        slots[i].key = ~uint64_t{0} - i;  // no address, and no reference
        Node* fresh = make(i);
        heap->write(slots.get(), i, &Slot::node, fresh);
    }
    EXPECT_EQ(live(), 31u);
    for (size_t i = 0; i < 30; ++i) EXPECT_EQ(slots[i].node->value, i);
    ArrayType<char> text = heap->array_type<char>("text");
    Root<char> word(*heap, heap->allocate_array(text, 6));
    std::memcpy(word.get(), "morph", 6);
    heap->collect_major();
    EXPECT_STREQ(word, "morph");
    EXPECT_EQ(heap->length(word.get()), 6u);
}

TEST_F(CppHeap, AWeakReferenceForgetsWhatDies) {
    Type<Cached> cached = heap->type<Cached>("cached");
    Root<Cached> weak(*heap, heap->allocate(cached));
    Root<Node> target(*heap, make(5));
    weak->set(heap->get(), target);
    weak->key = 17;
    heap->collect_major();
    EXPECT_EQ(weak->get(), target.get());
    target = nullptr;
    heap->collect_major();
    EXPECT_EQ(weak->get(), nullptr);
    EXPECT_EQ(weak->key, 17u);
}

uint64_t finalized = 0;
void finalize_node(HeapRef heap, Node* dead) {
    finalized += dead->value;
    EXPECT_NE(heap.get(), nullptr);
}

TEST_F(CppHeap, AFinalizerIsGivenItsObject) {
    finalized = 0;
    Root<Node> object(*heap, make(40));
    EXPECT_EQ(heap->set_finalizer<finalize_node>(object.get()), MORPH_OK);
    EXPECT_EQ(live(), 1u);
    EXPECT_EQ(finalized, 0u);
    object = nullptr;
    heap->collect_major();
    heap->collect_major();
    EXPECT_EQ(finalized, 40u);
}

TEST_F(CppHeap, ObjectsAreAlignedAsTheirTypeAsks) {
    Type<Wide> wide = heap->type<Wide, &Wide::node>("wide");
    Root<Wide> root(*heap, heap->allocate(wide));
    ASSERT_NE(root.get(), nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(root.get()) % 64, 0u);
    root.write(&Wide::node, make(2));
    EXPECT_EQ(live(), 2u);
    EXPECT_EQ(root->node->value, 2u);
}

TEST_F(CppHeap, ATypeThatWasNotRegisteredAllocatesNothing) {
    Type<Node> none;
    EXPECT_FALSE(none);
    EXPECT_EQ(heap->allocate(none), nullptr);
    EXPECT_EQ(heap->last_error().code, MORPH_ERROR_UNKNOWN_TYPE);
}

TEST_F(CppHeap, ARootWithoutMemorySaysSo) {
    size_t granted = 0;
    struct Purse {
        bool open = true;
    } purse;
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = 4096;
    config.enable_debug = true;
    config.report = [](void*, const MorphReport* report) { ADD_FAILURE() << report->text; };
    config.memory.user = &purse;
    config.memory.request = [](void* user, size_t) { return static_cast<Purse*>(user)->open; };
    Result<Heap> small = Heap::make(config);
    ASSERT_TRUE(small);
    purse.open = false;
    std::vector<std::unique_ptr<Root<Node>>> roots;
    do {
        roots.push_back(std::make_unique<Root<Node>>(*small));
        if (roots.back()->ok()) granted += 1;
    } while (roots.back()->ok() && roots.size() < 1000000);
    EXPECT_LT(roots.size(), 1000000u);
    EXPECT_EQ(morph_heap_root_depth(small->get()), granted);
    while (!roots.empty()) roots.pop_back();
    EXPECT_EQ(morph_heap_root_depth(small->get()), 0u);
}

TEST(CppHeapOwner, MovesAndTellsWhyThereIsNone) {
    MorphHeapConfig config = {};
    config.settings.nursery_bytes = 1;
    Result<Heap> none = Heap::make(config);
    EXPECT_FALSE(none);
    EXPECT_EQ(none.error().code, MORPH_ERROR_INVALID_CONFIGURATION);
    config.settings.nursery_bytes = 8192;
    Heap first = std::move(*Heap::make(config));
    Heap second = std::move(first);
    EXPECT_EQ(first.get(), nullptr);  // NOLINT(bugprone-use-after-move)
    first = std::move(second);
    Heap& same = first;
    first = std::move(same);
    EXPECT_TRUE(first.type<Node>("node"));
}

TEST(CppHeapOwner, AContextsHeapIsUsedTheSameWay) {
    Result<Context> made = Context::make(MORPH_CONFIG_RUNTIME);
    ASSERT_TRUE(made) << made.error().text;
    HeapRef heap = made->heap();
    Type<Node> node = heap.type<Node, &Node::left, &Node::right>("node");
    Root<Node> root(heap, heap.allocate(node));
    root.write(&Node::left, heap.allocate(node));
    heap.collect_major();
    EXPECT_EQ(made->stats().total.objects_live, 2u);
    Result<Context> compiler = Context::make();
    ASSERT_TRUE(compiler);
    EXPECT_EQ(compiler->heap().get(), nullptr);
}

// What must not compile does not.
template <typename Value>
concept Stored = requires(Node& node, Value value) { node.left = value; };
static_assert(!Stored<Node*>, "a field is not stored without the barrier");
static_assert(!std::is_copy_constructible_v<Field<Node>>);
static_assert(!std::is_copy_constructible_v<Root<Node>> &&
              !std::is_move_constructible_v<Root<Node>>);
static_assert(!std::is_copy_assignable_v<Node>);
static_assert(!std::is_copy_constructible_v<GlobalRoot<Node>>);

}  // namespace
