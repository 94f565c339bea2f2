// Binary trees: a stretch tree of depth + 1, a long-lived one of the full depth, and for each even
// depth from 4 on 2^(depth - d + 4) trees of depth d, made from the leaves up, counted, dropped.
// Every node of every tree is counted, as part of the work.
#pragma once

#include "stress/collector/field.h"

namespace collector {

struct BinaryTreesSettings {
    unsigned depth = 18;
    bool verified = false;  // the memory system is verified after each depth
};

template <typename Memory>
class BinaryTrees {
 public:
    BinaryTrees(Memory& memory, const BinaryTreesSettings& settings)
        : memory_(memory), settings_(settings) {}

    Outcome run() {
        const size_t links[] = {offsetof(Node, left), offsetof(Node, right)};
        MorphMemTypeInfo info = {};
        info.name = "binary tree";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = links;
        info.offset_count = 2;
        type_ = memory_.register_type(info);
        if (type_ == MORPH_TYPE_INVALID) return {kOutOfMemory, 0};
        Outcome outcome;
        outcome.wrong = phases();
        outcome.result = nodes_counted_;
        return outcome;
    }

 private:
    struct Node {
        Field<Node> left, right;
    };
    template <typename T>
    using Root = typename Memory::template Root<T>;

    static constexpr unsigned kDepthMin = 4;

    const char* phases() {
        if (const char* wrong = one(settings_.depth + 1)) return wrong;
        Root<Node> long_lived(memory_, make(settings_.depth));
        if (long_lived.get() == nullptr) return kOutOfMemory;
        for (unsigned depth = kDepthMin; depth <= settings_.depth; depth += 2) {
            const uint64_t rounds = uint64_t{1} << (settings_.depth - depth + kDepthMin);
            for (uint64_t round = 0; round < rounds; ++round) {
                if (const char* wrong = one(depth)) return wrong;
            }
            if (!settings_.verified) continue;
            if (const char* wrong = memory_.verify()) return wrong;
        }
        return check(long_lived.get(), settings_.depth);
    }

    const char* one(unsigned depth) {
        const Node* tree = make(depth);
        return tree == nullptr ? kOutOfMemory : check(tree, depth);
    }

    const char* check(const Node* tree, unsigned depth) {
        const uint64_t counted = count(tree);
        nodes_counted_ += counted;
        return counted == (uint64_t{2} << depth) - 1 ? nullptr : "TREES-COUNT: nodes are lost";
    }

    Node* make(unsigned depth) {
        if (depth == 0) return memory_.template allocate<Node>(type_);
        Root<Node> left(memory_, make(depth - 1));
        if (left.get() == nullptr) return nullptr;
        Root<Node> right(memory_, make(depth - 1));
        if (right.get() == nullptr) return nullptr;
        Node* node = memory_.template allocate<Node>(type_);
        if (node == nullptr) return nullptr;
        memory_.store(node, node->left, left.get());
        memory_.store(node, node->right, right.get());
        return node;
    }

    static uint64_t count(const Node* tree) {
        if (!tree->left) return tree->right ? 0 : 1;
        return tree->right ? 1 + count(tree->left.get()) + count(tree->right.get()) : 0;
    }

    Memory& memory_;
    BinaryTreesSettings settings_;
    uint32_t type_ = MORPH_TYPE_INVALID;
    uint64_t nodes_counted_ = 0;
};

}  // namespace collector
