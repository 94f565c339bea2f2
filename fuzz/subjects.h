// How the built-in subjects are made, and the operands they read. For fuzz/subject*.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "fuzz/api.h"
#include "fuzz/subject.h"

namespace suite {

SubjectEntry arena_entry(const Api& api, std::string name, std::string description);
SubjectEntry pool_entry(const Api& api, std::string name, std::string description);
SubjectEntry general_entry(const Api& api, std::string name, std::string description);
SubjectEntry context_entry(const Api& api, std::string name, std::string description);
SubjectEntry heap_entry(const Api& api, std::string name, std::string description);
SubjectEntry runtime_entry(const Api& api, std::string name, std::string description);
// V1 behind a context: in COMPILER mode, and in RUNTIME mode.
SubjectEntry v1_entry(const Api& api, std::string name, std::string description);
SubjectEntry v1_runtime_entry(const Api& api, std::string name, std::string description);

SubjectEntry malloc_entry();
// Peers from shared objects. They are in the list whether or not they are installed; one that is
// not refuses to open, and last_error says why.
SubjectEntry mimalloc_entry();
SubjectEntry jemalloc_entry();
// mimalloc without the step around its known bug, where the installed one has it: must be found.
std::optional<SubjectEntry> misaligned_mimalloc_entry();
SubjectEntry pmr_monotonic_entry();
SubjectEntry pmr_pool_entry();
SubjectEntry boehm_entry();  // Boehm's collector

// A user's allocator from a shared object (docs/adding-a-subject.md).
std::optional<SubjectEntry> plugin_entry(const std::string& path, std::string* error);

// 0 for the default; a shift of 64 and more gives 1, which every subject must refuse.
inline size_t block_bytes(const Configuration& configuration) {
    if (configuration.block_shift == 0) return 0;
    return configuration.block_shift < 64 ? size_t{1} << configuration.block_shift : 1;
}

// What a configuration says of a collected heap. A shift of 64 and more gives 1 byte, which every
// heap must refuse.
inline MorphHeapSettings heap_settings(const Configuration& configuration) {
    const auto bytes = [](unsigned shift) {
        return shift == 0 ? size_t{0} : shift < 64 ? size_t{1} << shift : 1;
    };
    MorphHeapSettings settings = {};
    settings.nursery_bytes = bytes(configuration.nursery_shift);
    settings.promotion_age = configuration.promotion_age;
    settings.major_threshold = configuration.major_threshold;
    settings.large_bytes = bytes(configuration.large_shift);
    settings.full_collections = configuration.full_collections;
    return settings;
}

// V1 collects above this many live bytes: as few as it may be told, where a program says nothing.
inline constexpr uint64_t kV1ThresholdMin = 4096;
inline uint64_t v1_threshold(const Configuration& configuration) {
    return configuration.major_threshold != 0 ? configuration.major_threshold : kV1ThresholdMin;
}
inline bool v1_threshold_valid(const Configuration& configuration) {
    const uint64_t threshold = v1_threshold(configuration);
    return threshold >= kV1ThresholdMin && threshold <= MORPH_MAX_REQUEST;
}

// Alignment that an operation asks for: 2^n, or 0 (which is refused) where that has no size_t.
inline size_t alignment_of(const Operation& operation) {
    const Code code = operation.code;
    if (code != Code::allocate_aligned && code != Code::allocate_object_aligned) {
        return MORPH_DEFAULT_ALIGNMENT;
    }
    return operation.alignment < 64 ? size_t{1} << operation.alignment : 0;
}

inline MorphMemPlacement placement_of(uint8_t placement) {
    return static_cast<MorphMemPlacement>(placement % 3);
}

// An error that a subject without errors of its own gives.
MorphError plain_error(MorphCode code, const char* text);

}  // namespace suite
