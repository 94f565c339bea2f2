// Shrinker: from a program that fails to a small one that fails in the same way.
//
// Four kinds of steps, repeated until none helps or the time is over: leave out operations (halves
// first, then smaller stretches, single ones, pairs), make one allocation of two, move operands and
// codes towards plain ones, move the configuration towards the default. Deterministic.
//
// Objects are named by their place among those that are live: when an allocation goes, the names of
// all younger ones change. So what is left out is left out twice: with the names as they were, and
// with names that are smaller by as many as were made there.
//
// SHRINK-FAILS    the result fails; it is never longer than the program given
// SHRINK-MINIMAL  when finished: leaving out any one operation makes it pass
#pragma once

#include <cstddef>
#include <functional>

#include "fuzz/operation.h"

namespace suite {

// Whether a candidate fails in the way that is looked for.
using Fails = std::function<bool(const Program&)>;

struct ShrinkOptions {
    double seconds = 60;  // of wall time, checked between candidates
    std::function<void(size_t operations, size_t candidates)> progress;  // may be empty
};

struct ShrinkResult {
    Program program;
    size_t candidates = 0;
    bool finished = false;  // false: the time was over
};

// program must fail; when it does not it comes back as it is.
ShrinkResult shrink(const Program& program, const Fails& fails, const ShrinkOptions& options = {});

}  // namespace suite
