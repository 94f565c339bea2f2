// Configuration of a context: presets, what is possible, and what the environment overrides.
#pragma once

#include <cstddef>

#include "chunk/error.h"

#include "morph/mem.h"

namespace morph {

inline constexpr size_t kArenaBlockBytesMin = size_t{4} << 10;
inline constexpr size_t kArenaBlockBytesMax = size_t{1} << 30;

// Least bound that a context in COMPILER mode can work under: a chunk each for pool and arena, and
// its records.
size_t context_bytes_min();

// What a context in RUNTIME mode, or on V1, may take beside its heap.
inline constexpr size_t kRuntimeOverheadBytes = size_t{64} << 10;

// V1: least threshold; and least bound of its heap: records, a page for each of a few sizes.
inline constexpr size_t kV1ThresholdMin = size_t{4} << 10;
inline constexpr size_t kV1BytesMin = size_t{128} << 10;

// RUNTIME mode: config.heap with what other fields override.
MorphHeapSettings effective_heap_settings(const MorphMemConfig& config);

// Enums come from C and may hold any number; loading such a one as an enum would be undefined.
template <typename Enum>
unsigned raw_number(const Enum& value) {
    static_assert(sizeof(Enum) == sizeof(unsigned));
    unsigned number;
    __builtin_memcpy(&number, &value, sizeof(number));
    return number;
}

// MORPH_OK, or what is impossible about it: errors names field and value.
MorphCode validate_config(const MorphMemConfig& config, ErrorState& errors);

// Where variables come from: nullptr for one that is not set. Tests bring their own.
struct EnvironmentReader {
    const char* (*read)(void* user, const char* name);
    void* user;
};
EnvironmentReader process_environment();

// What the MORPH_MEM_* variables say. Paths are the variables' own texts; nullptr: not set.
struct Environment {
    bool debug_given;
    bool debug;
    const char* stats_path;
    bool v2_given;
    bool v2;
    size_t v1_threshold;  // 0: not set
    bool v1_daemon_given;
    bool v1_daemon;
    const char* v1_death_log;
    const char* v1_swap;
};

// MORPH_OK, or errors names the variable and its value.
MorphCode read_environment(const EnvironmentReader& reader, Environment* environment,
                           ErrorState& errors);

// config with what the environment overrides of V1. Paths stay where they are.
MorphMemConfig with_environment(const MorphMemConfig& config, const Environment& environment);

// Longest path in a variable or a setting, with its terminator.
inline constexpr size_t kStatsPathBytesMax = 4096;

// morph_mem_detect_config for that much RAM (0: unknown).
MorphMemConfig config_for_ram(size_t ram);

}  // namespace morph
