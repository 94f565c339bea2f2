// What is right about a workload: how its commands must end and what they must print.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "stress/driver/workloads.h"

namespace stress {

enum class Verdict : uint8_t { good, failed, out_of_time };

struct Judgement {
    Verdict verdict = Verdict::out_of_time;
    std::string text;  // of a failure: what was expected, what was seen, the command
};

// Runs the commands one after the other. deadline: when the whole run ends; a workload that meets
// it is out of time, one that exceeds its own seconds_max before has failed: it hangs. stop: as in
// ChildOptions.
[[nodiscard]] Judgement judge(const Workload& workload,
                              std::chrono::steady_clock::time_point deadline, int stop = -1);

}  // namespace stress
