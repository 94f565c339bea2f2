// Endurance: one long seeded life of one subject, a billion operations and more, with checkers.
//
// The runner (runner.h) checks as much as it can after each operation of a short program. Here the
// operations are cheap and the checks come in two sizes, so that a million operations a second are
// done, and what shows only late is met: counters beyond 32 bits, slow leaks, fragmentation,
// tables that have grown and shrunk a thousand times.
//
//   each operation   code and result as the model says, alignment, zeroing, contents of the object
//                    that is freed, resized or read; for a heap each object that a walk meets
//   each season      (about 100,000 operations) all contents, disjointness, figures to the byte,
//                    the subject's own verification, footprint; for a heap the whole graph, what a
//                    full collection leaves, weak references and finalizers
//
// Seasons differ: sizes, how much is live, in which order objects die, how often memory is refused.
// A run is its seed: with the same one, stopped right after the operation of a finding, it ends the
// same way.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "fuzz/runner.h"

namespace suite {

// What happened in a run.
struct EnduranceCounts {
    uint64_t operations = 0;
    uint64_t seasons = 0;
    uint64_t allocations = 0;
    uint64_t frees = 0;
    uint64_t resizes = 0;  // that gave another size, moved or not
    uint64_t resets = 0;
    uint64_t releases = 0;
    uint64_t refusals = 0;     // requests for memory that were refused to the subject
    uint64_t misuses = 0;      // wrong frees that were refused as documented
    uint64_t collections = 0;  // heap
    uint64_t finalizers = 0;   // heap: that ran
    uint64_t weak_cleared = 0;
    uint64_t live_peak = 0;  // objects
    uint64_t bytes_mapped_peak = 0;
};

struct EnduranceReport : EnduranceCounts {
    std::optional<Finding> finding;  // its operation counts from 0
};

struct EnduranceOptions {
    uint64_t seed = 1;
    uint64_t operations = 1'000'000;
    // Asked each kAskedEvery operations; true ends the season there, with its checks, and the run.
    std::function<bool(const EnduranceReport&)> out_of_time;
    // Where the run is, for one who finds it crashed: memory that outlives it. May be nullptr.
    std::atomic<uint64_t>* position = nullptr;
};

// Any subject but one that is loaded without limits. Destroys what it made.
EnduranceReport endure(const SubjectEntry& subject, const EnduranceOptions& options);

// The two kinds of lives that endure() chooses from.
EnduranceReport endure_objects(const SubjectEntry& subject, const EnduranceOptions& options);
EnduranceReport endure_graph(const SubjectEntry& subject, const EnduranceOptions& options);

// A season of objects: what is drawn from the seed for some 100,000 operations.
inline constexpr uint64_t kSeasonOperations = 1 << 17;
inline constexpr uint64_t kAskedEvery = 1 << 10;

}  // namespace suite
