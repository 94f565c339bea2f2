// Replay: the calls of a trace on a subject of the suite, with checkers.
//
// All threads' calls are made by one thread, in the order of their numbers. What a subject cannot
// do is done in its place as near as can be, and counted (Substitutes):
//
//   free       arena: the object is forgotten, its memory stays taken
//   realloc    arena: a new object, the contents copied, the old one freed
//   calloc     pool: plain, then cleared
//   size       pool: what is above its largest slot is malloc's
//   alignment  pool, or beyond 1 MiB: plain, and not promised
//
// Checkers, by their names in fuzz/runner.h:
//   contents   each object is filled from its identity; verified when it is resized and freed, and
//              at the end
//   overlap    live objects are disjoint, and from memory that stays taken
//   alignment  as asked for; else what the subject promises (malloc's: 16, to 16 bytes and more)
//   zeroing    calloc gives zeros
//   contract   codes, and which objects stay where they are, as the reference model says
//   metrics    the subject's figures are the model's, at intervals, and at the end
//   invariants its own verification, at intervals and at the end
//   footprint  bytes mapped are within its bound (fuzz/footprint.h) at each event
//   detection  it reports no misuse
//   leak       it holds nothing after its end
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/runner.h"
#include "fuzz/subject.h"
#include "stress/trace/trace.h"

namespace trace {

struct ReplayOptions {
    bool debug = false;
    uint64_t bytes_max = uint64_t{6}
                         << 30;  // that the subject may hold; without limits: live bytes
    size_t interval = 0;         // events between two comparisons of figures; 0: about 1,000 in all
};

struct Substitutes {
    uint64_t frees_skipped = 0;
    uint64_t resizes_copied = 0;
    uint64_t cleared = 0;
    uint64_t beside = 0;  // allocations that were malloc's
    uint64_t unaligned = 0;
};

struct Replayed {
    // finding->operation is the sequence number of the event; 0: at the end.
    std::optional<suite::Finding> finding;
    std::string refused;         // it cannot be replayed there: why
    bool out_of_memory = false;  // memory was refused; everything until then, and the end, was good
    uint64_t calls = 0;
    uint64_t digest = 0;  // of the contents that were read: the same on every subject
    uint64_t live_peak = 0;
    uint64_t live_end = 0;     // objects
    uint64_t mapped_peak = 0;  // 0: not known
    uint64_t comparisons = 0;  // of figures
    uint64_t verifications = 0;
    double seconds = 0;
    Substitutes substitutes;
};

Replayed replay(const Trace& trace, const suite::SubjectEntry& entry,
                const ReplayOptions& options = {});

// Nothing is checked, one byte of each object is written. seconds is what it took.
Replayed replay_for_speed(const Trace& trace, const suite::SubjectEntry& entry,
                          const ReplayOptions& options = {});

// The same on a subject that gives everybody the same memory: what the replayer itself takes.
Replayed replay_on_nothing(const Trace& trace);

// The subject can replay at all: collected heaps free by themselves.
[[nodiscard]] bool replays(const suite::SubjectEntry& entry);

}  // namespace trace
