// Sawtooth: memory grows to its peak, nine tenths die, and the next tooth is of other sizes.
//
//   live |    /|    /|    /|        a tooth that dies at random keeps a tenth everywhere;
//        |   / |   / |   / |        one that dies in stretches keeps a tenth in one piece
//        |  /  |__/  |__/  |__
//        +---------------------     the tenth of a tooth lives until the tooth after next
//
// SAWTOOTH-RANDOM     a survivor may hold its block: at most what the two last teeth took is mapped
// SAWTOOTH-STRETCHES  whole chunks die but for both ends of a stretch: what is mapped follows what
//                     is live
// SAWTOOTH-PEAK       ten teeth take no more than three: what older ones took has been given back
#pragma once

#include "stress/collector/fragment_second.h"
#include "stress/collector/herd.h"
#include "stress/generate/random.h"

namespace collector {

template <typename Memory>
class Sawtooth {
 public:
    Sawtooth(Memory& memory, const FragmentSettings& settings)
        : memory_(memory), settings_(settings), random_(settings.seed), herd_(memory) {}

    Outcome run() {
        Outcome outcome;
        // Numbers of a third of the capacity for each of three teeth that may live at once.
        third_ = settings_.bytes / kSizes[0] + 1;
        outcome.wrong = herd_.open(3 * third_) ? teeth() : kOutOfMemory;
        outcome.result = herd_.made() * 31 + herd_.live();
        return outcome;
    }

 private:
    static constexpr uint64_t kTeeth = 10;
    static constexpr uint64_t kKept = 10;  // one in so many
    static constexpr uint64_t kSizes[] = {64, 200, 88, 720, 2000};

    const char* teeth() {
        for (uint64_t tooth = 0; tooth < kTeeth; ++tooth) {
            const uint64_t size = kSizes[tooth % std::size(kSizes)];
            if (!grow(tooth, size)) return kOutOfMemory;
            if (const char* lost = herd_.look()) return lost;
            const bool random = tooth % 4 < 2;  // two at random, two in stretches
            die(tooth, random);
            // What the last two teeth left: of both, random ones may hold all they took.
            const bool mixed = random || (tooth + 3) % 4 < 2;
            const char* wrong =
                measure(random ? "sawtooth: a tenth at random" : "sawtooth: a tenth in stretches",
                        mixed ? kRandom : kInStretches);
            if (wrong != nullptr) return wrong;
        }
        const Footprint peak = memory_.peak(3 * settings_.bytes, herd_.table_bytes());
        if (const char* wrong = memory_.judge("sawtooth: peak", peak, kPeak)) return wrong;
        herd_.drop_all();
        return measure("sawtooth: all dead", kInStretches);
    }

    const char* measure(const char* when, const FootprintBound& bound) {
        const char* wrong = memory_.judge(when, memory_.footprint(herd_.table_bytes()), bound);
        return wrong != nullptr ? wrong : herd_.look();
    }

    [[nodiscard]] uint64_t first_of(uint64_t tooth) const { return tooth % 3 * third_; }

    // Objects of this tooth until as much is live as at every peak; those of the tooth three before
    // are gone by then.
    [[nodiscard]] bool grow(uint64_t tooth, uint64_t size) {
        const uint64_t first = first_of(tooth);
        grown_ = 0;
        while (herd_.live_bytes() + size <= settings_.bytes && grown_ < third_) {
            if (!herd_.put(first + grown_, size)) return false;
            ++grown_;
        }
        return true;
    }

    void die(uint64_t tooth, bool random) {
        const uint64_t first = first_of(tooth);
        for (uint64_t i = 0; i < grown_; ++i) {
            const bool kept = random ? random_.below(kKept) == 0 : i < grown_ / kKept;
            if (!kept) herd_.drop(first + i);
        }
        const uint64_t older = first_of(tooth + 1);  // two before this one
        for (uint64_t i = 0; i < third_; ++i) herd_.drop(older + i);
    }

    // A tenth of a tooth holds at most the tooth; a stretch begins and ends in the middle of two
    // chunks, and there are two stretches.
    static constexpr FootprintBound kRandom = {kKept * kPlacedPercent, kSpareBytes};
    static constexpr FootprintBound kInStretches = {kPlacedPercent, 2 * kSpareBytes};
    static constexpr FootprintBound kPeak = {kPlacedPercent, kSpareBytes};

    Memory& memory_;
    FragmentSettings settings_;
    fox::Random random_;
    Herd<Memory> herd_;
    uint64_t third_ = 0;  // numbers of a tooth
    uint64_t grown_ = 0;  // objects of this tooth
};

}  // namespace collector
