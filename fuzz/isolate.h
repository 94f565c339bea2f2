// A run in a process of its own, so that a crash, a trap or an endless loop is an outcome like any
// other: morphcheck reports it, and the shrinker can shrink it.
#pragma once

#include <string>

#include "fuzz/runner.h"
#include "fuzz/shrink.h"

namespace suite {

enum class End : uint8_t {
    passed,
    finding,
    crash,   // a signal, or an exit by a sanitizer
    timeout  // longer than it may
};

struct Outcome {
    End end = End::passed;
    Checker checker = Checker::contract;  // of a finding
    size_t operation = 0;  // of a finding; of a crash, the operation that was running
    std::string text;      // of a finding; of a crash, how it ended and what it printed
    size_t operations_run = 0;
    size_t refusals = 0;
};

// "checker contents", "crash", "timeout": what stays the same while a program shrinks.
std::string signature(const Outcome& outcome);

struct IsolateOptions {
    double seconds = 20;
    bool track = false;   // tell the operation of a crash; slower
    RunOptions run = {};  // its trace is called in the child process, when track is set
};

Outcome run_isolated(const Program& program, const SubjectEntry& subject,
                     const IsolateOptions& options = {});

// Whether a program gives the outcome of this signature on that subject. subject must outlive it.
Fails fails_like(const Outcome& outcome, const SubjectEntry& subject, IsolateOptions options = {});

}  // namespace suite
