// Cyclic graph: nodes with four edges each to any others, entered at a few places. Edges change all
// the time; parts of the graph are cut off, cycles and all, and new nodes are tied in.
//
//   entries [ o | o | o | ... ]        every node is found by walking: entry, then some edges
//             |   +--> Node 7 ----> Node 3 <---+
//             +------> Node 0 <---> Node 12 ---+
//
// A table beside the heap holds the same graph by numbers. Each step of each walk is compared with
// it, and now and then all that can be reached.
#pragma once

#include <array>
#include <vector>

#include "stress/collector/field.h"
#include "stress/generate/random.h"

namespace collector {

struct CyclicGraphSettings {
    uint64_t nodes = 100000;  // at first
    uint64_t changes = 1000000;
    uint64_t seed = 1;
    uint64_t verify_every = 250000;  // changes between two looks at everything; 0: never
};

template <typename Memory>
class CyclicGraph {
 public:
    CyclicGraph(Memory& memory, const CyclicGraphSettings& settings)
        : memory_(memory), settings_(settings), random_(settings.seed), entries_(memory) {}

    Outcome run() {
        MorphMemTypeInfo info = {};
        info.name = "graph node";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = kEdges.data();
        info.offset_count = kEdges.size();
        node_type_ = memory_.register_type(info);
        info = {};
        info.name = "array of nodes";
        info.layout = MORPH_LAYOUT_POINTERS;
        array_type_ = memory_.register_type(info);
        if (node_type_ == MORPH_TYPE_INVALID || array_type_ == MORPH_TYPE_INVALID) {
            return {kOutOfMemory, 0};
        }
        Outcome outcome;
        outcome.wrong = phases();
        outcome.result = reachable_;
        return outcome;
    }

 private:
    static constexpr size_t kDegree = 4;
    static constexpr size_t kEntries = 64;
    static constexpr uint64_t kWalkMax = 24;
    static constexpr uint32_t kNobody = UINT32_MAX;

    struct Node {
        uint64_t number;
        Field<Node> edges[kDegree];
    };
    using Edges = std::array<uint32_t, kDegree>;
    template <typename T>
    using Root = typename Memory::template Root<T>;

    static constexpr std::array<size_t, kDegree> kEdges = {8, 16, 24, 32};

    const char* phases() {
        if (const char* wrong = build()) return wrong;
        if (const char* wrong = look()) return wrong;
        memory_.collect();
        for (uint64_t i = 1; i <= settings_.changes; ++i) {
            if (const char* wrong = change()) return wrong;
            const bool time = settings_.verify_every != 0 && i % settings_.verify_every == 0;
            const char* wrong = time ? look() : nullptr;
            if (wrong != nullptr) return wrong;
        }
        memory_.collect();
        return look();
    }

    // All nodes in an array first, which is dropped when they are tied together.
    const char* build() {
        const uint64_t count = settings_.nodes;
        Root<Field<Node>> all(memory_,
                              memory_.template allocate<Field<Node>>(array_type_, count * 8));
        if (all.get() == nullptr) return kOutOfMemory;
        for (uint64_t i = 0; i < count; ++i) {
            Node* node = make();
            if (node == nullptr) return kOutOfMemory;
            memory_.store(all.get(), all.get()[i], node);
        }
        for (uint64_t i = 0; i < count; ++i) {
            for (size_t edge = 0; edge < kDegree; ++edge) {
                tie(all.get()[i].get(), edge, all.get()[random_.below(count)].get());
            }
        }
        entries_ = memory_.template allocate<Field<Node>>(array_type_, kEntries * 8);
        if (entries_.get() == nullptr) return kOutOfMemory;
        for (size_t i = 0; i < kEntries; ++i) {
            const uint64_t number = random_.below(count);
            memory_.store(entries_.get(), entries_.get()[i], all.get()[number].get());
            model_entries_[i] = static_cast<uint32_t>(number);
        }
        return nullptr;
    }

    Node* make() {
        Node* node = memory_.template allocate<Node>(node_type_);
        if (node == nullptr) return nullptr;
        node->number = model_.size();
        Edges none;
        none.fill(kNobody);
        model_.push_back(none);
        return node;
    }

    void tie(Node* from, size_t edge, Node* to) {
        memory_.store(from, from->edges[edge], to);
        model_[from->number][edge] = to == nullptr ? kNobody : static_cast<uint32_t>(to->number);
    }

    // Some node that can be reached; nullptr: the graph is not the model's.
    Node* walk() {
        const uint64_t entry = random_.below(kEntries);
        Node* node = entries_.get()[entry].get();
        if (node == nullptr || node->number != model_entries_[entry]) return nullptr;
        for (uint64_t steps = random_.below(kWalkMax); steps > 0; --steps) {
            const uint64_t edge = random_.below(kDegree);
            const uint32_t expected = model_[node->number][edge];
            Node* next = node->edges[edge].get();
            if ((next == nullptr) != (expected == kNobody)) return nullptr;
            if (next == nullptr) break;
            if (next->number != expected) return nullptr;
            node = next;
        }
        return node;
    }

    // Of 16 changes 4 tie two nodes together, 6 cut an edge, 5 tie in a new node, 1 moves an entry.
    const char* change() {
        static constexpr const char* kWrong = "GRAPH-EDGE: a walk leads elsewhere";
        const uint64_t dice = random_.below(16);
        Node* found = walk();
        if (found == nullptr) return kWrong;
        if (dice < 10) {
            Node* other = dice < 4 ? walk() : nullptr;
            if (dice < 4 && other == nullptr) return kWrong;
            tie(found, random_.below(kDegree), other);
            return nullptr;
        }
        if (dice == 15) {
            const uint64_t entry = random_.below(kEntries);
            memory_.store(entries_.get(), entries_.get()[entry], found);
            model_entries_[entry] = static_cast<uint32_t>(found->number);
            return nullptr;
        }
        Root<Node> at(memory_, found);
        Node* node = make();
        if (node == nullptr) return kOutOfMemory;
        for (size_t edge = 0; edge + 1 < kDegree; ++edge) {
            Node* to = edge == 0 ? at.get() : walk();
            if (to == nullptr) return kWrong;
            tie(node, edge, to);
        }
        tie(at.get(), random_.below(kDegree), node);
        return nullptr;
    }

    // Everything that can be reached, each edge against the model.
    const char* look() {
        std::vector<bool> seen(model_.size());
        std::vector<Node*> left;
        reachable_ = 0;
        const auto reach = [&](Node* node, uint32_t expected) {
            if (node == nullptr) return expected == kNobody;
            if (node->number != expected) return false;
            if (seen[expected]) return true;
            seen[expected] = true;
            ++reachable_;
            left.push_back(node);
            return true;
        };
        for (size_t i = 0; i < kEntries; ++i) {
            if (!reach(entries_.get()[i].get(), model_entries_[i])) return "GRAPH-ENTRY: differs";
        }
        while (!left.empty()) {
            Node* node = left.back();
            left.pop_back();
            const Edges& edges = model_[node->number];
            for (size_t edge = 0; edge < kDegree; ++edge) {
                if (!reach(node->edges[edge].get(), edges[edge])) return "GRAPH-EDGE: differs";
            }
        }
        return memory_.verify();
    }

    Memory& memory_;
    CyclicGraphSettings settings_;
    fox::Random random_;
    Root<Field<Node>> entries_;
    uint32_t node_type_ = MORPH_TYPE_INVALID;
    uint32_t array_type_ = MORPH_TYPE_INVALID;
    std::vector<Edges> model_;  // of each node ever made, by number
    std::array<uint32_t, kEntries> model_entries_{};
    uint64_t reachable_ = 0;
};

}  // namespace collector
