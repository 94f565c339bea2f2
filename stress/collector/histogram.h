// Histogram of times, of fixed size whatever is added: buckets that grow with the value.
//
//   value    0 .. 31     one bucket each
//            32 .. 63    one each           2^k .. 2^(k+1) - 1:  32 buckets of 2^(k-5)
//            64 .. 127   one for 2 values
//
// HISTOGRAM-ABOVE  a quantile is never below the true one, and at most 1/32 of it above
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace collector {

class Histogram {
 public:
    void add(uint64_t value) {
        counts_[bucket_of(value)] += 1;
        count_ += 1;
        sum_ += value;
        max_ = std::max(max_, value);
    }
    [[nodiscard]] uint64_t count() const { return count_; }
    [[nodiscard]] uint64_t max() const { return max_; }
    [[nodiscard]] uint64_t mean() const { return count_ == 0 ? 0 : sum_ / count_; }

    // The value that per_mille of 1,000 values do not exceed, the largest at 1000; 0 when empty.
    [[nodiscard]] uint64_t quantile(uint64_t per_mille) const {
        // The rank of the value wanted, from 1: rounded up, without overflow.
        const uint64_t rank = count_ / 1000 * per_mille + (count_ % 1000 * per_mille + 999) / 1000;
        uint64_t seen = 0;
        for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
            seen += counts_[bucket];
            if (seen != 0 && seen >= rank) return std::min(last_of(bucket), max_);
        }
        return max_;
    }

 private:
    static constexpr unsigned kShift = 5;  // 32 buckets a doubling
    static constexpr uint64_t kSteps = uint64_t{1} << kShift;
    static constexpr size_t kBuckets = kSteps * (64 - kShift + 1);

    static constexpr size_t bucket_of(uint64_t value) {
        if (value < kSteps) return value;
        const unsigned doubling = static_cast<unsigned>(std::bit_width(value)) - 1 - kShift;
        return (doubling + 1) * kSteps + (value >> doubling) - kSteps;
    }
    // The largest value of a bucket; of the last one 2^64 - 1, the shift having wrapped to zero.
    static constexpr uint64_t last_of(size_t bucket) {
        if (bucket < kSteps) return bucket;
        const size_t doubling = bucket / kSteps - 1;
        return ((bucket % kSteps + kSteps + 1) << doubling) - 1;
    }

    std::array<uint64_t, kBuckets> counts_{};
    uint64_t count_ = 0;
    uint64_t sum_ = 0;
    uint64_t max_ = 0;
};

}  // namespace collector
