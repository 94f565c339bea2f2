// Pauses: how long collections took. Timeline: the last of them.
//
//   buckets   0 1 .. 7 | 8 9 .. 15 | 16 18 .. 30 | 32 36 .. 60 | ...    eight to each power of two
//
// A bucket's upper bound is at most 12.5 % above its least value; below 16 buckets are exact.
//
// PAUSES-COUNT  the buckets add up to count(); max lies in the highest one that is used
#pragma once

#include <cstddef>
#include <cstdint>

#include "morph/heap.h"

namespace morph {

class Pauses {
 public:
    void record(uint64_t nanoseconds);

    // O(buckets). All zero when nothing was recorded.
    [[nodiscard]] MorphPauses summary() const;
    [[nodiscard]] uint64_t count() const { return count_; }
    [[nodiscard]] uint64_t total_ns() const { return total_ns_; }  // stays at the largest number

    // nullptr, or the id of the broken invariant.
    [[nodiscard]] const char* check() const;

 private:
    friend struct TablePeek;

    static constexpr unsigned kSubBits = 3;
    static constexpr size_t kBuckets = size_t{64 - kSubBits + 1} << kSubBits;

    static size_t bucket_of(uint64_t nanoseconds);
    static uint64_t upper_bound(size_t bucket);
    [[nodiscard]] uint64_t percentile(uint64_t percent) const;

    uint64_t count_ = 0;
    uint64_t total_ns_ = 0;
    uint64_t max_ns_ = 0;
    uint64_t buckets_[kBuckets] = {};
};

class Timeline {
 public:
    void record(const MorphTimelineSample& sample);
    // Copies the last `count` samples or as many as there are, oldest first; gives how many.
    size_t copy_last(MorphTimelineSample* samples, size_t count) const;

 private:
    MorphTimelineSample ring_[MORPH_TIMELINE_SAMPLES] = {};
    uint64_t recorded_ = 0;  // ever
};

}  // namespace morph
