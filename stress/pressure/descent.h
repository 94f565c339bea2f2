// Descent: a workload under a limit that falls, from where it has plenty to where it must fail.
//
//    top    |  good     the workload's own peak, doubled until it succeeds
//           |  good     ladder: equal ratios from top to floor
//           |  ...
//           |  good  <- smallest limit: found between the last good and the first failed step
//           |  failed
//    floor  |  failed   the process starts (it can say --help), or the library takes the bound
//
// DESCENT-ENDING    each run ends good, or out of memory (exit status 3): no signal, no hang, no
//                   other status; nothing is killed in a control group
// DESCENT-RESULTS   a run that is good prints the result lines of the one without limit
// DESCENT-AGAIN     a run that fails succeeds with --again, which lifts the limit in the process
// DESCENT-MONOTONE  no limit fails that is more than a step of the ladder above one that is good
// DESCENT-FAILS     at the floor the workload fails: else it has shown nothing
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "stress/driver/child.h"
#include "stress/pressure/control_group.h"
#include "stress/pressure/limit.h"

namespace stress {

struct DescentSettings {
    std::string launcher;  // see limit.h
    Command command;
    LimitKind kind = LimitKind::as;
    unsigned steps = 8;             // of the ladder, 2 or more
    uint64_t from = 0;              // the top; 0: found
    uint64_t floor = 0;             // 0: found
    bool again = false;             // not for cgroup, whose limit a process cannot lift
    double seconds = 60;            // a run that takes longer hangs
    ControlGroup* group = nullptr;  // for cgroup
    int stop = -1;                  // a descriptor: ends everything as soon as it can be read from
};

enum class Ending : uint8_t { good, out_of_memory, bound_refused, broken };

struct Step {
    uint64_t limit;  // bytes
    Ending ending;
    int exit_code;
    double seconds;
    std::string wrong;  // of a broken one: what was seen
};

struct DescentReport {
    std::vector<Step> steps;            // the largest limit first; each with its two runs (--again)
    std::vector<std::string> failures;  // one line each, with the command
    uint64_t smallest = 0;              // limit at which the workload is good; 0: none was found
    uint64_t peak = 0;                  // resident, without limit
    std::string results;                // without limit
    bool stopped = false;               // by settings.stop
};

class Descent {
 public:
    explicit Descent(DescentSettings settings) : settings_(std::move(settings)) {}

    [[nodiscard]] DescentReport run();

 private:
    [[nodiscard]] Outcome execute(const Command& command);
    [[nodiscard]] Command limited(uint64_t limit, const Command& command) const;
    [[nodiscard]] bool run_without_limit();
    [[nodiscard]] bool find_floor();
    [[nodiscard]] bool starts_at(uint64_t limit);
    [[nodiscard]] bool find_top();
    [[nodiscard]] bool learn_own_memory();
    void walk_ladder();
    void bisect();
    Ending try_limit(uint64_t limit);
    void judge(const Outcome& outcome, Step* step) const;
    void try_again(uint64_t limit, Step* step);
    void check_order();
    void fail(const std::string& text) { report_.failures.push_back(text); }

    DescentSettings settings_;
    DescentReport report_;
    uint64_t floor_ = 0;
    uint64_t top_ = 0;
    uint64_t own_memory_ = 0;  // cgroup: of the process, beside the library's
    double ratio_ = 1;         // between two steps of the ladder
};

// For people: one line for each step.
[[nodiscard]] std::string describe(const DescentReport& report);

}  // namespace stress
