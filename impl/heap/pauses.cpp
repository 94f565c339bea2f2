#include "heap/pauses.h"

namespace morph {

size_t Pauses::bucket_of(uint64_t nanoseconds) {
    constexpr uint64_t kExact = uint64_t{1} << kSubBits;
    if (nanoseconds < kExact) return static_cast<size_t>(nanoseconds);
    unsigned shift = 63 - static_cast<unsigned>(__builtin_clzll(nanoseconds)) - kSubBits;
    // The leading bit of the shifted number adds 1 to shift.
    return (size_t{shift} << kSubBits) + static_cast<size_t>(nanoseconds >> shift);
}

uint64_t Pauses::upper_bound(size_t bucket) {
    size_t power = bucket >> kSubBits;
    if (power < 2) return bucket;
    uint64_t within = (bucket & ((size_t{1} << kSubBits) - 1)) + (size_t{1} << kSubBits);
    // 2^64 - 1 for the last one: the shift drops the leading bit, the subtraction wraps back.
    return ((within + 1) << (power - 1)) - 1;
}

void Pauses::record(uint64_t nanoseconds) {
    count_ += 1;
    if (__builtin_add_overflow(total_ns_, nanoseconds, &total_ns_)) total_ns_ = UINT64_MAX;
    if (nanoseconds > max_ns_) max_ns_ = nanoseconds;
    buckets_[bucket_of(nanoseconds)] += 1;
}

// Least bucket bound that so many percent of the pauses do not exceed.
uint64_t Pauses::percentile(uint64_t percent) const {
    if (count_ == 0) return 0;
    uint64_t wanted = count_ / 100 * percent + (count_ % 100 * percent + 99) / 100;
    uint64_t seen = 0;
    size_t bucket = 0;
    for (; bucket < kBuckets - 1; ++bucket) {
        seen += buckets_[bucket];
        if (seen >= wanted) break;
    }
    uint64_t bound = upper_bound(bucket);
    return bound < max_ns_ ? bound : max_ns_;
}

MorphPauses Pauses::summary() const {
    return {count_, total_ns_, max_ns_, percentile(50), percentile(90), percentile(99)};
}

const char* Pauses::check() const {
    uint64_t total = 0;
    size_t highest = 0;
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
        total += buckets_[bucket];
        if (buckets_[bucket] != 0) highest = bucket;
    }
    if (total != count_) return "PAUSES-COUNT";
    return highest == bucket_of(max_ns_) ? nullptr : "PAUSES-COUNT";
}

void Timeline::record(const MorphTimelineSample& sample) {
    ring_[recorded_ % MORPH_TIMELINE_SAMPLES] = sample;
    recorded_ += 1;
}

size_t Timeline::copy_last(MorphTimelineSample* samples, size_t count) const {
    if (count > MORPH_TIMELINE_SAMPLES) count = MORPH_TIMELINE_SAMPLES;
    if (count > recorded_) count = static_cast<size_t>(recorded_);
    for (size_t index = 0; index < count; ++index) {
        samples[index] = ring_[(recorded_ - count + index) % MORPH_TIMELINE_SAMPLES];
    }
    return count;
}

}  // namespace morph
