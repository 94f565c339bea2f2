// Figures: the subject's against the model's, and before against after a failed call.
#pragma once

#include <cstdint>

#include "fuzz/subject.h"
#include "fuzz/v1_law.h"
#include "reference/model.h"

namespace suite {

// What the harness knows of the memory that a subject holds (Ledger), and of the arena's padding.
struct Held {
    bool known;  // the subject takes limits
    uint64_t bytes;
    uint64_t bytes_peak;          // at any moment
    uint64_t bytes_peak_settled;  // after any call; what a call took for a moment may not count
    bool no_padding;  // nothing since the last reset that the arena could count as padding
};

// A figure that is not as it must be. name nullptr: none.
struct Mismatch {
    const char* name;
    uint64_t expected;
    uint64_t seen;
};

Mismatch compare(const Figures& seen, const reference::Model& model, const Held& held);
Mismatch compare(const MorphMemTypeStats& seen, const MorphMemTypeStats& expected);
// What V1 holds and how often it collected. counts false: metrics are off, and it does not say.
Mismatch compare(const MorphHeapStats& seen, const V1Law& law, uint64_t roots, bool counts);

// What a failed call may not change: all but the count of failures.
Mismatch compare_unchanged(const Figures& before, const Figures& after);

}  // namespace suite
