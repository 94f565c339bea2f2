#include "fuzz/v1_law.h"

#include <algorithm>
#include <cassert>

namespace suite {
namespace {

uint64_t round_up(uint64_t bytes, uint64_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

constexpr uint64_t kLeastAlignment = 8;
// The threshold grows in larger steps where this much is live.
constexpr uint64_t kMuch = uint64_t{64} << 20;

}  // namespace

V1Law::V1Law(uint64_t threshold)
    : first_threshold_(threshold != 0 ? threshold : kDefaultThreshold),
      step_(first_threshold_),
      threshold_(step_) {}

size_t V1Law::map(uint64_t bytes, bool large) {
    (large ? large_bytes_ : page_bytes_) += bytes;
    pages_.push_back({bytes, 0, 0, large});
    pages_peak_ = std::max(pages_peak_, ++pages_held_);
    return pages_.size() - 1;
}

void V1Law::unmap(size_t page) {
    Page& its = pages_[page];
    (its.large ? large_bytes_ : page_bytes_) -= its.bytes;
    its.bytes = 0;
    --pages_held_;
    std::erase_if(free_, [page](const Object& entry) { return entry.page == page; });
}

void V1Law::put_free(const Object& object) {
    assert(pages_[object.page].live > 0);
    --pages_[object.page].live;
    free_.push_back(object);
}

size_t V1Law::take_free(uint64_t size, uint64_t alignment) {
    for (size_t index = free_.size(); index-- > 0;) {
        if (free_[index].size != size || free_[index].alignment < alignment) continue;
        const size_t page = free_[index].page;
        free_.erase(free_.begin() + static_cast<ptrdiff_t>(index));
        return page;
    }
    return kNone;
}

// What is aligned to more than 8 bytes has a mapping of its own, as what is large; in front of it
// lies the header, as far as alignment wants it. A free object that happens to be aligned serves.
void V1Law::allocate(uint64_t id, uint64_t size, uint64_t alignment, const void* address) {
    alignment = std::max(alignment, kLeastAlignment);
    const uint64_t total = slot_bytes(size);
    const uint64_t front = round_up(kHeaderBytes, alignment);
    size_t page = take_free(size, alignment);
    if (page == kNone && (alignment > kLeastAlignment || total > kPageBytes)) {
        page = map(round_up(front + total - kHeaderBytes, kPageBytes), true);
    } else if (page == kNone) {
        const bool fits = current_ != kNone && pages_[current_].used + total <= kPageBytes;
        if (!fits) current_ = map(kPageBytes, false);
        page = current_;
        pages_[page].used += total;
    }
    ++pages_[page].live;
    live_ += size;
    const auto number = reinterpret_cast<uintptr_t>(address);
    objects_.emplace(id, Object{size, page, number & (~number + 1)});
    objects_peak_ = std::max<uint64_t>(objects_peak_, objects_.size());
}

void V1Law::free(uint64_t id) {
    const auto found = objects_.find(id);
    assert(found != objects_.end());
    live_ -= found->second.size;
    put_free(found->second);
    objects_.erase(found);
}

void V1Law::collect(std::span<const uint64_t> dead) {
    for (uint64_t id : dead) free(id);
    for (size_t page = 0; page < pages_.size(); ++page) {
        if (pages_[page].bytes != 0 && pages_[page].live == 0 && page != current_) unmap(page);
    }
    threshold_ = live_ + (live_ >= kMuch ? std::max(step_, kMuch) : step_);
    ++collections_;
}

void V1Law::reset() {
    pages_.clear();
    objects_.clear();
    free_.clear();
    live_ = page_bytes_ = large_bytes_ = pages_held_ = 0;
    current_ = kNone;
    threshold_ = step_;
}

void V1Law::configure(uint64_t threshold) {
    threshold_ = step_ = threshold != 0 ? threshold : first_threshold_;
}

// Records and roots lie in slabs that are kept; tables grow by doubling.
uint64_t V1Law::metadata_bound(uint64_t roots, uint64_t types) const {
    return (uint64_t{192} << 10) + 256 * pages_peak_ + 32 * objects_peak_ + 64 * roots +
           1024 * types;
}

}  // namespace suite
