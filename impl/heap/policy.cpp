#include "heap/policy.h"

#include "chunk/check.h"
#include "chunk/geometry.h"

namespace morph {
namespace {

constexpr size_t kDefaultNursery = kChunkBytes;  // 2 MiB
constexpr size_t kDefaultThreshold = 16 * kChunkBytes;
constexpr uint32_t kDefaultAge = 3;
constexpr uint32_t kDefaultGrowth = 50;
constexpr uint32_t kGrowthMax = 1000;
constexpr size_t kLargeMax = kChunkBytes / 2;
constexpr size_t kLargeMin = 4096;
constexpr size_t kEarlyGrowthMin = kChunkBytes / 4;

MorphCode refuse(ErrorState& errors, const char* field, size_t value, size_t least, size_t most) {
    return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION, "%s: %zu is not between %zu and %zu",
                       field, value, least, most);
}

template <typename Number>
void replace_zero(Number& number, Number value) {
    if (number == 0) number = value;
}

}  // namespace

MorphCode Policy::complete(const MorphHeapSettings& given, MorphHeapSettings* completed,
                           ErrorState& errors) {
    MorphHeapSettings settings = given;
    bool fixed = settings.nursery_bytes != 0;
    replace_zero(settings.nursery_bytes, kDefaultNursery);
    replace_zero(settings.nursery_bytes_max, settings.nursery_bytes * (fixed ? 1 : 8));
    replace_zero(settings.promotion_age, kDefaultAge);
    replace_zero(settings.major_threshold, kDefaultThreshold);
    replace_zero(settings.growth_percent, kDefaultGrowth);
    replace_zero(settings.large_bytes, kLargeMax);
    if (settings.nursery_bytes < MORPH_NURSERY_BYTES_MIN ||
        settings.nursery_bytes > MORPH_NURSERY_BYTES_MAX) {
        return refuse(errors, "nursery_bytes", settings.nursery_bytes, MORPH_NURSERY_BYTES_MIN,
                      MORPH_NURSERY_BYTES_MAX);
    }
    if (settings.nursery_bytes_max < settings.nursery_bytes ||
        settings.nursery_bytes_max > MORPH_NURSERY_BYTES_MAX) {
        return refuse(errors, "nursery_bytes_max", settings.nursery_bytes_max,
                      settings.nursery_bytes, MORPH_NURSERY_BYTES_MAX);
    }
    if (settings.promotion_age > MORPH_PROMOTION_AGE_MAX) {
        return refuse(errors, "promotion_age", settings.promotion_age, 1, MORPH_PROMOTION_AGE_MAX);
    }
    if (settings.major_threshold > MORPH_MAX_REQUEST) {
        return refuse(errors, "major_threshold", settings.major_threshold, 1, MORPH_MAX_REQUEST);
    }
    if (settings.growth_percent > kGrowthMax) {
        return refuse(errors, "growth_percent", settings.growth_percent, 1, kGrowthMax);
    }
    if (settings.large_bytes < kLargeMin || settings.large_bytes > kLargeMax) {
        return refuse(errors, "large_bytes", settings.large_bytes, kLargeMin, kLargeMax);
    }
    *completed = settings;
    return MORPH_OK;
}

void Policy::set(const MorphHeapSettings& completed) {
    bool fresh_nursery = settings_.nursery_bytes != completed.nursery_bytes ||
                         settings_.nursery_bytes_max != completed.nursery_bytes_max;
    bool fresh_threshold = settings_.major_threshold != completed.major_threshold;
    settings_ = completed;
    if (fresh_nursery) nursery_bytes_ = completed.nursery_bytes;
    if (fresh_threshold) next_major_ = completed.major_threshold;
    if (early_major_ == 0) early_major_ = kEarlyGrowthMin;
    short_pauses_ = 0;
}

void Policy::after_minor(uint64_t pause_ns, size_t bytes_copied) {
    uint64_t target_ns = uint64_t{settings_.pause_target_ms} * 1000000;
    bool limited = target_ns != 0;
    if (limited && pause_ns > target_ns) {
        size_t least = settings_.nursery_bytes < kNurseryShrunkMin ? settings_.nursery_bytes
                                                                   : kNurseryShrunkMin;
        short_pauses_ = 0;
        nursery_bytes_ = nursery_bytes_ / 2 < least ? least : nursery_bytes_ / 2;
        return;
    }
    bool is_short = limited && pause_ns < target_ns / 4;
    short_pauses_ = is_short ? short_pauses_ + 1 : 0;
    bool crowded = bytes_copied > nursery_bytes_ / 4 && (!limited || pause_ns < target_ns / 2);
    bool recovered = nursery_bytes_ < settings_.nursery_bytes && short_pauses_ >= kShortPauses;
    size_t most = recovered ? settings_.nursery_bytes : settings_.nursery_bytes_max;
    bool may_grow = nursery_bytes_ >= settings_.nursery_bytes ? crowded : recovered;
    if (calm_ != 0) calm_ -= 1;
    if (!may_grow || nursery_bytes_ >= most || calm_ != 0) return;
    short_pauses_ = 0;
    nursery_bytes_ = nursery_bytes_ > most / 2 ? most : nursery_bytes_ * 2;
}

void Policy::after_major(size_t old_bytes) {
    size_t grown = old_bytes + old_bytes / 100 * settings_.growth_percent +
                   old_bytes % 100 * settings_.growth_percent / 100;
    next_major_ = grown < settings_.major_threshold ? settings_.major_threshold : grown;
    size_t quarter = (grown - old_bytes) / 4;
    early_major_ = old_bytes + (quarter < kEarlyGrowthMin ? kEarlyGrowthMin : quarter);
}

void Policy::relieve() {
    calm_ = kCalmMinors;
    if (nursery_bytes_ > settings_.nursery_bytes) nursery_bytes_ = settings_.nursery_bytes;
}

void Policy::force(const MorphForcedCollections& plan) {
    forced_ = plan;
    until_forced_ = plan.first;
}

bool Policy::tick() {
    MORPH_CHECK(until_forced_ != 0);
    if (--until_forced_ != 0) return false;
    until_forced_ = forced_.every;
    return true;
}

}  // namespace morph
