// Promotion storm: wave after wave of objects of which every one survives, and which all die when
// they are old: the opposite of what generations are made for.
//
//   wave 0   ======XX                  = lives, all of it      X dead, all at once
//   wave 1      ======XX
//   wave 2         ======XX            every collection moves all that is young, twice or three
//   wave 3            ======           times, and promotes it; what dies, dies in the old space
//
// Objects of a wave refer to others of it, at random; a few to the wave before (old to old, young
// to old), and a few of the wave before are made to refer to them (old to young).
//
// PROMOTION-LIVE  after a collection of everything, exactly what the model knows is live
#pragma once

#include <array>
#include <vector>

#include "stress/collector/field.h"
#include "stress/generate/random.h"

namespace collector {

struct PromotionStormSettings {
    uint64_t objects = 300000;  // of a wave
    uint64_t waves = 8;
    uint64_t seed = 1;
};

template <typename Memory>
class PromotionStorm {
 public:
    PromotionStorm(Memory& memory, const PromotionStormSettings& settings)
        : memory_(memory), settings_(settings), random_(settings.seed), waves_(memory) {}

    Outcome run() {
        const size_t links[] = {offsetof(Node, mate), offsetof(Node, other)};
        MorphMemTypeInfo info = {};
        info.name = "storm node";
        info.layout = MORPH_LAYOUT_OFFSETS;
        info.offsets = links;
        info.offset_count = 2;
        node_type_ = memory_.register_type(info);
        info = {};
        info.name = "wave";
        info.layout = MORPH_LAYOUT_POINTERS;
        wave_type_ = memory_.register_type(info);
        if (node_type_ == MORPH_TYPE_INVALID || wave_type_ == MORPH_TYPE_INVALID) {
            return {kOutOfMemory, 0};
        }
        Outcome outcome;
        outcome.wrong = phases();
        outcome.result = sum_;
        return outcome;
    }

 private:
    static constexpr uint64_t kAlive = 2;  // waves at a time
    static constexpr uint64_t kNobody = 0;
    static constexpr const char* kLost = "PROMOTION-NODE: lost, or another one's";

    struct Node {
        Field<Node> mate;   // of the same wave
        Field<Node> other;  // of a wave beside, or nullptr
        uint64_t number;    // from 1
    };
    using Wave = Field<Node>;  // the first of `objects`
    struct Model {
        std::vector<uint64_t> mates, others;
    };
    template <typename T>
    using Root = typename Memory::template Root<T>;

    const char* phases() {
        waves_ = memory_.template allocate<Field<Wave>>(wave_type_, kAlive * 8);
        if (waves_.get() == nullptr) return kOutOfMemory;
        for (Model& model : models_) model.mates = model.others = {};
        for (uint64_t wave = 0; wave < settings_.waves; ++wave) {
            if (!begin(wave)) return why_;
            for (uint64_t i = 0; i < settings_.objects; ++i) {
                if (!add(wave, i)) return why_;
            }
            if (const char* wrong = look(wave)) return wrong;
            if (wave % 3 != 2) continue;  // else the collector comes when it thinks it should
            memory_.collect();
            if (const char* wrong = look(wave)) return wrong;
            if (const char* wrong = exact(wave)) return wrong;
        }
        memory_.collect();
        return exact(settings_.waves - 1);
    }

    bool fail() {
        why_ = kLost;
        return false;
    }

    Wave* at(uint64_t wave) { return waves_.get()[wave % kAlive].get(); }

    // The wave whose place is taken dies: its successor lets go of it first.
    [[nodiscard]] bool begin(uint64_t wave) {
        if (wave > 0) {
            Wave* last = at(wave - 1);
            Model& model = models_[(wave - 1) % kAlive];
            for (uint64_t i = 0; i < settings_.objects; ++i) {
                if (!last[i]) return fail();
                memory_.store(last[i].get(), last[i]->other, static_cast<Node*>(nullptr));
                model.others[i] = kNobody;
            }
        }
        auto* fresh = memory_.template allocate<Wave>(wave_type_, settings_.objects * 8);
        if (fresh == nullptr) return false;
        memory_.store(waves_.get(), waves_.get()[wave % kAlive], fresh);
        Model& model = models_[wave % kAlive];
        model.mates.assign(settings_.objects, kNobody);
        model.others.assign(settings_.objects, kNobody);
        return true;
    }

    [[nodiscard]] bool add(uint64_t wave, uint64_t index) {
        Node* node = memory_.template allocate<Node>(node_type_);
        if (node == nullptr) return false;
        node->number = wave * settings_.objects + index + 1;
        Wave* own = at(wave);
        memory_.store(own, own[index], node);
        Model& model = models_[wave % kAlive];
        Node* mate = own[random_.below(index + 1)].get();
        memory_.store(node, node->mate, mate);
        if (mate == nullptr) return fail();
        model.mates[index] = mate->number;
        const uint64_t dice = random_.below(16);
        if (wave == 0 || dice > 1) return true;
        const uint64_t place = random_.below(settings_.objects);
        Node* old = at(wave - 1)[place].get();
        if (old == nullptr) return fail();
        Model& older = models_[(wave - 1) % kAlive];
        if (dice == 0) {
            memory_.store(node, node->other, old);
            model.others[index] = old->number;
        } else {
            memory_.store(old, old->other, node);
            older.others[place] = node->number;
        }
        return true;
    }

    const char* look(uint64_t newest) {
        for (uint64_t back = 0; back < kAlive && back <= newest; ++back) {
            const uint64_t wave = newest - back;
            const Wave* nodes = at(wave);
            const Model& model = models_[wave % kAlive];
            for (uint64_t i = 0; i < settings_.objects; ++i) {
                const Node* node = nodes[i].get();
                if (node == nullptr || node->number != wave * settings_.objects + i + 1) {
                    return kLost;
                }
                if (number_of(node->mate) != model.mates[i] ||
                    number_of(node->other) != model.others[i]) {
                    return "PROMOTION-EDGE: leads elsewhere";
                }
                sum_ = sum_ * 31 + model.mates[i] + model.others[i];
            }
        }
        return memory_.verify();
    }

    // Both waves with their arrays, and the array of waves.
    const char* exact(uint64_t newest) {
        const uint64_t waves = newest == 0 ? 1 : kAlive;
        const bool same = memory_.objects_live() == waves * (settings_.objects + 1) + 1;
        return same ? nullptr : "PROMOTION-LIVE: the dead live, or the living are dead";
    }

    static uint64_t number_of(const Field<Node>& field) { return field ? field->number : kNobody; }

    Memory& memory_;
    PromotionStormSettings settings_;
    fox::Random random_;
    Root<Field<Wave>> waves_;
    uint32_t node_type_ = MORPH_TYPE_INVALID;
    uint32_t wave_type_ = MORPH_TYPE_INVALID;
    std::array<Model, kAlive> models_;  // the numbers that each node refers to
    uint64_t sum_ = 0;
    const char* why_ = kOutOfMemory;  // a step failed
};

}  // namespace collector
