#include "fuzz/session.h"

#include <algorithm>

#include "fuzz/subjects.h"

namespace suite {
namespace {

// Verification walks all slots, and so do the figures of a pool; other figures are ready at hand.
size_t chosen_interval(size_t asked, bool dear) {
    constexpr size_t kDear = 64;
    if (asked != 0) return asked;
    return dear ? kDear : 1;
}

reference::Rules rules_of(const SubjectEntry& entry) {
    if (entry.abilities.baseline) return reference::Rules::baseline;
    if (entry.kind == Kind::arena) return reference::Rules::arena;
    if (entry.kind == Kind::general) return reference::Rules::general;
    return entry.kind == Kind::pool ? reference::Rules::pool : reference::Rules::context;
}

bool has(const Program& program, Code code) {
    return std::any_of(program.operations.begin(), program.operations.end(),
                       [code](const Operation& operation) { return operation.code == code; });
}

}  // namespace

Session::Session(const Program& program, const SubjectEntry& entry, const RunOptions& options)
    : SessionCore(program, entry, options),
      metrics_interval_(chosen_interval(options.metrics_interval, entry.kind == Kind::pool)),
      verify_interval_(chosen_interval(options.verify_interval, true)) {}

RunResult Session::run() {
    subject_ = entry_.make();
    if (open()) {
        bool good = pass(true) && finish();
        if (good) good = further_passes();
        if (good) close();
        if (!good) subject_->close();
    }
    result_.requests = ledger_.requests();
    result_.refusals = ledger_.injected();
    return std::move(result_);
}

bool Session::settings_valid() const {
    if (entry_.kind != Kind::arena && entry_.kind != Kind::context) return true;
    if (can_.baseline && !v1_threshold_valid(configuration_)) return false;
    unsigned shift = configuration_.block_shift;
    return shift == 0 || (shift >= 12 && shift <= 30);
}

bool Session::open() {
    MorphMemoryLimits limits = can_.limits ? ledger_.limits() : MorphMemoryLimits{};
    ledger_.begin_call();
    if (!subject_->open(configuration_, limits, on_report, static_cast<SessionCore*>(this)))
        return open_failed(settings_valid());
    if (!settings_valid()) {
        fail(Checker::contract, "opened with an impossible %s",
             can_.baseline ? "block size or threshold" : "block size");
        subject_->close();
        return false;
    }
    // V1 has a law of its own, to the byte, in place of a bound.
    footprint_.emplace(can_, configuration_, can_.baseline ? 0 : subject_->chunk_bytes(),
                       entry_.kind);
    if (can_.baseline) law_.emplace(v1_threshold(configuration_));
    if (entry_.kind == Kind::heap_like) return true;
    reference::Settings settings;
    settings.rules = rules_of(entry_);
    settings.debug = configuration_.debug;
    settings.metrics = configuration_.metrics;
    settings.find_by_address = false;
    model_.emplace(settings);
    return true;
}

// What is checked after each operation.
Session::Step Session::check_step(Step step) {
    if (step == Step::bad) return step;
    if (reports_ != 0) {
        fail(Checker::detection, "reported \"%s\" without cause",
             morph_report_kind_name(report_kind_));
        return Step::bad;
    }
    if (!changed_) return step;
    bool good = check_footprint();
    size_t count = index_ + 1;
    if (forced_ && forced_checks_++ >= options_.forced_checks_max) forced_ = false;
    bool figures = forced_ || (first_pass_ && count % metrics_interval_ == 0);
    bool verify = forced_ || (first_pass_ && count % verify_interval_ == 0);
    figures_current_ = false;
    verified_ = false;
    if (figures && can_.metrics) good = good && check_figures();
    if (verify && can_.verify) good = good && check_verify();
    return good ? step : Step::bad;
}

bool Session::pass(bool first) {
    first_pass_ = first;
    types_ = 1;
    for (index_ = 0; index_ < program_.operations.size(); ++index_) {
        resolved_ = program_.operations[index_];
        changed_ = false;
        forced_ = false;
        reports_ = 0;
        collected_ = false;
        outcome_[0] = 0;
        balance_before_ = ledger_.balance();
        peak_settled_ = std::max(peak_settled_, balance_before_);
        ledger_.begin_call();
        Step step = check_step(this->step(program_.operations[index_]));
        if (first) {
            ++result_.operations_run;
            if (options_.trace) trace(index_, step);
        }
        if (step == Step::bad) return false;
    }
    return true;
}

// At the end of a pass: everything that is live is as it was written.
bool Session::finish() {
    reports_ = 0;
    bool good = check_all_contents(0, "at the end");
    if (can_.metrics) good = good && check_figures() && check_types();
    if (can_.verify) good = good && check_verify();
    if (good && reports_ != 0) {
        good = fail(Checker::detection, "reported \"%s\" without cause at the end",
                    morph_report_kind_name(report_kind_));
    }
    return good;
}

// Reset, and the same program again: it may not need more than before. A peak may be higher once,
// where the first pass met it before it had gathered all the chunks that reset keeps; and the
// tables that this peak needs are kept as well. But what is kept after a reset must come to rest.
bool Session::further_passes() {
    if (!options_.fixed_point || !can_.reset || !can_.limits) return true;
    if (ledger_.injected() != 0 || ledger_.over_bound() != 0) return true;
    if (has(program_, Code::fail_requests)) return true;
    constexpr int kPasses = 4;
    int64_t first_peak = ledger_.peak();
    int64_t kept = 0;
    for (int pass_number = 1; pass_number <= kPasses; ++pass_number) {
        if (reset() == Step::bad) return false;
        if (pass_number > 1 && ledger_.balance() <= kept) return true;
        kept = ledger_.balance();
        ledger_.begin_peak();
        figures_current_ = false;
        verified_ = false;
        if (!pass(false) || !finish()) return false;
        if (ledger_.peak() <= first_peak || ledger_.over_bound() != 0) return true;
    }
    return fail(Checker::fixed_point,
                "held %lld bytes at its peak in pass %d, %lld in the first; and keeps more after "
                "each reset, at last %lld",
                static_cast<long long>(ledger_.peak()), kPasses + 1,
                static_cast<long long>(first_peak), static_cast<long long>(kept));
}

bool Session::close() {
    reports_ = 0;
    if (entry_.kind == Kind::heap_like && can_.free) {
        while (live_.size() != 0) {
            if (free_object(live_.size() - 1) == Step::bad) return false;
        }
    }
    subject_->close();
    return check_returned();
}

}  // namespace suite
