// Every second object dropped: for each size of objects in turn
//
//   [ A A A A A A A A ... ]   as many as `bytes` hold, neighbours in the old space
//   [ A _ A _ A _ A _ ... ]   every second one dies: half of what is mapped is live
//   [ A B A B A B A B ... ]   the holes are filled again with objects of the size: none is mapped
//   [                     ]   all die: all is given back
//
// FRAGMENT-HALF    objects stay where they are, so what is mapped may be twice what is live, not
// more FRAGMENT-REFILL  the holes serve: filled again the herd takes what it took, or little more
#pragma once

#include "stress/collector/herd.h"

namespace collector {

struct FragmentSettings {
    uint64_t bytes = uint64_t{32} << 20;  // of live blocks at the peak
    uint64_t seed = 1;
};

template <typename Memory>
class FragmentSecond {
 public:
    FragmentSecond(Memory& memory, const FragmentSettings& settings)
        : memory_(memory), settings_(settings), herd_(memory) {}

    Outcome run() {
        Outcome outcome;
        if (!herd_.open(settings_.bytes / kHerdSizes[0])) return {kOutOfMemory, 0};
        for (const uint64_t size : kHerdSizes) {
            if (size * kCountMin > settings_.bytes) break;
            outcome.wrong = phases(size, settings_.bytes / size);
            if (outcome.wrong != nullptr) break;
        }
        outcome.result = herd_.made();
        return outcome;
    }

 private:
    static constexpr uint64_t kCountMin = 8;

    const char* phases(uint64_t size, uint64_t count) {
        for (uint64_t i = 0; i < count; ++i) {
            if (!herd_.put(i, size)) return kOutOfMemory;
        }
        if (const char* wrong = measure("every second: full", kFull)) return wrong;
        for (uint64_t i = 0; i < count; i += 2) herd_.drop(i);
        if (const char* wrong = measure("every second: dropped", kHalf)) return wrong;
        for (uint64_t i = 0; i < count; i += 2) {
            if (!herd_.put(i, size)) return kOutOfMemory;
        }
        if (const char* wrong = measure("every second: filled again", kRefilled)) return wrong;
        herd_.drop_all();
        return measure("every second: all dead", kFull);
    }

    const char* measure(const char* when, const FootprintBound& bound) {
        const char* wrong = memory_.judge(when, memory_.footprint(herd_.table_bytes()), bound);
        return wrong != nullptr ? wrong : herd_.look();
    }

    static constexpr FootprintBound kFull = {kPlacedPercent, kSpareBytes};
    static constexpr FootprintBound kHalf = {2 * kPlacedPercent, kSpareBytes};
    static constexpr FootprintBound kRefilled = {kPlacedPercent + kSearchPercent, kSpareBytes};

    Memory& memory_;
    FragmentSettings settings_;
    Herd<Memory> herd_;
};

}  // namespace collector
