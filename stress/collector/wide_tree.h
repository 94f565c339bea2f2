// Wide tree: few levels, very many children. Each inner node is an array of references.
//
//   root [ o | o | ... | o ]                  branching references
//          |   +--> inner [ o | o | ... ]     branching inner nodes of as many references
//          v                 v
//   inner [ o | ... ]      Leaf 4711          branching^2 leaves: a million nodes at 1,000
//
// Then subtrees are replaced whole, exchanged, and change leaves with each other; so arrays, old
// and young, refer to young and old leaves. A table beside the heap holds each leaf's number.
#pragma once

#include <utility>
#include <vector>

#include "stress/collector/field.h"
#include "stress/generate/random.h"

namespace collector {

struct WideTreeSettings {
    uint64_t branching = 1000;
    uint64_t changes = 4000;
    uint64_t seed = 1;
    uint64_t verify_every = 1500;  // changes between two looks at everything; 0: never
};

template <typename Memory>
class WideTree {
 public:
    WideTree(Memory& memory, const WideTreeSettings& settings)
        : memory_(memory), settings_(settings), random_(settings.seed), root_(memory) {}

    Outcome run() {
        MorphMemTypeInfo info = {};
        info.name = "inner node";
        info.layout = MORPH_LAYOUT_POINTERS;
        inner_type_ = memory_.register_type(info);
        info = {};
        info.name = "leaf";
        leaf_type_ = memory_.register_type(info);
        if (inner_type_ == MORPH_TYPE_INVALID || leaf_type_ == MORPH_TYPE_INVALID) {
            return {kOutOfMemory, 0};
        }
        Outcome outcome;
        outcome.wrong = phases();
        for (const uint64_t number : expected_) outcome.result = outcome.result * 31 + number;
        return outcome;
    }

 private:
    static constexpr const char* kGone = "TREE-INNER: a subtree is gone";

    struct Leaf {
        uint64_t number;
    };
    using Inner = Field<Leaf>;  // the first of `branching`
    template <typename T>
    using Root = typename Memory::template Root<T>;

    const char* phases() {
        const uint64_t branching = settings_.branching;
        expected_.assign(branching * branching, 0);
        root_ = memory_.template allocate<Field<Inner>>(inner_type_, branching * 8);
        if (root_.get() == nullptr) return kOutOfMemory;
        for (uint64_t i = 0; i < branching; ++i) {
            if (!grow(i)) return why_;
        }
        if (const char* wrong = look()) return wrong;
        memory_.collect();
        for (uint64_t i = 1; i <= settings_.changes; ++i) {
            if (!change()) return why_;
            const bool time = settings_.verify_every != 0 && i % settings_.verify_every == 0;
            const char* wrong = time ? look() : nullptr;
            if (wrong != nullptr) return wrong;
        }
        memory_.collect();
        return look();
    }

    bool fail() {
        why_ = kGone;
        return false;
    }

    Leaf* make_leaf(uint64_t at) {
        auto* leaf = memory_.template allocate<Leaf>(leaf_type_);
        if (leaf != nullptr) leaf->number = expected_[at] = ++made_;
        return leaf;
    }

    // A new subtree in the place of the one that is there: hung in first, then filled, so that
    // stores go into an array that may be old by then.
    bool grow(uint64_t place) {
        const uint64_t branching = settings_.branching;
        auto* inner = memory_.template allocate<Inner>(inner_type_, branching * 8);
        if (inner == nullptr) return false;
        memory_.store(root_.get(), root_.get()[place], inner);
        for (uint64_t i = 0; i < branching; ++i) {
            if (!replace_leaf(place, i)) return false;
        }
        return true;
    }

    bool replace_leaf(uint64_t place, uint64_t index) {
        Leaf* leaf = make_leaf(place * settings_.branching + index);
        if (leaf == nullptr) return false;
        Inner* inner = root_.get()[place].get();
        if (inner == nullptr) return fail();
        memory_.store(inner, inner[index], leaf);
        return true;
    }

    // Of 16 changes 4 replace a subtree, 2 exchange two of them, 5 replace a leaf, 5 exchange
    // leaves of two subtrees.
    bool change() {
        const uint64_t branching = settings_.branching;
        const uint64_t dice = random_.below(16);
        const uint64_t first = random_.below(branching);
        const uint64_t second = random_.below(branching);
        if (dice < 4) return grow(first);
        if (dice < 6) {
            exchange_subtrees(first, second);
        } else if (dice < 11) {
            return replace_leaf(first, second);
        } else {
            if (!root_.get()[first] || !root_.get()[second]) return fail();
            for (uint64_t i = 0; i < branching; i += 1 + random_.below(64)) {
                exchange_leaves(first, second, i);
            }
        }
        return true;
    }

    void exchange_subtrees(uint64_t first, uint64_t second) {
        const uint64_t branching = settings_.branching;
        Inner* kept = root_.get()[first].get();
        memory_.store(root_.get(), root_.get()[first], root_.get()[second].get());
        memory_.store(root_.get(), root_.get()[second], kept);
        for (uint64_t i = 0; i < branching; ++i) {
            std::swap(expected_[first * branching + i], expected_[second * branching + i]);
        }
    }

    void exchange_leaves(uint64_t first, uint64_t second, uint64_t index) {
        const uint64_t branching = settings_.branching;
        Inner* left = root_.get()[first].get();
        Inner* right = root_.get()[second].get();
        Leaf* kept = left[index].get();
        memory_.store(left, left[index], right[index].get());
        memory_.store(right, right[index], kept);
        std::swap(expected_[first * branching + index], expected_[second * branching + index]);
    }

    const char* look() {
        const uint64_t branching = settings_.branching;
        for (uint64_t place = 0; place < branching; ++place) {
            const Inner* inner = root_.get()[place].get();
            if (inner == nullptr) return kGone;
            for (uint64_t i = 0; i < branching; ++i) {
                const Leaf* leaf = inner[i].get();
                if (leaf == nullptr || leaf->number != expected_[place * branching + i]) {
                    return "TREE-LEAF: not what was stored";
                }
            }
        }
        return memory_.verify();
    }

    Memory& memory_;
    WideTreeSettings settings_;
    fox::Random random_;
    Root<Field<Inner>> root_;
    uint32_t inner_type_ = MORPH_TYPE_INVALID;
    uint32_t leaf_type_ = MORPH_TYPE_INVALID;
    uint64_t made_ = 0;
    const char* why_ = kOutOfMemory;  // a step failed
    std::vector<uint64_t> expected_;  // the number in each leaf
};

}  // namespace collector
