// Alternating sizes: a small and a large object by turns, then all of one kind die.
//
//   [ s LLLLLL s LLLLLL s LLLLLL ... ]    as they are asked for
//   [ s ______ s ______ s ______ ... ]    large ones dead
//   [ s MMM___ s MMM___ s MMM___ ... ]    middle-sized ones come into what these left
//   [ _ MMM___ _ MMM___ _ MMM___ ... ]    and the small ones die
//
// Each kind has blocks of its own, but blocks of all kinds share chunks, and a chunk goes back when
// all of its blocks are empty. So what the large ones leave is not given back while there are small
// ones in every chunk: it serves the next kind, whichever that is.
//
// FRAGMENT-KIND  with the large ones dead no more is mapped than with them; the middle-sized ones
//                need no more than that either; and what is mapped follows what is live again when
//                one kind is left
#pragma once

#include "stress/collector/fragment_second.h"
#include "stress/collector/herd.h"

namespace collector {

template <typename Memory>
class FragmentAlternate {
 public:
    FragmentAlternate(Memory& memory, const FragmentSettings& settings)
        : memory_(memory), settings_(settings), herd_(memory) {}

    Outcome run() {
        Outcome outcome;
        const uint64_t most = 2 * settings_.bytes / (kSizes[0].small + kSizes[0].large);
        if (!herd_.open(most)) return {kOutOfMemory, 0};
        for (const Sizes& sizes : kSizes) {
            if ((sizes.small + sizes.large) * kPairsMin > settings_.bytes) break;
            outcome.wrong = phases(sizes);
            if (outcome.wrong != nullptr) break;
        }
        outcome.result = herd_.made();
        return outcome;
    }

 private:
    static constexpr uint64_t kPairsMin = 8;
    struct Sizes {
        uint64_t small, large, middle;
    };
    // Slots and slots, slots and runs, runs and mappings.
    static constexpr Sizes kSizes[] = {
        {24, 512, 200}, {16, 6000, 900}, {120, 20000, 7000}, {5000, 400000, 60000}};

    const char* phases(const Sizes& sizes) {
        const uint64_t pairs = settings_.bytes / (sizes.small + sizes.large);
        for (uint64_t i = 0; i < 2 * pairs; ++i) {
            if (!herd_.put(i, i % 2 == 0 ? sizes.small : sizes.large)) return kOutOfMemory;
        }
        const uint64_t both = pairs * (sizes.small + sizes.large + 2 * kHeaderBytes);
        if (const char* wrong = measure("alternating: both kinds", 0)) return wrong;
        for (uint64_t i = 1; i < 2 * pairs; i += 2) herd_.drop(i);
        if (const char* wrong = measure("alternating: large ones dead", both)) return wrong;
        for (uint64_t i = 1; i < 2 * pairs; i += 2) {
            if (!herd_.put(i, sizes.middle)) return kOutOfMemory;
        }
        if (const char* wrong = measure("alternating: middle ones come", both)) return wrong;
        for (uint64_t i = 0; i < 2 * pairs; i += 2) herd_.drop(i);
        if (const char* wrong = measure("alternating: middle ones alone", 0)) return wrong;
        herd_.drop_all();
        return measure("alternating: all dead", 0);
    }

    // base: what the bound is of; 0: of what is live.
    const char* measure(const char* when, uint64_t base) {
        const Footprint footprint = memory_.footprint(herd_.table_bytes());
        const char* wrong = memory_.judge(when, footprint, kBound, base);
        return wrong != nullptr ? wrong : herd_.look();
    }

    static constexpr uint64_t kHeaderBytes = 8;
    static constexpr FootprintBound kBound = {kPlacedPercent, kSpareBytes};

    Memory& memory_;
    FragmentSettings settings_;
    Herd<Memory> herd_;
};

}  // namespace collector
