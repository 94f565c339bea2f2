// Size shift: all objects of one size die, then as many bytes of the next size are wanted.
//
//   AAAAAAAAAAAA   ->   ____________   ->   BBBBBBBBBBBB   ->   ...     from 16 bytes to 150 KB
//
// Once with collections asked for between the two, once without: then the collector finds by
// itself that what is there has died.
//
// SHIFT-EMPTY  when a size has died nothing of it is mapped
// SHIFT-PEAK   the peak of all sizes is the peak of one, and the garbage that a heap allows itself
#pragma once

#include "stress/collector/fragment_second.h"
#include "stress/collector/herd.h"

namespace collector {

template <typename Memory>
class SizeShift {
 public:
    SizeShift(Memory& memory, const FragmentSettings& settings)
        : memory_(memory), settings_(settings), herd_(memory) {}

    Outcome run() {
        Outcome outcome;
        if (!herd_.open(settings_.bytes / kHerdSizes[0])) return {kOutOfMemory, 0};
        outcome.wrong = shifts(true);
        if (outcome.wrong == nullptr) outcome.wrong = peak("shift: peak, asked", kAsked);
        if (outcome.wrong == nullptr) outcome.wrong = shifts(false);
        if (outcome.wrong == nullptr) outcome.wrong = peak("shift: peak, by itself", kByItself);
        outcome.result = herd_.made();
        return outcome;
    }

 private:
    static constexpr uint64_t kCountMin = 8;

    const char* shifts(bool asked) {
        for (const uint64_t size : kHerdSizes) {
            if (size * kCountMin > settings_.bytes) break;
            const uint64_t count = settings_.bytes / size;
            for (uint64_t i = 0; i < count; ++i) {
                if (!herd_.put(i, size)) return kOutOfMemory;
            }
            const char* wrong = herd_.look();
            if (wrong != nullptr) return wrong;
            herd_.drop_all();
            if (!asked) continue;
            const Footprint empty = memory_.footprint(herd_.table_bytes());
            wrong = memory_.judge("shift: a size has died", empty, kAsked);
            if (wrong != nullptr) return wrong;
        }
        return nullptr;
    }

    // The most that is live: the blocks and their headers, most of these around the smallest ones.
    const char* peak(const char* when, const FootprintBound& bound) {
        const uint64_t count = settings_.bytes / kHerdSizes[0];
        const Footprint most =
            memory_.peak(settings_.bytes + count * kHeaderBytes, herd_.table_bytes());
        return memory_.judge(when, most, bound);
    }

    static constexpr uint64_t kHeaderBytes = 8;
    static constexpr FootprintBound kAsked = {kPlacedPercent, kSpareBytes};
    // Left to itself, the old space may grow by half over what the last collection left, and to
    // 32 MiB in any case.
    static constexpr FootprintBound kByItself = {kPlacedPercent + 50,
                                                 kSpareBytes + (uint64_t{32} << 20)};

    Memory& memory_;
    FragmentSettings settings_;
    Herd<Memory> herd_;
};

}  // namespace collector
