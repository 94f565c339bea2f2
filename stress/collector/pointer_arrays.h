// Pointer arrays: several very large arrays of references, all old, that are stored to at random.
//
//   directory [ o | o | o | o ]
//               |   +--> array 1  [ o | _ | o | o | ... ]    a million references each
//               v                   |       +--------+
//           array 0 [ _ | o | ...]  v                v
//                         +-----> Box 12          Box 77    shared between arrays
//
// Stores of young boxes into old arrays dirty cards all over them; stretches are copied from array
// to array, or cleared; now and then an array is replaced by a copy. Tables beside the heap hold
// the numbers.
#pragma once

#include <array>
#include <vector>

#include "stress/collector/field.h"
#include "stress/generate/random.h"

namespace collector {

struct PointerArraysSettings {
    uint64_t length = 1000000;  // of each array
    uint64_t changes = 2000000;
    uint64_t seed = 1;
    uint64_t verify_every = 700000;  // changes between two looks at everything; 0: never
};

template <typename Memory>
class PointerArrays {
 public:
    PointerArrays(Memory& memory, const PointerArraysSettings& settings)
        : memory_(memory), settings_(settings), random_(settings.seed), directory_(memory) {}

    Outcome run() {
        MorphMemTypeInfo info = {};
        info.name = "large array";
        info.layout = MORPH_LAYOUT_POINTERS;
        array_type_ = memory_.register_type(info);
        info = {};
        info.name = "box";
        box_type_ = memory_.register_type(info);
        if (array_type_ == MORPH_TYPE_INVALID || box_type_ == MORPH_TYPE_INVALID) {
            return {kOutOfMemory, 0};
        }
        Outcome outcome;
        outcome.wrong = phases();
        for (const auto& numbers : expected_) {
            for (const uint32_t number : numbers) outcome.result = outcome.result * 31 + number;
        }
        return outcome;
    }

 private:
    static constexpr size_t kArrays = 4;
    static constexpr uint64_t kStretchMax = 128;

    struct Box {
        uint64_t number, inverse;
    };
    using Array = Field<Box>;  // the first of `length`
    template <typename T>
    using Root = typename Memory::template Root<T>;

    const char* phases() {
        directory_ = memory_.template allocate<Field<Array>>(array_type_, kArrays * 8);
        if (directory_.get() == nullptr) return kOutOfMemory;
        for (size_t array = 0; array < kArrays; ++array) {
            expected_[array].assign(settings_.length, 0);
            if (!renew(array)) return kOutOfMemory;
        }
        for (uint64_t i = 0; i < settings_.length; ++i) {
            if (!put(i % kArrays, i)) return kOutOfMemory;
        }
        if (const char* wrong = look()) return wrong;
        memory_.collect();
        const uint64_t renewed = settings_.changes / 8 + 1;
        for (uint64_t i = 1; i <= settings_.changes; ++i) {
            if (!change()) return kOutOfMemory;
            if (i % renewed == 0 && !renew(random_.below(kArrays))) return kOutOfMemory;
            const bool time = settings_.verify_every != 0 && i % settings_.verify_every == 0;
            const char* wrong = time ? look() : nullptr;
            if (wrong != nullptr) return wrong;
        }
        memory_.collect();
        return look();
    }

    Array* at(size_t array) { return directory_.get()[array].get(); }

    // A new array in the place of another, with the same references.
    bool renew(size_t array) {
        auto* fresh = memory_.template allocate<Array>(array_type_, settings_.length * 8);
        if (fresh == nullptr) return false;
        Array* old = at(array);
        for (uint64_t i = 0; old != nullptr && i < settings_.length; ++i) {
            memory_.store(fresh, fresh[i], old[i].get());
        }
        memory_.store(directory_.get(), directory_.get()[array], fresh);
        return true;
    }

    bool put(size_t array, uint64_t index) {
        Box* box = memory_.template allocate<Box>(box_type_);
        if (box == nullptr) return false;
        box->number = ++made_;
        box->inverse = ~box->number;
        memory_.store(at(array), at(array)[index], box);
        expected_[array][index] = static_cast<uint32_t>(box->number);
        return true;
    }

    // Of 32 changes 30 store a new box, one copies a stretch, one clears a stretch.
    bool change() {
        const uint64_t dice = random_.below(32);
        const size_t to = random_.below(kArrays);
        const uint64_t index = random_.below(settings_.length);
        if (dice < 30) return put(to, index);
        const size_t from = random_.below(kArrays);
        const uint64_t begin = random_.below(settings_.length);
        const uint64_t end = settings_.length;
        const uint64_t stretch = 1 + random_.below(kStretchMax);
        for (uint64_t i = 0; i < stretch && index + i < end && begin + i < end; ++i) {
            Box* box = dice == 30 ? at(from)[begin + i].get() : nullptr;
            memory_.store(at(to), at(to)[index + i], box);
            expected_[to][index + i] = dice == 30 ? expected_[from][begin + i] : 0;
        }
        return true;
    }

    const char* look() {
        for (size_t array = 0; array < kArrays; ++array) {
            for (uint64_t i = 0; i < settings_.length; ++i) {
                const Box* box = at(array)[i].get();
                const uint64_t number = expected_[array][i];
                const bool same = number == 0 ? box == nullptr
                                              : box != nullptr && box->number == number &&
                                                    box->inverse == ~number;
                if (!same) return "ARRAYS-ELEMENT: not what was stored";
            }
        }
        return memory_.verify();
    }

    Memory& memory_;
    PointerArraysSettings settings_;
    fox::Random random_;
    Root<Field<Array>> directory_;
    uint32_t array_type_ = MORPH_TYPE_INVALID;
    uint32_t box_type_ = MORPH_TYPE_INVALID;
    uint64_t made_ = 0;
    std::array<std::vector<uint32_t>, kArrays> expected_;  // the number in each box; 0: none
};

}  // namespace collector
