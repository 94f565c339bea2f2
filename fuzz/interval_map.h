// IntervalMap: live address ranges, for overlap checks and "which object is at this address?".
//
// Ranges lie in leaves of at most kLeafRanges, sorted; the leaves themselves are sorted, too. So an
// insertion moves at most one leaf, with a handful of live objects as with a million.
//
// INTERVAL-ORDER: over all leaves, begin < end <= next begin. No leaf is empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace suite {

class IntervalMap {
 public:
    // A value for ranges that are not an object's.
    static constexpr uint32_t kNoObject = UINT32_MAX;

    struct Range {
        uintptr_t begin;
        uintptr_t end;
        uint32_t value;
    };

    // Adds a range. The range it overlaps, if there is one; then nothing is added.
    const Range* insert(const Range& range);
    // Removes the range that begins there; false when there is none.
    bool erase(uintptr_t begin);
    // The range that covers address, or nullptr.
    [[nodiscard]] const Range* find(uintptr_t address) const;
    void clear() { leaves_.clear(); }
    [[nodiscard]] bool in_order() const;  // INTERVAL-ORDER

 private:
    static constexpr size_t kLeafRanges = 256;
    using Leaf = std::vector<Range>;

    [[nodiscard]] size_t leaf_of(uintptr_t address) const;  // last leaf that begins at or before

    std::vector<Leaf> leaves_;
};

}  // namespace suite
