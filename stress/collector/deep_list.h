// Deep lists: as deep as a structure can be, so that nothing a collector does may recurse.
//
//   front   grown at its head: each object refers to the one before it
//   back    grown at its tail: each store goes into the object that was the newest just now, and
//           is old after enough collections
//   then    both reversed in place, among garbage; the second half of each cut off
#pragma once

#include "stress/collector/field.h"

namespace collector {

struct DeepListSettings {
    uint64_t nodes = 1000000;        // of each list
    uint64_t verify_every = 250000;  // steps between two looks at everything; 0: never
};

template <typename Memory>
class DeepList {
 public:
    DeepList(Memory& memory, const DeepListSettings& settings)
        : memory_(memory), settings_(settings), front_(memory), back_(memory) {}

    Outcome run() {
        const size_t links[] = {offsetof(Node, next)};
        MorphMemTypeInfo info = {};
        info.name = "list node";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = links;
        info.offset_count = 1;
        type_ = memory_.register_type(info);
        if (type_ == MORPH_TYPE_INVALID) return {kOutOfMemory, 0};
        Outcome outcome;
        outcome.wrong = phases();
        outcome.result = nodes_seen_;
        return outcome;
    }

 private:
    struct Node {
        Field<Node> next;
        uint64_t number;
    };
    template <typename T>
    using Root = typename Memory::template Root<T>;

    const char* phases() {
        const uint64_t count = settings_.nodes;
        if (const char* wrong = grow_front()) return wrong;
        if (const char* wrong = grow_back()) return wrong;
        if (const char* wrong = look(count - 1, 0)) return wrong;
        memory_.collect();
        if (const char* wrong = look(count - 1, 0)) return wrong;
        if (const char* wrong = reverse(front_)) return wrong;
        if (const char* wrong = reverse(back_)) return wrong;
        if (const char* wrong = look(0, count - 1)) return wrong;
        cut(front_.get());
        cut(back_.get());
        memory_.collect();
        length_front_ = length_back_ = count / 2;
        return look(0, count - 1);
    }

    const char* grow_front() {
        for (uint64_t i = 0; i < settings_.nodes; ++i) {
            Node* node = make(i);
            if (node == nullptr) return kOutOfMemory;
            memory_.store(node, node->next, front_.get());
            front_ = node;
            length_front_ = i + 1;
            if (const char* wrong = look_at(i, i, 0)) return wrong;
        }
        return nullptr;
    }

    const char* grow_back() {
        Root<Node> tail(memory_);
        for (uint64_t i = 0; i < settings_.nodes; ++i) {
            Node* node = make(i);
            if (node == nullptr) return kOutOfMemory;
            if (i == 0) {
                back_ = node;
            } else {
                memory_.store(tail.get(), tail->next, node);
            }
            tail = node;
            length_back_ = i + 1;
            if (const char* wrong = look_at(i, settings_.nodes - 1, 0)) return wrong;
        }
        return nullptr;
    }

    // In place, with an object of garbage for each step.
    const char* reverse(Root<Node>& list) {
        Root<Node> done(memory_);
        Root<Node> left(memory_, list.get());
        list = nullptr;
        while (left.get() != nullptr) {
            if (make(0) == nullptr) return kOutOfMemory;
            Node* node = left.get();
            left = node->next.get();
            memory_.store(node, node->next, done.get());
            done = node;
        }
        list = done.get();
        return nullptr;
    }

    void cut(Node* list) {
        for (uint64_t i = 1; i < settings_.nodes / 2; ++i) list = list->next.get();
        memory_.store(list, list->next, static_cast<Node*>(nullptr));
    }

    Node* make(uint64_t number) {
        Node* node = memory_.template allocate<Node>(type_);
        if (node != nullptr) node->number = number;
        return node;
    }

    const char* look_at(uint64_t step, uint64_t front_first, uint64_t back_first) {
        const bool time = settings_.verify_every != 0 && step % settings_.verify_every == 0;
        return time ? look(front_first, back_first) : nullptr;
    }

    // Numbers go down from first to 0, or up from 0.
    const char* look(uint64_t front_first, uint64_t back_first) {
        if (!whole(front_.get(), length_front_, front_first)) return "LIST-FRONT: nodes are lost";
        if (!whole(back_.get(), length_back_, back_first)) return "LIST-BACK: nodes are lost";
        return memory_.verify();
    }

    bool whole(const Node* node, uint64_t length, uint64_t first) {
        const uint64_t step = first == 0 ? 1 : ~uint64_t{0};
        uint64_t expected = first;
        for (uint64_t i = 0; i < length; ++i, expected += step) {
            if (node == nullptr || node->number != expected) return false;
            node = node->next.get();
        }
        nodes_seen_ += length;
        return node == nullptr;
    }

    Memory& memory_;
    DeepListSettings settings_;
    Root<Node> front_;
    Root<Node> back_;
    uint64_t length_front_ = 0;
    uint64_t length_back_ = 0;
    uint32_t type_ = MORPH_TYPE_INVALID;
    uint64_t nodes_seen_ = 0;
};

}  // namespace collector
