#include "reference/config.h"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

#include "reference/heap.h"
#include "reference/owner.h"

namespace reference {
namespace {

constexpr size_t kKiB = 1024;
constexpr size_t kMiB = 1024 * kKiB;
constexpr size_t kBlockMin = 4 * kKiB;
constexpr size_t kBlockMax = 1024 * kMiB;

bool refuse(const char* field, const std::string& value, const std::string& wrong) {
    fail_creation(MORPH_ERROR_INVALID_CONFIGURATION,
                  std::string(field) + ": " + value + " " + wrong);
    return false;
}

bool refuse(const char* field, size_t value, const std::string& wrong) {
    return refuse(field, std::to_string(value), wrong);
}

bool check_block(const char* field, size_t bytes) {
    const bool power = (bytes & (bytes - 1)) == 0;
    if (bytes == 0 || (power && bytes >= kBlockMin && bytes <= kBlockMax)) return true;
    return refuse(field, bytes, "is not a power of two from 4096 to 1073741824");
}

bool check_bound(const MorphMemoryLimits& memory, size_t least) {
    if (memory.bytes_max == 0 || memory.bytes_max >= least) return true;
    return refuse("memory.bytes_max", memory.bytes_max,
                  "is below the least that can work, " + std::to_string(least));
}

constexpr MorphMemConfig preset(MorphMemMode mode, size_t hint, size_t threshold_mib,
                                uint32_t pause_ms) {
    MorphMemConfig config = {};
    config.mode = mode;
    config.heap_size_hint = hint;
    config.gc_threshold = threshold_mib * kMiB;
    config.gc_pause_target_ms = pause_ms;
    config.enable_generational = mode != MORPH_MODE_COMPILER;
    config.enable_compaction = mode == MORPH_MODE_VM || mode == MORPH_MODE_SERVER;
    config.enable_metrics = true;
    if (mode == MORPH_MODE_SERVER) config.memory.bytes_max = hint;
    return config;
}

}  // namespace

bool check_arena(const MorphArenaConfig& config) {
    if (!check_block("block_size", config.block_size)) return false;
    const size_t block = config.block_size != 0 ? config.block_size : kChunkBytes;
    return check_bound(config.memory, block + kChunkBytes + 64 * kKiB);
}

bool check_pool(const MorphPoolConfig& config) {
    return check_bound(config.memory, kChunkBytes + 64 * kKiB);
}

bool check_general(const MorphGeneralConfig& config) {
    return check_bound(config.memory, 2 * kChunkBytes + 128 * kKiB);
}

namespace {

// A field that must be zero in a mode.
struct ZeroField {
    const char* name;
    size_t value;
};

bool check_zero(std::span<const ZeroField> fields, const char* why) {
    for (const ZeroField& field : fields) {
        if (field.value != 0) return refuse(field.name, field.value, why);
    }
    return true;
}

bool check_compiler(const MorphMemConfig& config) {
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
    if (!check_zero(fields, "must be 0: COMPILER mode has no collector")) return false;
    if (!check_block("arena_block_size", config.arena_block_size)) return false;
    return check_bound(config.memory, 2 * kChunkBytes + 128 * kKiB);
}

bool check_runtime(const MorphMemConfig& config) {
    const ZeroField fields[] = {{"enable_compaction", config.enable_compaction},
                                {"arena_block_size", config.arena_block_size}};
    if (!check_zero(fields, "must be 0: RUNTIME mode has no compaction and no arena")) return false;
    if (config.gc_threshold > MORPH_MAX_REQUEST) {
        return refuse("gc_threshold", config.gc_threshold, "exceeds the largest request");
    }
    const MorphHeapSettings settings = heap_settings(config);
    MorphHeapSettings completed = {};
    std::string fault;
    if (!complete(settings, &completed, &fault)) {
        fail_creation(MORPH_ERROR_INVALID_CONFIGURATION, "heap." + fault);
        return false;
    }
    return check_bound(config.memory, heap_bytes_min(settings) + 64 * kKiB);
}

}  // namespace

MorphHeapSettings heap_settings(const MorphMemConfig& config) {
    MorphHeapSettings settings = config.heap;
    if (config.gc_threshold != 0) settings.major_threshold = config.gc_threshold;
    if (config.gc_pause_target_ms != 0) settings.pause_target_ms = config.gc_pause_target_ms;
    if (!config.enable_generational) settings.full_collections = true;
    return settings;
}

bool check_context(const MorphMemConfig& config) {
    if (config.enable_v1) {
        fail_creation(
            MORPH_ERROR_UNSUPPORTED,
            "enable_v1: 1 (or MORPH_MEM_V2: 0) asks for the V1 baseline, which is part of "
            "the library, not of its model");
        return false;
    }
    const size_t mode = raw_number(config.mode);
    if (mode == MORPH_MODE_COMPILER) return check_compiler(config);
    if (mode == MORPH_MODE_RUNTIME) return check_runtime(config);
    if (mode > MORPH_MODE_SERVER) return refuse("mode", mode, "is no mode");
    fail_creation(MORPH_ERROR_UNSUPPORTED,
                  "mode: " + std::to_string(mode) +
                      " needs a collector that is not here; 0 (MORPH_MODE_COMPILER) and 1 "
                      "(MORPH_MODE_RUNTIME) work");
    return false;
}

bool read_environment(MorphMemConfig* config, std::string* stats_path) {
    if (const char* debug = std::getenv("MORPH_MEM_DEBUG")) {
        const std::string value = debug;
        if (value != "0" && value != "1") {
            return refuse("MORPH_MEM_DEBUG", "\"" + value + "\"", "is neither 0 nor 1");
        }
        config->enable_debug = value == "1";
    }
    if (const char* v2 = std::getenv("MORPH_MEM_V2")) {
        const std::string value = v2;
        if (value != "0" && value != "1") {
            return refuse("MORPH_MEM_V2", "\"" + value + "\"", "is neither 0 nor 1");
        }
        config->enable_v1 = value == "0";
    }
    if (const char* path = std::getenv("MORPH_MEM_STATS")) {
        if (*path == '\0') return refuse("MORPH_MEM_STATS", "\"\"", "is no path");
        *stats_path = path;
    }
    return true;
}

}  // namespace reference

using reference::kMiB;
using reference::preset;

extern "C" {

constexpr MorphMemConfig MORPH_CONFIG_COMPILER = preset(MORPH_MODE_COMPILER, 256 * kMiB, 0, 0);
constexpr MorphMemConfig MORPH_CONFIG_RUNTIME = preset(MORPH_MODE_RUNTIME, 512 * kMiB, 64, 10);
constexpr MorphMemConfig MORPH_CONFIG_VM = preset(MORPH_MODE_VM, 2048 * kMiB, 128, 5);
constexpr MorphMemConfig MORPH_CONFIG_SERVER = preset(MORPH_MODE_SERVER, 1024 * kMiB, 128, 5);

// Physical memory and RLIMIT_AS alone: control groups are the real library's to read.
size_t morph_mem_get_available_ram(void) {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page_bytes = sysconf(_SC_PAGESIZE);
    size_t bytes = 0;
    if (pages > 0 && page_bytes > 0) {
        bytes = static_cast<size_t>(pages) * static_cast<size_t>(page_bytes);
    }
    rlimit limit = {};
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        bytes = bytes == 0 ? limit.rlim_cur : std::min<size_t>(bytes, limit.rlim_cur);
    }
    return bytes;
}

MorphMemConfig morph_mem_detect_config(void) {
    MorphMemConfig config = MORPH_CONFIG_COMPILER;
    const size_t ram = morph_mem_get_available_ram();
    if (ram != 0 && ram <= 512 * kMiB) {
        config.heap_size_hint = std::min(config.heap_size_hint, ram / 4);
    }
    return config;
}

}  // extern "C"
