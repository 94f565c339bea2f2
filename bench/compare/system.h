// A system under comparison: what a program compare-<memory> knows beside the calls of morph/mem.h.
//
//   compare-library    v1, v1-runtime, v2-compiler, v2-runtime       memory_library.cpp
//   compare-reference  reference                                     memory_reference.cpp
//   compare-malloc     glibc, or what LD_PRELOAD puts in its place   memory_malloc.cpp
//   compare-pmr        pmr, pmr-pool                                 memory_pmr.cpp
//   compare-boehm      boehm                                         memory_boehm.cpp
//
// Each of these files defines the functions below. The workloads are the same object files in all
// programs: they call morph/mem.h, which the peers implement as layers (peer.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/compare/sample.h"

#include "morph/mem.h"

namespace compare {

struct SystemSettings {
    std::string name;
    uint64_t threshold = 0;  // v1: bytes live that start a collection; 0: its default
};

// Those that this program knows.
[[nodiscard]] std::span<const std::string_view> system_names();

// Empty, or why this process cannot measure the system named: another one is in its place.
[[nodiscard]] std::string why_not(std::string_view name);

// nullptr: refused, sample tells why.
[[nodiscard]] MorphMemContext* open_system(const SystemSettings& settings, Sample* sample);

// Whether its collector would take objects that nothing refers to.
[[nodiscard]] bool needs_references(MorphMemContext* context);

// Bytes that it holds of the operating system, now and at most so far (as far as it tells; where
// it does not keep a peak: now). context nullptr: before there was one. What it held then belongs
// to the program around it, and is taken off. Empty: unknown.
[[nodiscard]] std::optional<uint64_t> asked_now(MorphMemContext* context);
[[nodiscard]] std::optional<uint64_t> asked_peak(MorphMemContext* context);

// Bytes of the layer's own table that are resident.
[[nodiscard]] uint64_t layer_resident(MorphMemContext* context);

// Collections and pauses, where there is a collector.
void tell_collections(MorphMemContext* context, Sample* sample);

}  // namespace compare
