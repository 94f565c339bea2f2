// Figures of a Heap: statistics, pauses, timeline, and what is known of an address.

#include <algorithm>
#include <bit>
#include <cstring>

#include "reference/heap.h"

namespace reference {

// ------------------------------------------------------------------------------------- pauses

void PauseFigures::add(uint64_t nanoseconds) {
    // The highest four bits are kept, so the last one kept is an eighth at most.
    const auto width = static_cast<int>(std::bit_width(nanoseconds));
    const uint64_t unit = uint64_t{1} << std::max(width - 4, 0);
    rounded_[(nanoseconds + unit - 1) / unit * unit] += 1;
    sums_.count += 1;
    sums_.total_ns += nanoseconds;
    sums_.max_ns = std::max(sums_.max_ns, nanoseconds);
}

uint64_t PauseFigures::percentile(uint64_t percent) const {
    const uint64_t wanted = (sums_.count * percent + 99) / 100;
    uint64_t seen = 0;
    for (const auto& [nanoseconds, count] : rounded_) {
        seen += count;
        if (seen >= wanted) return std::min(nanoseconds, sums_.max_ns);
    }
    return 0;
}

MorphPauses PauseFigures::summary() const {
    MorphPauses pauses = sums_;
    pauses.p50_ns = percentile(50);
    pauses.p90_ns = percentile(90);
    pauses.p99_ns = percentile(99);
    return pauses;
}

// --------------------------------------------------------------------------------- statistics

MorphHeapStats Heap::stats() const {
    MorphHeapStats stats = figures_;
    stats.bytes_live_peak = std::max(stats.bytes_live_peak, stats.counts.bytes_live);
    stats.minor = minor_pauses_.summary();
    stats.major = major_pauses_.summary();
    stats.finalizers = finalizers_.size() + ready_.size();
    stats.roots = root_depth();
    stats.global_roots = globals_.size();
    stats.nursery_bytes = settings_.nursery_bytes;
    stats.major_threshold = next_major_;
    stats.types = static_cast<uint32_t>(types_.size());
    for (const auto& [address, record] : records_) {
        const bool large = record->size > settings_.large_bytes;
        if (types_[record->type].layout == MORPH_LAYOUT_WEAK) stats.weak_references += 1;
        if (large) stats.large_objects += 1;
        if (record->young) {
            stats.young_bytes_mapped += record->piece_bytes;
        } else {
            (large ? stats.large_bytes_mapped : stats.old_bytes_mapped) += record->piece_bytes;
        }
    }
    stats.old_bytes = old_bytes_;
    stats.bytes_mapped = memory_.bytes();
    stats.bytes_mapped_peak = memory_.bytes_peak();
    stats.metadata_bytes_mapped = stats.bytes_mapped - stats.young_bytes_mapped -
                                  stats.old_bytes_mapped - stats.large_bytes_mapped;
    return stats;
}

MorphCode Heap::type_stats(uint32_t type, MorphHeapTypeStats* stats) {
    if (stats == nullptr) return fail(MORPH_ERROR_INVALID_ARGUMENT, "stats: NULL");
    if (type >= types_.size()) return fail(MORPH_ERROR_UNKNOWN_TYPE);
    *stats = {};
    std::memcpy(stats->name, types_[type].name.c_str(), types_[type].name.size() + 1);
    stats->layout = types_[type].layout;
    stats->counts = types_[type].counts;
    return MORPH_OK;
}

size_t Heap::timeline(MorphTimelineSample* samples, size_t count) const {
    const size_t copied = std::min(count, timeline_.size());
    if (samples != nullptr) {
        std::copy(timeline_.end() - static_cast<ptrdiff_t>(copied), timeline_.end(), samples);
    }
    return samples != nullptr ? copied : 0;
}

// ------------------------------------------------------------------------------------ addresses

Record* Heap::find(const void* object) const {
    const auto found = records_.find(reinterpret_cast<uintptr_t>(object));
    return found != records_.end() ? found->second.get() : nullptr;
}

Record* Heap::covering(const void* address) const {
    const auto number = reinterpret_cast<uintptr_t>(address);
    auto above = records_.upper_bound(number);
    if (above != records_.end() && above->first - number <= sizeof(uint64_t)) {
        return above->second.get();
    }
    if (above == records_.begin()) return nullptr;
    Record* record = std::prev(above)->second.get();
    return number - std::prev(above)->first < std::max(record->size, size_t{1}) ? record : nullptr;
}

MorphAddressInfo Heap::query(const void* address) const {
    MorphAddressInfo info = {};
    const Record* record = covering(address);
    if (record == nullptr) return info;
    info.room = MORPH_ROOM_OLD;
    if (record->size > settings_.large_bytes) info.room = MORPH_ROOM_LARGE;
    if (record->young) info.room = MORPH_ROOM_YOUNG;
    info.allocated = true;
    info.object = record->address;
    info.size = record->size;
    info.slot_size = std::max(record->size, size_t{1}) + sizeof(uint64_t);
    info.type = record->type;
    info.age = record->young ? record->age : 0;
    return info;
}

}  // namespace reference
