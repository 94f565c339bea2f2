// Planted misuse of a heap: what debug mode promises to report, it reports.
//
//   store without barrier   by the next collection, whatever the ages
//   byte behind an object   verification fails
//   pop of a wrong root     MORPH_ERROR_SCOPE, and a report
#include <cstdio>

#include "fuzz/heap_session.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_DISABLE_ERROR_REPORTING
#define VALGRIND_ENABLE_ERROR_REPORTING
#endif

namespace suite {
namespace {

// The write past an object that a sanitizer would rightly stop.
__attribute__((no_sanitize("address", "undefined"))) void flip(volatile unsigned char* byte) {
    VALGRIND_DISABLE_ERROR_REPORTING;
    *byte = static_cast<unsigned char>(~*byte);
    VALGRIND_ENABLE_ERROR_REPORTING;
}

}  // namespace

// NULL harms nobody: any collection must see it. A reference that no barrier noted is safe only
// where everything is traced: a full collection follows. (What a custom visitor names may change
// with any store, so that nobody can tell.)
HeapSession::Step HeapSession::store_without_barrier(const Operation& operation, size_t cell) {
    reference::HeapObject& object = object_in(cell);
    if (object.slots.empty() || model_->type(object.type).layout == MORPH_LAYOUT_CUSTOM) {
        return Step::skipped;
    }
    const size_t slot = operation.slot % object.slots.size();
    const size_t target = pick_target(operation.target);
    void* value = target == kNone ? nullptr : cells_[target];
    void** at = slot_at(cell, slot);
    if (*at == value) return Step::skipped;
    *at = value;
    model_->write(object.id, slot, target == kNone ? reference::kNoObject : model_->cell(target));
    const Step step = collect(value != nullptr);
    if (step == Step::bad) return step;
    std::snprintf(outcome_, sizeof outcome_, "%zu reports", reports_);
    if (reports_ != 1 || report_kind_ != MORPH_REPORT_MISSED_BARRIER) {
        fail(Checker::detection,
             "a store without barrier into object %llu: %zu reports, the first is \"%s\"",
             static_cast<unsigned long long>(model_->cell(cell)), reports_,
             reports_ == 0 ? "none" : morph_report_kind_name(report_kind_));
        return Step::bad;
    }
    reports_ = 0;
    return Step::done;
}

HeapSession::Step HeapSession::overrun(size_t cell) {
    reference::HeapObject& object = object_in(cell);
    auto* behind = static_cast<unsigned char*>(cells_[cell]) + object.size;
    changed_ = true;
    flip(behind);
    const MorphCode code = subject_->verify();
    flip(behind);
    model_->note_failure(code);
    // Whether verification also reports is left open: the documentation promises the code.
    if (report_kind_ == MORPH_REPORT_GUARD_OVERWRITTEN) reports_ = 0;
    if (code != MORPH_ERROR_CORRUPTION) {
        fail(Checker::detection, "verification after an overrun of object %llu gave %s",
             static_cast<unsigned long long>(object.id), morph_code_name(code));
        return Step::bad;
    }
    return Step::done;
}

HeapSession::Step HeapSession::pop_wrong_root(uint32_t choice) {
    const std::span<const size_t> roots = model_->roots();
    if (roots.size() < 2) return Step::skipped;
    const size_t cell = roots[choice % (roots.size() - 1)];
    changed_ = true;
    const MorphCode code = heap_->pop_root(&cells_[cell]);
    if (!settle(code, model_->pop_root(cell), "the pop of a root that is not the last")) {
        return Step::bad;
    }
    const size_t expected = configuration_.debug ? 1 : 0;
    if (reports_ != expected || (reports_ != 0 && report_kind_ != MORPH_REPORT_ROOT_ORDER)) {
        fail(Checker::detection, "a root popped out of order: %zu reports, expected %zu", reports_,
             expected);
        return Step::bad;
    }
    reports_ = 0;
    return check_depth() && check_after_failure(false) ? Step::done : Step::bad;
}

}  // namespace suite
