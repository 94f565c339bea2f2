// Settings of a collected heap: defaults, limits, least bound.

#include "reference/heap.h"
#include "reference/owner.h"

namespace reference {
namespace {

constexpr size_t kKiB = 1024;
constexpr size_t kPageBytes = 4 * kKiB;
constexpr size_t kHomeBytes = 256 * kKiB;  // metadata of the real heap, which its bound must hold

struct Range {
    const char* field;
    size_t value;
    size_t least;
    size_t most;
};

template <typename Number>
void replace_zero(Number& number, Number value) {
    if (number == 0) number = value;
}

}  // namespace

bool complete(const MorphHeapSettings& given, MorphHeapSettings* completed, std::string* fault) {
    MorphHeapSettings settings = given;
    const size_t growth = settings.nursery_bytes != 0 ? 1 : 4;
    replace_zero(settings.nursery_bytes, kChunkBytes);
    replace_zero(settings.nursery_bytes_max, growth * settings.nursery_bytes);
    replace_zero(settings.promotion_age, uint32_t{3});
    replace_zero(settings.major_threshold, 16 * kChunkBytes);
    replace_zero(settings.growth_percent, uint32_t{50});
    replace_zero(settings.large_bytes, kChunkBytes / 2);
    const Range ranges[] = {
        {"nursery_bytes", settings.nursery_bytes, MORPH_NURSERY_BYTES_MIN, MORPH_NURSERY_BYTES_MAX},
        {"nursery_bytes_max", settings.nursery_bytes_max, settings.nursery_bytes,
         MORPH_NURSERY_BYTES_MAX},
        {"promotion_age", settings.promotion_age, 1, MORPH_PROMOTION_AGE_MAX},
        {"major_threshold", settings.major_threshold, 1, MORPH_MAX_REQUEST},
        {"growth_percent", settings.growth_percent, 1, 1000},
        {"large_bytes", settings.large_bytes, 4 * kKiB, kChunkBytes / 2},
    };
    for (const Range& range : ranges) {
        if (range.value >= range.least && range.value <= range.most) continue;
        *fault = std::string(range.field) + ": " + std::to_string(range.value) +
                 " is not between " + std::to_string(range.least) + " and " +
                 std::to_string(range.most);
        return false;
    }
    settings.nursery_bytes = (settings.nursery_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
    *completed = settings;
    return true;
}

// The young generation is 2.6 nurseries or a little more.
size_t heap_bytes_min(const MorphHeapSettings& settings) {
    MorphHeapSettings completed = {};
    std::string fault;
    if (!complete(settings, &completed, &fault)) return SIZE_MAX;
    return completed.nursery_bytes / 10 * 26 + 2 * kChunkBytes + kHomeBytes;
}

bool check_heap(const MorphHeapConfig& config) {
    MorphHeapSettings completed = {};
    std::string fault;
    if (!complete(config.settings, &completed, &fault)) {
        fail_creation(MORPH_ERROR_INVALID_CONFIGURATION, fault);
        return false;
    }
    const size_t least = heap_bytes_min(config.settings);
    if (config.memory.bytes_max == 0 || config.memory.bytes_max >= least) return true;
    fail_creation(MORPH_ERROR_INVALID_CONFIGURATION,
                  "memory.bytes_max: " + std::to_string(config.memory.bytes_max) +
                      " is below the least that can work, " + std::to_string(least));
    return false;
}

}  // namespace reference
