// Policy: when to collect, and how large the young generation shall be.
//
//   major collection   when the old space holds major_threshold bytes, afterwards when it holds
//                      growth_percent more than the last one left (and major_threshold at least);
//                      a quarter of that growth is enough when the bound leaves no more
//   nursery            doubles up to nursery_bytes_max when more than a quarter of it survives a
//                      minor collection and the pause is below half of the target;
//                      halves, not below kNurseryShrunkMin, when a minor pause exceeds the target;
//                      doubles back to nursery_bytes after kShortPauses pauses below a quarter of
//                      it
//   forced             for tests: a collection right before the allocations that the plan names
//
// POLICY-NURSERY  nursery_bytes() is between kNurseryShrunkMin or nursery_bytes, whichever is less,
//                 and nursery_bytes_max
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"

#include "morph/heap.h"

namespace morph {

class Policy {
 public:
    // Defaults in place of zeros; MORPH_ERROR_INVALID_CONFIGURATION names the field.
    static MorphCode complete(const MorphHeapSettings& given, MorphHeapSettings* completed,
                              ErrorState& errors);

    void set(const MorphHeapSettings& completed);
    [[nodiscard]] const MorphHeapSettings& settings() const { return settings_; }

    // ceiling: bytes that the bound leaves for the old space; SIZE_MAX: no bound.
    [[nodiscard]] bool major_due(size_t old_bytes, size_t ceiling) const {
        return old_bytes >= next_major_ || (old_bytes >= ceiling && old_bytes >= early_major_);
    }
    [[nodiscard]] size_t next_major() const { return next_major_; }
    [[nodiscard]] size_t nursery_bytes() const { return nursery_bytes_; }

    void after_minor(uint64_t pause_ns, size_t bytes_copied);
    void after_major(size_t old_bytes);
    // Memory was refused to the heap, or soon will be: a nursery that has grown gives back what it
    // took.
    void relieve();

    void force(const MorphForcedCollections& plan);
    [[nodiscard]] bool forcing() const { return until_forced_ != 0; }
    [[nodiscard]] bool forced_major() const { return forced_.major; }
    // Told of each allocation while forcing(): whether a collection comes before it.
    [[nodiscard]] bool tick();

 private:
    static constexpr size_t kNurseryShrunkMin = size_t{64} << 10;
    static constexpr unsigned kShortPauses = 8;
    static constexpr unsigned kCalmMinors = 32;

    MorphHeapSettings settings_ = {};
    size_t next_major_ = 0;
    size_t early_major_ = 0;  // a major collection before would find too little
    size_t nursery_bytes_ = 0;
    unsigned short_pauses_ = 0;  // in a row
    unsigned calm_ = 0;          // minor collections until the nursery may grow again
    MorphForcedCollections forced_ = {};
    uint64_t until_forced_ = 0;  // allocations; 0: not forcing
};

}  // namespace morph
