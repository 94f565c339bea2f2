#include "fuzz/interval_map.h"

#include <algorithm>
#include <cassert>

namespace suite {
namespace {

// First range that begins behind address.
template <typename Iterator>
Iterator behind(Iterator first, Iterator last, uintptr_t address) {
    return std::upper_bound(first, last, address,
                            [](uintptr_t left, const auto& right) { return left < right.begin; });
}

}  // namespace

size_t IntervalMap::leaf_of(uintptr_t address) const {
    auto found = std::upper_bound(
        leaves_.begin(), leaves_.end(), address,
        [](uintptr_t left, const Leaf& leaf) { return left < leaf.front().begin; });
    return found == leaves_.begin() ? 0 : static_cast<size_t>(found - leaves_.begin()) - 1;
}

const IntervalMap::Range* IntervalMap::insert(const Range& range) {
    assert(range.begin < range.end);
    if (leaves_.empty()) {
        leaves_.emplace_back().reserve(64);
        leaves_.back().push_back(range);
        return nullptr;
    }
    size_t index = leaf_of(range.begin);
    Leaf* leaf = &leaves_[index];
    auto place = behind(leaf->begin(), leaf->end(), range.begin);
    if (place != leaf->begin() && (place - 1)->end > range.begin) return &*(place - 1);
    if (place != leaf->end()) {
        if (place->begin < range.end) return &*place;
    } else if (index + 1 < leaves_.size() && leaves_[index + 1].front().begin < range.end) {
        return &leaves_[index + 1].front();
    }
    if (leaf->size() < kLeafRanges) {
        leaf->insert(place, range);
        return nullptr;
    }
    auto middle = leaf->begin() + static_cast<ptrdiff_t>(leaf->size() / 2);
    Leaf upper(middle, leaf->end());
    leaf->erase(middle, leaf->end());
    leaves_.insert(leaves_.begin() + static_cast<ptrdiff_t>(index) + 1, std::move(upper));
    return insert(range);
}

bool IntervalMap::erase(uintptr_t begin) {
    if (leaves_.empty()) return false;
    size_t index = leaf_of(begin);
    Leaf& leaf = leaves_[index];
    auto place = behind(leaf.begin(), leaf.end(), begin);
    if (place == leaf.begin() || (place - 1)->begin != begin) return false;
    leaf.erase(place - 1);
    if (leaf.empty()) leaves_.erase(leaves_.begin() + static_cast<ptrdiff_t>(index));
    return true;
}

const IntervalMap::Range* IntervalMap::find(uintptr_t address) const {
    if (leaves_.empty()) return nullptr;
    const Leaf& leaf = leaves_[leaf_of(address)];
    auto place = behind(leaf.begin(), leaf.end(), address);
    if (place == leaf.begin() || (place - 1)->end <= address) return nullptr;
    return &*(place - 1);
}

bool IntervalMap::in_order() const {
    uintptr_t last_end = 0;
    for (const Leaf& leaf : leaves_) {
        if (leaf.empty() || leaf.size() > kLeafRanges) return false;
        for (const Range& range : leaf) {
            if (range.begin < last_end || range.begin >= range.end) return false;
            last_end = range.end;
        }
    }
    return true;
}

}  // namespace suite
