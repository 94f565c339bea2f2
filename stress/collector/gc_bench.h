// GCBench: complete binary trees of many sizes, made from the root down and from the leaves up and
// dropped at once, while a large tree and a large array of numbers live all the time.
//
//   stretch tree (depth 18), dropped
//   long-lived tree (depth 16, top down), long-lived array of 500,000 doubles
//   for depth 4, 6 .. 16:   2 x nodes(18) / nodes(depth) trees top down, as many bottom up
//
// The classic parameters are the defaults. 40 bytes a node with a header of 8.
#pragma once

#include "stress/collector/field.h"

namespace collector {

struct GcBenchSettings {
    unsigned stretch_depth = 18;
    unsigned long_lived_depth = 16;
    size_t array_length = 500000;
    unsigned depth_min = 4;
    unsigned depth_max = 16;
    bool checked = false;  // every tree is counted, and the memory system verified at each depth
};

template <typename Memory>
class GcBench {
 public:
    GcBench(Memory& memory, const GcBenchSettings& settings)
        : memory_(memory), settings_(settings) {}

    Outcome run() {
        const size_t links[] = {offsetof(Node, left), offsetof(Node, right)};
        MorphMemTypeInfo info = {};
        info.name = "tree node";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = links;
        info.offset_count = 2;
        node_type_ = memory_.register_type(info);
        info = {};
        info.name = "array of doubles";
        array_type_ = memory_.register_type(info);
        if (node_type_ == MORPH_TYPE_INVALID || array_type_ == MORPH_TYPE_INVALID) {
            return {kOutOfMemory, 0};
        }
        Outcome outcome;
        outcome.wrong = phases();
        outcome.result = trees_;
        return outcome;
    }

 private:
    struct Node {
        Field<Node> left, right;
        int32_t i, j;  // part of the classic node: nobody reads them
    };
    template <typename T>
    using Root = typename Memory::template Root<T>;

    static constexpr uint64_t nodes(unsigned depth) { return (uint64_t{2} << depth) - 1; }

    const char* phases() {
        if (const char* wrong = bottom_up(settings_.stretch_depth)) return wrong;
        Root<Node> long_lived(memory_, memory_.template allocate<Node>(node_type_));
        if (long_lived.get() == nullptr) return kOutOfMemory;
        if (!populate(settings_.long_lived_depth, long_lived.get())) return kOutOfMemory;
        const size_t bytes = settings_.array_length * sizeof(double);
        Root<double> array(memory_, memory_.template allocate<double>(array_type_, bytes));
        if (array.get() == nullptr) return kOutOfMemory;
        for (size_t i = 0; i < settings_.array_length / 2; ++i) array.get()[i] = element(i);
        for (unsigned depth = settings_.depth_min; depth <= settings_.depth_max; depth += 2) {
            const uint64_t count = 2 * nodes(settings_.stretch_depth) / nodes(depth);
            for (uint64_t i = 0; i < count; ++i) {
                if (const char* wrong = top_down(depth)) return wrong;
            }
            for (uint64_t i = 0; i < count; ++i) {
                if (const char* wrong = bottom_up(depth)) return wrong;
            }
            if (const char* wrong = check_long_lived(long_lived.get(), array.get())) return wrong;
        }
        return check_long_lived(long_lived.get(), array.get());
    }

    const char* top_down(unsigned depth) {
        Root<Node> tree(memory_, memory_.template allocate<Node>(node_type_));
        if (tree.get() == nullptr || !populate(depth, tree.get())) return kOutOfMemory;
        return check_tree(tree.get(), depth);
    }

    const char* bottom_up(unsigned depth) {
        Node* tree = make(depth);
        if (tree == nullptr) return kOutOfMemory;
        return check_tree(tree, depth);
    }

    // Gives node the subtrees of a tree of this depth.
    bool populate(unsigned depth, Node* of) {
        if (depth == 0) return true;
        Root<Node> node(memory_, of);
        Node* left = memory_.template allocate<Node>(node_type_);
        if (left == nullptr) return false;
        memory_.store(node.get(), node->left, left);
        Node* right = memory_.template allocate<Node>(node_type_);
        if (right == nullptr) return false;
        memory_.store(node.get(), node->right, right);
        return populate(depth - 1, node->left.get()) && populate(depth - 1, node->right.get());
    }

    Node* make(unsigned depth) {
        if (depth == 0) return memory_.template allocate<Node>(node_type_);
        Root<Node> left(memory_, make(depth - 1));
        if (left.get() == nullptr) return nullptr;
        Root<Node> right(memory_, make(depth - 1));
        if (right.get() == nullptr) return nullptr;
        Node* node = memory_.template allocate<Node>(node_type_);
        if (node == nullptr) return nullptr;
        memory_.store(node, node->left, left.get());
        memory_.store(node, node->right, right.get());
        return node;
    }

    const char* check_tree(const Node* tree, unsigned depth) {
        ++trees_;
        if (!settings_.checked || count(tree) == nodes(depth)) return nullptr;
        return "GCBENCH-TREE: a tree has lost nodes";
    }

    const char* check_long_lived(const Node* tree, const double* array) {
        if (tree == nullptr) return "GCBENCH-TREE: the long-lived tree is gone";
        for (size_t i = 0; i < settings_.array_length; ++i) {
            if (!settings_.checked && i != 1000) continue;
            const double expected = i < settings_.array_length / 2 ? element(i) : 0;
            // Written and read back as they are: equal or broken.
            if (array[i] < expected || array[i] > expected) return "GCBENCH-ARRAY: contents";
        }
        if (!settings_.checked) return nullptr;
        if (count(tree) != nodes(settings_.long_lived_depth)) {
            return "GCBENCH-TREE: the long-lived tree has lost nodes";
        }
        return memory_.verify();
    }

    static double element(size_t index) { return 1.0 / static_cast<double>(index + 1); }

    // No deeper than the trees are: at most stretch_depth.
    static uint64_t count(const Node* tree) {
        if (!tree->left) return tree->right ? 0 : 1;
        return tree->right ? 1 + count(tree->left.get()) + count(tree->right.get()) : 0;
    }

    Memory& memory_;
    GcBenchSettings settings_;
    uint32_t node_type_ = MORPH_TYPE_INVALID;
    uint32_t array_type_ = MORPH_TYPE_INVALID;
    uint64_t trees_ = 0;
};

}  // namespace collector
