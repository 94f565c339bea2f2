// SessionCore: what every session has, whatever its subject: the run's result, the ledger,
// findings, reports, the trace. A session is one run of a program on a subject; session.h is that
// of subjects whose objects the program frees, heap_session.h that of collected heaps.
#pragma once

#include <memory>

#include "fuzz/ledger.h"
#include "fuzz/runner.h"

namespace suite {

// No run may hold more than this, whatever its configuration says: it must not harm the machine.
inline constexpr uint64_t kBytesCeiling = uint64_t{1} << 30;

class SessionCore {
 public:
    SessionCore(const SessionCore&) = delete;
    SessionCore& operator=(const SessionCore&) = delete;

 protected:
    // How one operation went. bad: result_.finding is set.
    enum class Step : uint8_t { done, skipped, bad };

    SessionCore(const Program& program, const SubjectEntry& entry, const RunOptions& options);
    ~SessionCore() = default;

    // Records a finding; the first one stays. False, unless the checker is switched off
    // (RunOptions::without): then nothing is recorded, and the caller goes on as if all were well.
    bool fail(Checker checker, const char* format, ...) __attribute__((format(printf, 3, 4)));
    // The model and the subject did the same thing: did they end the same way?
    bool settle(MorphCode seen, MorphCode expected, const char* call);
    // Nothing can be run. A finding unless the refusal is as documented. Always false.
    bool open_failed(bool settings_valid);
    // Everything went back to the system.
    bool check_returned();
    void trace(size_t index, Step step);
    bool refused() const { return ledger_.refused_in_call(); }
    static void on_report(void* user, const MorphReport* report);

    const Program& program_;
    const SubjectEntry& entry_;
    const RunOptions& options_;
    const Abilities& can_;
    const Configuration& configuration_;
    const uint64_t bytes_max_;  // the harness's bound, never none
    const size_t whole_;        // of fill.h

    Ledger ledger_;
    RunResult result_;
    Operation resolved_;  // the current operation, for the trace
    size_t index_ = 0;    // of the current operation
    bool first_pass_ = true;

    size_t reports_ = 0;  // in the current operation, not yet accounted for
    MorphReportKind report_kind_ = {};
    char outcome_[160] = {};

    std::unique_ptr<Subject> subject_;
};

}  // namespace suite
