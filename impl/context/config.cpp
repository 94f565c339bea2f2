#include "context/config.h"

#include <climits>
#include <cstring>

#include "chunk/check.h"
#include "chunk/geometry.h"
#include "heap/policy.h"
#include "os/ram.h"

namespace {

constexpr size_t kMiB = size_t{1} << 20;

consteval MorphMemConfig preset(MorphMemMode mode, size_t hint, size_t threshold, uint32_t pause) {
    MorphMemConfig config = {};
    config.mode = mode;
    config.heap_size_hint = hint;
    config.gc_threshold = threshold;
    config.gc_pause_target_ms = pause;
    config.enable_generational = mode != MORPH_MODE_COMPILER;
    config.enable_compaction = mode == MORPH_MODE_VM || mode == MORPH_MODE_SERVER;
    config.enable_metrics = true;
    config.memory.bytes_max = mode == MORPH_MODE_SERVER ? hint : 0;
    return config;
}

}  // namespace

extern "C" {
constexpr MorphMemConfig MORPH_CONFIG_COMPILER = preset(MORPH_MODE_COMPILER, 256 * kMiB, 0, 0);
constexpr MorphMemConfig MORPH_CONFIG_RUNTIME =
    preset(MORPH_MODE_RUNTIME, 512 * kMiB, 64 * kMiB, 10);
constexpr MorphMemConfig MORPH_CONFIG_VM = preset(MORPH_MODE_VM, 2048 * kMiB, 128 * kMiB, 5);
constexpr MorphMemConfig MORPH_CONFIG_SERVER =
    preset(MORPH_MODE_SERVER, 1024 * kMiB, 128 * kMiB, 5);
}

namespace morph {
namespace {

// Under so much RAM the hint is cut down to a quarter of it.
constexpr size_t kSmallRam = 512 * kMiB;

// Fields that must be zero, in the order in which they are looked at.
struct ZeroField {
    const char* name;
    size_t value;
};

template <size_t count>
MorphCode require_zero(const ZeroField (&fields)[count], const char* why, ErrorState& errors) {
    for (const ZeroField& field : fields) {
        if (field.value == 0) continue;
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION, "%s: %zu: must be 0 in %s",
                           field.name, field.value, why);
    }
    return MORPH_OK;
}

MorphCode validate_mode(unsigned mode, ErrorState& errors) {
    const char* const names[] = {"COMPILER", "RUNTIME", "VM", "SERVER"};
    if (mode > MORPH_MODE_SERVER) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                           "mode: %u is none of MORPH_MODE_COMPILER (0) .. MORPH_MODE_SERVER (3)",
                           mode);
    }
    if (mode == MORPH_MODE_COMPILER || mode == MORPH_MODE_RUNTIME) return MORPH_OK;
    return errors.fail(MORPH_ERROR_UNSUPPORTED,
                       "mode: MORPH_MODE_%s (%u) needs a collector that this version of the "
                       "library does not have; MORPH_MODE_COMPILER and MORPH_MODE_RUNTIME work",
                       names[mode], mode);
}

MorphCode validate_arena_block(size_t block, ErrorState& errors) {
    bool is_power_of_two = (block & (block - 1)) == 0;
    bool in_range = block >= kArenaBlockBytesMin && block <= kArenaBlockBytesMax;
    if (block == 0 || (is_power_of_two && in_range)) return MORPH_OK;
    return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                       "arena_block_size: %zu is not a power of two from %zu to %zu", block,
                       kArenaBlockBytesMin, kArenaBlockBytesMax);
}

MorphCode validate_bound(size_t bound, size_t least, const char* what, ErrorState& errors) {
    if (bound == 0 || bound >= least) return MORPH_OK;
    return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                       "memory.bytes_max: %zu is less than %s (%zu)", bound, what, least);
}

MorphCode validate_compiler(const MorphMemConfig& config, ErrorState& errors) {
    const MorphHeapSettings& heap = config.heap;
    const ZeroField fields[] = {{"gc_threshold", config.gc_threshold},
                                {"gc_pause_target_ms", config.gc_pause_target_ms},
                                {"enable_generational", config.enable_generational},
                                {"enable_compaction", config.enable_compaction},
                                {"heap.nursery_bytes", heap.nursery_bytes},
                                {"heap.nursery_bytes_max", heap.nursery_bytes_max},
                                {"heap.promotion_age", heap.promotion_age},
                                {"heap.major_threshold", heap.major_threshold},
                                {"heap.growth_percent", heap.growth_percent},
                                {"heap.large_bytes", heap.large_bytes},
                                {"heap.pause_target_ms", heap.pause_target_ms},
                                {"heap.full_collections", heap.full_collections}};
    MorphCode code = require_zero(fields, "COMPILER mode, which has no collector", errors);
    if (code == MORPH_OK) code = validate_arena_block(config.arena_block_size, errors);
    if (code != MORPH_OK || config.enable_v1) return code;
    return validate_bound(config.memory.bytes_max, context_bytes_min(), "two chunks and 128 KiB",
                          errors);
}

MorphCode validate_runtime(const MorphMemConfig& config, ErrorState& errors) {
    const ZeroField fields[] = {{"enable_compaction", config.enable_compaction},
                                {"arena_block_size", config.arena_block_size}};
    MorphCode code =
        require_zero(fields, "RUNTIME mode, which has no compaction and no arena", errors);
    if (code != MORPH_OK) return code;
    if (config.gc_threshold > MORPH_MAX_REQUEST) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                           "gc_threshold: %zu exceeds the largest request, %zu",
                           config.gc_threshold, MORPH_MAX_REQUEST);
    }
    MorphHeapSettings settings = effective_heap_settings(config);
    ErrorState heap_errors;
    if (Policy::complete(settings, &settings, heap_errors) != MORPH_OK) {
        // Its text begins with the field, which is in `heap` here.
        return errors.fail(heap_errors.last.code, "heap.%.230s", heap_errors.last.text);
    }
    if (config.enable_v1) return MORPH_OK;
    const size_t heap_least = morph_heap_bytes_min(&settings);
    MORPH_CHECK(heap_least < SIZE_MAX - kRuntimeOverheadBytes);  // completed settings are bounded
    return validate_bound(config.memory.bytes_max, heap_least + kRuntimeOverheadBytes,
                          "the least of its heap and 64 KiB", errors);
}

MorphCode validate_v1_path(const char* field, const char* path, ErrorState& errors) {
    if (path == nullptr) return MORPH_OK;
    if (path[0] == '\0') {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION, "%s: \"\" is no path", field);
    }
    if (strnlen(path, kStatsPathBytesMax) == kStatsPathBytesMax) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION, "%s: \"%.60s...\" exceeds %zu bytes",
                           field, path, kStatsPathBytesMax - 1);
    }
    return MORPH_OK;
}

// What concerns V1, where it serves.
MorphCode validate_v1(const MorphMemConfig& config, ErrorState& errors) {
    const MorphV1Settings& v1 = config.v1;
    bool in_range = v1.threshold >= kV1ThresholdMin && v1.threshold <= MORPH_MAX_REQUEST;
    if (v1.threshold != 0 && !in_range) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                           "v1.threshold: %zu is not between %zu and %zu", v1.threshold,
                           kV1ThresholdMin, MORPH_MAX_REQUEST);
    }
    MorphCode code = validate_v1_path("v1.death_log", v1.death_log, errors);
    if (code == MORPH_OK) code = validate_v1_path("v1.swap_directory", v1.swap_directory, errors);
    if (code != MORPH_OK) return code;
    if (v1.swap_directory != nullptr && !v1.daemon) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                           "v1.swap_directory: \"%.60s\" needs v1.daemon, which is false; in the "
                           "environment MORPH_MEM_V1_SWAP needs MORPH_MEM_V1_DAEMON=1",
                           v1.swap_directory);
    }
    return validate_bound(config.memory.bytes_max, kV1BytesMin + kRuntimeOverheadBytes,
                          "V1's 128 KiB and 64 KiB", errors);
}

}  // namespace

size_t context_bytes_min() {
    return 2 * kChunkBytes + (size_t{128} << 10);
}

MorphCode validate_config(const MorphMemConfig& config, ErrorState& errors) {
    MorphCode code = validate_mode(raw_number(config.mode), errors);
    if (code != MORPH_OK) return code;
    code = config.mode == MORPH_MODE_RUNTIME ? validate_runtime(config, errors)
                                             : validate_compiler(config, errors);
    return code == MORPH_OK && config.enable_v1 ? validate_v1(config, errors) : code;
}

MorphHeapSettings effective_heap_settings(const MorphMemConfig& config) {
    MorphHeapSettings settings = config.heap;
    if (config.gc_threshold != 0) settings.major_threshold = config.gc_threshold;
    if (config.gc_pause_target_ms != 0) settings.pause_target_ms = config.gc_pause_target_ms;
    if (!config.enable_generational) settings.full_collections = true;
    return settings;
}

MorphMemConfig config_for_ram(size_t ram) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    if (ram != 0 && ram < kSmallRam && ram / 4 < config.heap_size_hint) {
        config.heap_size_hint = ram / 4;
    }
    return config;
}

}  // namespace morph

extern "C" {

size_t morph_mem_get_available_ram(void) {
    uint64_t least = morph::read_ram_limits("", morph::address_space_limit()).least();
    return least > SIZE_MAX ? SIZE_MAX : static_cast<size_t>(least);
}

MorphMemConfig morph_mem_detect_config(void) {
    return morph::config_for_ram(morph_mem_get_available_ram());
}

}  // extern "C"
