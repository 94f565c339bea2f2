// The pauses of a heap, each of them: gathers the timeline before it forgets.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "morph/heap.h"

namespace bench {

class PauseLog {
 public:
    // Collections before now do not count.
    explicit PauseLog(const MorphHeap* heap) : heap_(heap) {
        gather();
        clear();
    }

    // To be called once per less than MORPH_TIMELINE_SAMPLES collections.
    void gather() {
        std::array<MorphTimelineSample, MORPH_TIMELINE_SAMPLES> samples;
        size_t count = morph_heap_timeline(heap_, samples.data(), samples.size());
        for (size_t i = 0; i < count; i++) {
            if (samples[i].at_ns <= last_at_) continue;
            auto pause = static_cast<double>(samples[i].pause_ns);
            (samples[i].major ? major_ : minor_).push_back(pause);
            last_at_ = samples[i].at_ns;
        }
    }

    void clear() {
        minor_.clear();
        major_.clear();
    }

    [[nodiscard]] const std::vector<double>& minor() const { return minor_; }
    [[nodiscard]] const std::vector<double>& major() const { return major_; }

 private:
    const MorphHeap* heap_;
    uint64_t last_at_ = 0;
    std::vector<double> minor_, major_;  // nanoseconds
};

}  // namespace bench
