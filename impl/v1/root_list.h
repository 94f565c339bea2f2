// RootList: roots, a singly linked list of nodes, each the address of a variable. Of the two kinds
// of roots that morph/heap.h has, each has a list.
//
//   head -> | slot | next | -> | slot | next | -> nullptr        last one first
//
// V1-ROOTS  the list holds as many nodes as are counted, none for nullptr
#pragma once

#include <cstddef>

#include "v1/slab.h"

namespace morph::v1 {

class RootList {
 public:
    struct Node {
        void** slot;
        Node* next;
    };

    explicit RootList(Source& source) : nodes_(source) {}

    // false: refused, nothing has changed.
    [[nodiscard]] bool push(void** slot) {
        MORPH_CHECK(slot != nullptr);
        if (!nodes_.reserve()) return false;
        Node* node = nodes_.take();
        *node = {slot, head_};
        head_ = node;
        return true;
    }
    [[nodiscard]] void** last() const { return head_ == nullptr ? nullptr : head_->slot; }
    // There are as many.
    void pop(size_t count) {
        for (; count != 0; --count) {
            MORPH_CHECK(head_ != nullptr);
            Node* node = head_;
            head_ = node->next;
            nodes_.give(node);
        }
    }
    // The last one pushed with that slot; false: there is none. O(roots).
    [[nodiscard]] bool remove(void** slot) {
        for (Node** link = &head_; *link != nullptr; link = &(*link)->next) {
            Node* node = *link;
            if (node->slot != slot) continue;
            *link = node->next;
            nodes_.give(node);
            return true;
        }
        return false;
    }
    [[nodiscard]] size_t count() const { return nodes_.used(); }

    // f(void** slot) for each root; f leaves them alone.
    template <class F>
    void each(F&& f) const {
        for (const Node* node = head_; node != nullptr; node = node->next) f(node->slot);
    }

    // nullptr, or the id of the first broken invariant. O(roots).
    [[nodiscard]] const char* check() const {
        if (const char* broken = nodes_.check()) return broken;
        size_t count = 0;
        for (const Node* node = head_; node != nullptr; node = node->next) {
            if (count++ == nodes_.used() || node->slot == nullptr) return "V1-ROOTS";
        }
        return count == nodes_.used() ? nullptr : "V1-ROOTS";
    }

 private:
    friend struct Peek;

    Slab<Node> nodes_;
    Node* head_ = nullptr;
};

}  // namespace morph::v1
