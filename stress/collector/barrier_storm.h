// Barrier storm: old objects are made to refer to young ones, all of them, again and again.
//
//   table [ o | o | o | ... ]                       old, stored to at random: dirty cards
//           v   v
//   old   Holder [ o | o | o | o ]  Holder ...      old: each store takes the slow path once
//                  v   |
//   young        Leaf  +-> Leaf -> nullptr          every round gives each Holder a young one
//
// Rounds differ: one young object for each holder; all four slots of a holder; the same slot over
// and over; values that are old, or nullptr. A collection finds thousands of holders in the
// remembered set, and must find each young object by it alone.
//
// With squeeze() the system refuses memory during half of the rounds: the remembered set cannot
// grow, so the old space is searched instead. In these rounds leaves alone are made, for which
// there is room where others die, so that nothing else need fail; but the heap does not promise it.
#pragma once

#include <array>
#include <vector>

#include "stress/collector/field.h"
#include "stress/generate/random.h"

namespace collector {

struct BarrierStormSettings {
    uint64_t holders = 100000;
    uint64_t rounds = 16;
    uint64_t seed = 1;
};

template <typename Memory>
class BarrierStorm {
 public:
    BarrierStorm(Memory& memory, const BarrierStormSettings& settings)
        : memory_(memory),
          settings_(settings),
          random_(settings.seed),
          table_(memory),
          leaves_(memory) {}

    Outcome run() {
        std::array<size_t, kSlots> links;
        for (size_t i = 0; i < kSlots; ++i) links[i] = offsetof(Holder, slots) + i * 8;
        MorphMemTypeInfo info = {};
        info.name = "holder";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = links.data();
        info.offset_count = links.size();
        holder_type_ = memory_.register_type(info);
        info = {};
        info.name = "holders";
        info.layout = MORPH_LAYOUT_POINTERS;
        table_type_ = memory_.register_type(info);
        info = {};
        info.name = "leaf";
        leaf_type_ = memory_.register_type(info);
        if (holder_type_ == MORPH_TYPE_INVALID || table_type_ == MORPH_TYPE_INVALID ||
            leaf_type_ == MORPH_TYPE_INVALID) {
            return {kOutOfMemory, 0};
        }
        Outcome outcome;
        outcome.wrong = phases();
        memory_.squeeze(false);
        for (const Model& model : models_) {
            for (const uint64_t number : model) outcome.result = outcome.result * 31 + number;
        }
        return outcome;
    }

 private:
    static constexpr size_t kSlots = 4;
    static constexpr const char* kLost = "BARRIER-HOLDER: lost";
    static constexpr unsigned kAges = 5;  // collections after which everything is old

    struct Leaf {
        uint64_t number, inverse;
    };
    struct Holder {
        uint64_t number;
        Field<Leaf> slots[kSlots];
    };
    using Model = std::array<uint64_t, kSlots>;  // the number of each leaf; 0: none
    template <typename T>
    using Root = typename Memory::template Root<T>;

    const char* phases() {
        if (!build()) return why_;
        age();
        for (uint64_t round = 0; round < settings_.rounds; ++round) {
            const bool squeezed = round % 4 >= 2;
            if (round % 4 == 2) age();
            memory_.squeeze(squeezed);
            for (uint64_t i = 0; i < settings_.holders; ++i) {
                // All holders in another order each time.
                const uint64_t index = (i * kStride + round) % settings_.holders;
                if (!store(round, index, squeezed)) return why_;
            }
            if (const char* wrong = look()) return wrong;
        }
        memory_.squeeze(false);
        memory_.collect();
        return look();
    }

    bool fail() {
        why_ = kLost;
        return false;
    }

    void age() {
        for (unsigned i = 0; i < kAges; ++i) memory_.collect();
    }

    bool build() {
        const uint64_t count = settings_.holders;
        models_.assign(count, Model{});
        model_leaves_.assign(count, 0);
        table_ = memory_.template allocate<Field<Holder>>(table_type_, count * 8);
        if (table_.get() == nullptr) return false;
        leaves_ = memory_.template allocate<Field<Leaf>>(table_type_, count * 8);
        if (leaves_.get() == nullptr) return false;
        for (uint64_t i = 0; i < count; ++i) {
            auto* holder = memory_.template allocate<Holder>(holder_type_);
            if (holder == nullptr) return false;
            holder->number = i;
            memory_.store(table_.get(), table_.get()[i], holder);
            for (size_t slot = 0; slot < kSlots; ++slot) {
                if (!table_.get()[i]) return fail();
                if (!put(i, slot)) return false;
            }
            if (!put_leaf(i)) return false;
        }
        return true;
    }

    Leaf* make() {
        auto* leaf = memory_.template allocate<Leaf>(leaf_type_);
        if (leaf == nullptr) return nullptr;
        leaf->number = ++made_;
        leaf->inverse = ~leaf->number;
        return leaf;
    }

    void set(uint64_t index, size_t slot, Leaf* leaf) {
        Holder* holder = table_.get()[index].get();
        memory_.store(holder, holder->slots[slot], leaf);
        models_[index][slot] = leaf == nullptr ? 0 : leaf->number;
    }

    bool put(uint64_t index, size_t slot) {
        Leaf* leaf = make();
        if (leaf != nullptr) set(index, slot, leaf);
        return leaf != nullptr;
    }

    // The array of leaves: what a store marks there is a card.
    bool put_leaf(uint64_t index) {
        Leaf* leaf = make();
        if (leaf == nullptr) return false;
        memory_.store(leaves_.get(), leaves_.get()[index], leaf);
        model_leaves_[index] = leaf->number;
        return true;
    }

    bool store(uint64_t round, uint64_t index, bool squeezed) {
        const size_t slot = round % kSlots;
        if (!table_.get()[index]) return fail();
        switch (random_.below(8)) {
            case 0:  // the same slot over and over
                for (unsigned i = 0; i < 5; ++i) {
                    if (!put(index, slot)) return false;
                }
                return true;
            case 1:  // one young object in all slots, then none in one
                if (!put(index, slot)) return false;
                for (size_t i = 0; i < kSlots; ++i) {
                    set(index, i, table_.get()[index]->slots[slot].get());
                }
                set(index, (slot + 1) % kSlots, nullptr);
                return true;
            case 2: {  // another one's, which may be old or young
                const uint64_t other = random_.below(settings_.holders);
                if (!table_.get()[other]) return fail();
                set(index, slot, table_.get()[other]->slots[slot].get());
                return true;
            }
            case 3:  // into the middle of a large array
                return put_leaf(random_.below(settings_.holders));
            case 4:  // a new holder with what the old one had: young, in an old table
                return squeezed ? put(index, slot) : renew(index);
            default:
                return put(index, slot);
        }
    }

    bool renew(uint64_t index) {
        auto* fresh = memory_.template allocate<Holder>(holder_type_);
        if (fresh == nullptr) return false;
        Holder* old = table_.get()[index].get();
        fresh->number = index;
        for (size_t i = 0; i < kSlots; ++i)
            memory_.store(fresh, fresh->slots[i], old->slots[i].get());
        memory_.store(table_.get(), table_.get()[index], fresh);
        return true;
    }

    static bool is(const Leaf* leaf, uint64_t number) {
        if (leaf == nullptr) return number == 0;
        return leaf->number == number && leaf->inverse == ~number;
    }

    const char* look() {
        for (uint64_t i = 0; i < settings_.holders; ++i) {
            const Holder* holder = table_.get()[i].get();
            if (holder == nullptr || holder->number != i) return kLost;
            for (size_t slot = 0; slot < kSlots; ++slot) {
                if (!is(holder->slots[slot].get(), models_[i][slot])) {
                    return "BARRIER-LEAF: not what was stored";
                }
            }
            if (!is(leaves_.get()[i].get(), model_leaves_[i])) {
                return "BARRIER-ARRAY: not what was stored";
            }
        }
        return memory_.verify();
    }

    static constexpr uint64_t kStride = 1000003;  // prime, and no divisor of a number of holders

    Memory& memory_;
    BarrierStormSettings settings_;
    fox::Random random_;
    Root<Field<Holder>> table_;
    Root<Field<Leaf>> leaves_;
    uint32_t holder_type_ = MORPH_TYPE_INVALID;
    uint32_t table_type_ = MORPH_TYPE_INVALID;
    uint32_t leaf_type_ = MORPH_TYPE_INVALID;
    uint64_t made_ = 0;
    const char* why_ = kOutOfMemory;  // a step failed
    std::vector<Model> models_;
    std::vector<uint64_t> model_leaves_;
};

}  // namespace collector
