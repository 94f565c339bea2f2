#include "fuzz/heap_session.h"

#include <algorithm>

#include "fuzz/fill.h"
#include "fuzz/heap_layouts.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

bool has(const Program& program, Code code) {
    return std::any_of(program.operations.begin(), program.operations.end(),
                       [code](const Operation& operation) { return operation.code == code; });
}

size_t chosen_interval(size_t asked, size_t otherwise) {
    return asked != 0 ? asked : otherwise;
}

}  // namespace

HeapSession::HeapSession(const Program& program, const SubjectEntry& entry,
                         const RunOptions& options)
    : SessionCore(program, entry, options),
      supported_(supported_codes(Kind::heap, entry.abilities)),
      verify_interval_(chosen_interval(options.verify_interval, 64)),
      metrics_interval_(chosen_interval(options.metrics_interval, 16)) {}

RunResult HeapSession::run() {
    subject_ = entry_.make();
    heap_ = subject_->heap();
    if (open()) {
        bool good = register_family() && pass(true) && finish();
        if (good) good = further_passes();
        if (good) close();
        if (!good) subject_->close();
    }
    result_.requests = ledger_.requests();
    result_.refusals = ledger_.injected();
    result_.collections = minors_ + majors_;
    result_.collections_forced = forced_collections_;
    return std::move(result_);
}

bool HeapSession::settings_valid(const Configuration& configuration) const {
    if (!can_.precise) return true;
    const unsigned nursery = configuration.nursery_shift;
    const unsigned large = configuration.large_shift;
    if (nursery != 0 && (nursery < 12 || nursery > 30)) return false;
    if (configuration.promotion_age > MORPH_PROMOTION_AGE_MAX) return false;
    if (configuration.major_threshold > MORPH_MAX_REQUEST) return false;
    if (large == 0) return true;
    return large >= 12 && large < 64 && uint64_t{1} << large <= subject_->chunk_bytes() / 2;
}

bool HeapSession::open() {
    if (heap_ == nullptr) return fail(Checker::contract, "the subject is no collected heap");
    MorphMemoryLimits limits = can_.limits ? ledger_.limits() : MorphMemoryLimits{};
    ledger_.begin_call();
    const bool valid =
        settings_valid(configuration_) && (!can_.baseline || v1_threshold_valid(configuration_));
    if (!subject_->open(configuration_, limits, on_report, static_cast<SessionCore*>(this))) {
        return open_failed(valid);
    }
    if (!valid) {
        fail(Checker::contract, "opened with impossible settings");
        subject_->close();
        return false;
    }
    const MorphHeapSettings settings = heap_settings(configuration_);
    model_.emplace(settings.promotion_age != 0 ? settings.promotion_age : 3);
    contents_.emplace(*model_, whole_);
    if (can_.baseline) law_.emplace(v1_threshold(configuration_));
    return true;
}

// false: memory was refused to it (or a finding); there is nothing to run then.
bool HeapSession::register_family() {
    for (uint32_t number = 1; number <= kFamilyTypes; ++number) {
        ledger_.begin_call();
        balance_before_ = ledger_.balance();
        if (!register_one(family_layout(number))) return false;
        if (model_->types() != number + 1) return false;
    }
    types_ = model_->types();
    const MorphForcedCollections plan = {configuration_.force_first, configuration_.force_every,
                                         configuration_.force_major};
    if (plan.first != 0 && can_.precise) (void)force(plan);
    return true;
}

// What is checked after each operation that collected: everything that the program can see.
bool HeapSession::check_collected() {
    if (!finish_collections() || !check_graph()) return false;
    return !exact_ || !can_.precise || check_walk();
}

HeapSession::Step HeapSession::check_step(Step step) {
    if (result_.finding.has_value()) return Step::bad;  // of a finalizer, perhaps
    if (step == Step::bad) return step;
    if (reports_ != 0) {
        fail(Checker::detection, "reported \"%s\" without cause",
             morph_report_kind_name(report_kind_));
        return Step::bad;
    }
    if (!changed_) return step;
    const size_t count = index_ + 1;
    // Figures cost as much as many operations: those that may collect have looked at them already.
    const bool due = forced_ || count % metrics_interval_ == 0;
    if (due && !may_collect_ && !note_collections()) return Step::bad;
    if (collected_ && !may_collect_) {
        fail(Checker::contract, "the operation collected, which it may not");
        return Step::bad;
    }
    bool good = !collected_ || check_collected();
    const bool figures = due || collected_;
    const bool verify = forced_ || collected_ || count % verify_interval_ == 0;
    if (figures) good = good && check_figures();
    if (verify) good = good && check_verify();
    good = good && check_footprint();
    return good ? step : Step::bad;
}

bool HeapSession::pass(bool first) {
    first_pass_ = first;
    types_ = kFamilyTypes + 1;
    for (index_ = 0; index_ < program_.operations.size(); ++index_) {
        resolved_ = program_.operations[index_];
        changed_ = false;
        forced_ = false;
        collected_ = false;
        may_collect_ = false;
        reports_ = 0;
        outcome_[0] = 0;
        majors_before_ = majors_;
        balance_before_ = ledger_.balance();
        ledger_.begin_call();
        Step step = check_step(this->step(program_.operations[index_]));
        if (ledger_.refused_in_call()) memory_refused_ = true;
        if (first) {
            ++result_.operations_run;
            if (options_.trace) trace(index_, step);
        }
        if (step == Step::bad) return false;
    }
    return true;
}

// At the end of a pass: all is as the model says, and so it is after one more full collection.
bool HeapSession::finish() {
    reports_ = 0;
    bool good = check_graph(Checker::graph, " at the end") && check_figures() && check_types();
    good = good && check_verify();
    // A last collection of all: nothing that is reachable is lost, nothing else stays.
    ledger_.begin_call();
    ledger_.arm(0, 0);
    collected_ = false;
    good = good && collect(true) != Step::bad && note_collections() && check_collected();
    good = good && check_figures() && check_types() && check_verify();
    if (good && first_pass_) note_result();
    if (good && result_.finding.has_value()) good = false;
    if (good && reports_ != 0) {
        good = fail(Checker::detection, "reported \"%s\" without cause at the end",
                    morph_report_kind_name(report_kind_));
    }
    return good;
}

void HeapSession::note_result() {
    const MorphHeapStats stats = heap_->stats();
    result_.mark_overflows = stats.mark_overflows;
    result_.remembered_overflows = stats.remembered_overflows;
    result_.promotions_refused = stats.promotions_refused;
    result_.digest = digest();
    for (uint64_t figure : {stats.counts.allocations, stats.counts.bytes_allocated}) {
        result_.digest = identity_of(static_cast<uint32_t>(figure), 0) ^ result_.digest * 31;
    }
}

// Reset, and the same program again, as Session does it.
bool HeapSession::further_passes() {
    if (!options_.fixed_point || !can_.reset || !can_.limits) return true;
    if (ledger_.injected() != 0 || ledger_.over_bound() != 0) return true;
    if (has(program_, Code::fail_requests) || has(program_, Code::configure_heap)) return true;
    constexpr int kPasses = 4;
    const int64_t first_peak = ledger_.peak();
    int64_t kept = 0;
    for (int pass_number = 1; pass_number <= kPasses; ++pass_number) {
        if (reset() == Step::bad) return false;
        if (pass_number > 1 && ledger_.balance() <= kept) return true;
        kept = ledger_.balance();
        ledger_.begin_peak();
        if (!pass(false) || !finish()) return false;
        if (ledger_.peak() <= first_peak || ledger_.over_bound() != 0) return true;
    }
    return fail(Checker::fixed_point,
                "held %lld bytes at its peak in pass %d, %lld in the first; and keeps more after "
                "each reset, at last %lld",
                static_cast<long long>(ledger_.peak()), kPasses + 1,
                static_cast<long long>(first_peak), static_cast<long long>(kept));
}

bool HeapSession::close() {
    reports_ = 0;
    subject_->close();
    return check_returned();
}

}  // namespace suite
