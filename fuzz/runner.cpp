#include "fuzz/runner.h"

#include <array>

#include "fuzz/heap_session.h"
#include "fuzz/session.h"

namespace suite {

namespace {

constexpr std::array kNames = {
    "alignment",   "overlap",  "contents",   "zeroing", "metrics",    "footprint",
    "fixed_point", "contract", "invariants", "query",   "detection",  "leak",
    "graph",       "liveness", "ages",       "weak",    "finalizers",
};
static_assert(kNames.size() == kCheckers && kCheckers <= 32);  // RunOptions::without

}  // namespace

const char* checker_name(Checker checker) {
    auto index = static_cast<size_t>(checker);
    return index < kNames.size() ? kNames[index] : "unknown checker";
}

std::optional<Checker> checker_of(std::string_view name) {
    for (size_t index = 0; index < kNames.size(); ++index) {
        if (name == kNames[index]) return static_cast<Checker>(index);
    }
    return std::nullopt;
}

namespace {

RunResult run_once(const Program& program, const SubjectEntry& subject, const RunOptions& options) {
    if (subject.kind == Kind::heap) return HeapSession(program, subject, options).run();
    return Session(program, subject, options).run();
}

}  // namespace

RunResult run(const Program& program, const SubjectEntry& subject, const RunOptions& options) {
    RunResult result = run_once(program, subject, options);
    if (!result.finding.has_value()) return result;
    bool each = options.metrics_interval == 1 && options.verify_interval == 1;
    Checker checker = result.finding->checker;
    if (each || (checker != Checker::metrics && checker != Checker::invariants)) return result;
    RunOptions closer = options;
    closer.metrics_interval = 1;
    closer.verify_interval = 1;
    closer.forced_checks_max = SIZE_MAX;
    closer.trace = nullptr;
    RunResult pinpointed = run_once(program, subject, closer);
    return pinpointed.finding.has_value() ? pinpointed : result;
}

}  // namespace suite
