// Failure sweep: the k-th request for memory is refused, for every k; once, and for ever after.
//
// Every run has all checkers on: a call that needed the refused memory must fail as documented and
// change nothing, the rest of the program must behave as the model says, and nothing may leak.
// Requests of the creation count as well: k is 0 for the first one of all. On collected heaps a
// collection is forced at the j-th allocation as well, for every j, and on short programs both
// together.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "fuzz/runner.h"

namespace suite {

struct SweepOptions {
    size_t requests_max = 4096;  // k is bounded by the requests of the undisturbed run, and by this
    // Collected heaps: also a minor and a major collection forced at the j-th allocation, for each
    // j up to this; and for each of these all k, where those are runs_both_max runs at most.
    size_t collections_max = 256;
    size_t runs_both_max = 4096;
    RunOptions run = {};  // its injected failure is the sweep's
    std::function<void(size_t request, size_t requests)> progress;  // may be empty
};

struct SweepFinding {
    Finding finding;
    uint64_t fail_from;  // as in RunOptions; fail_count 0: the undisturbed run
    uint64_t fail_count;
    uint32_t collect_at;  // j; 0: none was forced
    bool collect_major;
    // The same failure as a program of its own (fail_requests in front), where that shows it.
    std::optional<Program> program;
};

struct SweepResult {
    std::optional<SweepFinding> finding;
    size_t runs = 0;
    size_t refusals = 0;     // that fired; 0: the subject takes no limits or never asks for memory
    size_t requests = 0;     // of the undisturbed run
    size_t collections = 0;  // that were forced: 0 when no knob fired
};

SweepResult sweep(const Program& program, const SubjectEntry& subject,
                  const SweepOptions& options = {});

}  // namespace suite
