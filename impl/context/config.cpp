#include "context/config.h"

#include <climits>
#include <cstdlib>
#include <cstring>

#include "chunk/geometry.h"
#include "os/ram.h"

namespace {

constexpr size_t kMiB = size_t{1} << 20;

constexpr MorphMemConfig preset(MorphMemMode mode, size_t hint, size_t threshold, uint32_t pause) {
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

MorphCode refuse_collector_field(const char* field, size_t value, ErrorState& errors) {
    return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                       "%s: %zu: must be 0 in COMPILER mode, which has no collector", field, value);
}

MorphCode validate_mode(unsigned mode, ErrorState& errors) {
    const char* const names[] = {"COMPILER", "RUNTIME", "VM", "SERVER"};
    if (mode > MORPH_MODE_SERVER) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                           "mode: %u is none of MORPH_MODE_COMPILER (0) .. MORPH_MODE_SERVER (3)",
                           mode);
    }
    if (mode == MORPH_MODE_COMPILER) return MORPH_OK;
    return errors.fail(MORPH_ERROR_UNSUPPORTED,
                       "mode: MORPH_MODE_%s (%u) needs a collector, which this version of the "
                       "library does not have; only MORPH_MODE_COMPILER works",
                       names[mode], mode);
}

MorphCode parse_switch(const char* name, const char* value, bool* on, ErrorState& errors) {
    bool valid = (value[0] == '0' || value[0] == '1') && value[1] == '\0';
    if (!valid) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION, "%s: \"%.100s\" is neither 0 nor 1",
                           name, value);
    }
    *on = value[0] == '1';
    return MORPH_OK;
}

}  // namespace

size_t context_bytes_min() {
    return 2 * kChunkBytes + (size_t{128} << 10);
}

MorphCode validate_config(const MorphMemConfig& config, ErrorState& errors) {
    MorphCode code = validate_mode(raw_number(config.mode), errors);
    if (code != MORPH_OK) return code;
    if (config.gc_threshold != 0) {
        return refuse_collector_field("gc_threshold", config.gc_threshold, errors);
    }
    if (config.gc_pause_target_ms != 0) {
        return refuse_collector_field("gc_pause_target_ms", config.gc_pause_target_ms, errors);
    }
    if (config.enable_generational) return refuse_collector_field("enable_generational", 1, errors);
    if (config.enable_compaction) return refuse_collector_field("enable_compaction", 1, errors);
    size_t block = config.arena_block_size;
    bool is_power_of_two = (block & (block - 1)) == 0;
    if (block != 0 &&
        (!is_power_of_two || block < kArenaBlockBytesMin || block > kArenaBlockBytesMax)) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                           "arena_block_size: %zu is not a power of two from %zu to %zu", block,
                           kArenaBlockBytesMin, kArenaBlockBytesMax);
    }
    size_t bound = config.memory.bytes_max;
    if (bound != 0 && bound < context_bytes_min()) {
        return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                           "memory.bytes_max: %zu is less than two chunks and 128 KiB (%zu)", bound,
                           context_bytes_min());
    }
    return MORPH_OK;
}

EnvironmentReader process_environment() {
    // getenv is safe as long as nobody calls setenv meanwhile, which POSIX asks of the program.
    return {[](void*, const char* name) -> const char* { return getenv(name); }, nullptr};
}

MorphCode read_environment(const EnvironmentReader& reader, Environment* environment,
                           ErrorState& errors) {
    *environment = {};
    if (const char* value = reader.read(reader.user, "MORPH_MEM_V2")) {
        bool second = true;
        MorphCode code = parse_switch("MORPH_MEM_V2", value, &second, errors);
        if (code != MORPH_OK) return code;
        if (!second) {
            return errors.fail(MORPH_ERROR_UNSUPPORTED,
                               "MORPH_MEM_V2: \"0\" asks for the V1 baseline, which this version "
                               "of the library does not have; unset it");
        }
    }
    if (const char* value = reader.read(reader.user, "MORPH_MEM_DEBUG")) {
        MorphCode code = parse_switch("MORPH_MEM_DEBUG", value, &environment->debug, errors);
        if (code != MORPH_OK) return code;
        environment->debug_given = true;
    }
    if (const char* value = reader.read(reader.user, "MORPH_MEM_STATS")) {
        if (value[0] == '\0') {
            return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                               "MORPH_MEM_STATS: \"\" is no path; unset it for no statistics");
        }
        if (strnlen(value, kStatsPathBytesMax) == kStatsPathBytesMax) {
            return errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                               "MORPH_MEM_STATS: \"%.60s...\" exceeds %zu bytes", value,
                               kStatsPathBytesMax - 1);
        }
        environment->stats_path = value;
    }
    return MORPH_OK;
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
