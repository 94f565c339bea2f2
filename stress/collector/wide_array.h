// Wide array: one object with very many references, each to an object of its own. Stores go
// anywhere in it, over and over, while it is old and what they store is young.
#pragma once

#include <vector>

#include "stress/collector/field.h"
#include "stress/generate/random.h"

namespace collector {

struct WideArraySettings {
    uint64_t length = 1000000;
    uint64_t stores = 2000000;  // one in 16 copies a reference inside the array
    uint64_t seed = 1;
    uint64_t verify_every = 500000;  // stores between two looks at everything; 0: never
};

template <typename Memory>
class WideArray {
 public:
    WideArray(Memory& memory, const WideArraySettings& settings)
        : memory_(memory), settings_(settings), random_(settings.seed), array_(memory) {}

    Outcome run() {
        MorphMemTypeInfo info = {};
        info.name = "wide array";
        info.layout = MORPH_LAYOUT_POINTERS;
        const uint32_t array_type = memory_.register_type(info);
        info = {};
        info.name = "box";
        box_type_ = memory_.register_type(info);
        if (array_type == MORPH_TYPE_INVALID || box_type_ == MORPH_TYPE_INVALID) {
            return {kOutOfMemory, 0};
        }
        expected_.assign(settings_.length, 0);
        array_ = memory_.template allocate<Field<Box>>(array_type, settings_.length * 8);
        if (array_.get() == nullptr) return {kOutOfMemory, 0};
        Outcome outcome;
        outcome.wrong = phases();
        for (const uint64_t number : expected_) outcome.result = outcome.result * 31 + number;
        return outcome;
    }

 private:
    struct Box {
        uint64_t number, inverse;
    };
    template <typename T>
    using Root = typename Memory::template Root<T>;

    const char* phases() {
        for (uint64_t i = 0; i < settings_.length; ++i) {
            if (!put(i, i + 1)) return kOutOfMemory;
        }
        if (const char* wrong = look()) return wrong;
        memory_.collect();
        if (const char* wrong = look()) return wrong;
        for (uint64_t i = 1; i <= settings_.stores; ++i) {
            const uint64_t index = random_.below(settings_.length);
            if (i % 16 == 0) {
                copy(index, random_.below(settings_.length));
            } else if (!put(index, settings_.length + i)) {
                return kOutOfMemory;
            }
            const bool time = settings_.verify_every != 0 && i % settings_.verify_every == 0;
            const char* wrong = time ? look() : nullptr;
            if (wrong != nullptr) return wrong;
        }
        memory_.collect();
        return look();
    }

    bool put(uint64_t index, uint64_t number) {
        Box* box = memory_.template allocate<Box>(box_type_);
        if (box == nullptr) return false;
        box->number = number;
        box->inverse = ~number;
        memory_.store(array_.get(), array_.get()[index], box);
        expected_[index] = number;
        return true;
    }

    void copy(uint64_t to, uint64_t from) {
        memory_.store(array_.get(), array_.get()[to], array_.get()[from].get());
        expected_[to] = expected_[from];
    }

    const char* look() {
        for (uint64_t i = 0; i < settings_.length; ++i) {
            const Box* box = array_.get()[i].get();
            if (box == nullptr || box->number != expected_[i] || box->inverse != ~expected_[i]) {
                return "ARRAY-ELEMENT: not what was stored";
            }
        }
        return memory_.verify();
    }

    Memory& memory_;
    WideArraySettings settings_;
    fox::Random random_;
    Root<Field<Box>> array_;
    uint32_t box_type_ = MORPH_TYPE_INVALID;
    std::vector<uint64_t> expected_;  // the number in each box
};

}  // namespace collector
