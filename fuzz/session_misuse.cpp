// Planted misuse: what the public headers promise to detect is detected, with the documented code
// and report, and the object stays as it was.
//
//   always   a free slot, an address inside an object      MORPH_ERROR_NOT_AN_OBJECT
//   debug    the same with a report; foreign addresses; a wrong size (MORPH_ERROR_WRONG_SIZE);
//            an overwritten guard (MORPH_ERROR_CORRUPTION)
#include <algorithm>
#include <cstdio>

#include "fuzz/session.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_DISABLE_ERROR_REPORTING
#define VALGRIND_ENABLE_ERROR_REPORTING
#endif

namespace suite {
namespace {

int static_foreigner = 0;

// The write past an object that a sanitizer would rightly stop.
__attribute__((no_sanitize("address", "undefined"))) void flip(volatile unsigned char* byte) {
    VALGRIND_DISABLE_ERROR_REPORTING;
    *byte = static_cast<unsigned char>(~*byte);
    VALGRIND_ENABLE_ERROR_REPORTING;
}

// Freed one by one, and each known to the subject.
bool freed_alone(const Shadow& shadow) {
    return shadow.model != nullptr && shadow.model->room != MORPH_ROOM_ARENA;
}

}  // namespace

// Accounts for the reports of a call that misused the subject, and for its failure.
bool Session::expect_misuse(MorphCode seen, MorphCode code, MorphReportKind kind,
                            const char* what) {
    size_t reports = reports_;
    reports_ = 0;
    if (model_.has_value()) model_->note_failure(code);
    std::snprintf(outcome_, sizeof outcome_, "%s, %zu reports", morph_code_name(seen), reports);
    if (seen != code) {
        return fail(Checker::detection, "%s gave %s, expected %s", what, morph_code_name(seen),
                    morph_code_name(code));
    }
    size_t expected = configuration_.debug ? 1 : 0;
    if (reports != expected) {
        return fail(Checker::detection, "%s: %zu reports, expected %zu", what, reports, expected);
    }
    if (reports == 1 && report_kind_ != kind) {
        return fail(Checker::detection, "%s was reported as \"%s\", expected \"%s\"", what,
                    morph_report_kind_name(report_kind_), morph_report_kind_name(kind));
    }
    return check_after_failure();
}

Session::Step Session::free_twice(size_t position) {
    Shadow shadow = live_.at(position);
    if (!freed_alone(shadow)) return Step::skipped;
    const MorphRoom room = shadow.model->room;
    if (free_object(position) == Step::bad) return Step::bad;
    std::optional<MorphAddressInfo> info = subject_->query(shadow.address);
    bool mapped = info.has_value() && (room == MORPH_ROOM_POOL ? info->room == room  //
                                                               : info->room != MORPH_ROOM_NONE);
    // Its chunk went back to the system: without debug mode nobody can know it any more.
    if (!mapped && !configuration_.debug && entry_.kind != Kind::general) return Step::done;
    figures_current_ = false;
    balance_before_ = ledger_.balance();
    MorphCode code = subject_->free(shadow.address, shadow.size);
    MorphReportKind kind = MORPH_REPORT_DOUBLE_FREE;
    if (!mapped && report_kind_ == MORPH_REPORT_FOREIGN_POINTER) kind = report_kind_;
    bool good = expect_misuse(code, MORPH_ERROR_NOT_AN_OBJECT, kind, "a second free");
    return good ? Step::done : Step::bad;
}

Session::Step Session::free_foreign(size_t choice) {
    int on_stack = 0;
    void* addresses[] = {&on_stack, &static_foreigner, subject_.get(),
                         reinterpret_cast<void*>(~uintptr_t{7}),
                         reinterpret_cast<void*>(uintptr_t{8})};
    changed_ = true;
    MorphCode code = subject_->free(addresses[choice % std::size(addresses)], 8);
    bool good = expect_misuse(code, MORPH_ERROR_NOT_AN_OBJECT, MORPH_REPORT_FOREIGN_POINTER,
                              "free of a foreign address");
    return good ? Step::done : Step::bad;
}

Session::Step Session::free_interior(size_t position) {
    const Shadow& shadow = live_.at(position);
    if (!freed_alone(shadow) || shadow.size < 2) return Step::skipped;
    changed_ = true;
    MorphCode code = subject_->free(shadow.address + 1, shadow.size);
    bool good = expect_misuse(code, MORPH_ERROR_NOT_AN_OBJECT, MORPH_REPORT_FOREIGN_POINTER,
                              "free of an address inside an object");
    if (good) good = check_contents(shadow, "after a refused free");
    return good ? Step::done : Step::bad;
}

// A context's free takes no size; there reallocate is the call that can be given a wrong one.
Session::Step Session::free_wrong_size(size_t position, size_t size) {
    const Shadow& shadow = live_.at(position);
    if (!freed_alone(shadow) || entry_.kind == Kind::general) return Step::skipped;
    size_t wrong = size != shadow.size ? size : shadow.size + 1;
    changed_ = true;
    MorphCode code = MORPH_OK;
    if (entry_.kind == Kind::pool) {
        code = subject_->free(shadow.address, wrong);
    } else {
        void* moved = subject_->reallocate(shadow.address, wrong, shadow.size, shadow.model->type);
        if (moved == nullptr) code = subject_->last_error().code;
    }
    bool good =
        expect_misuse(code, MORPH_ERROR_WRONG_SIZE, MORPH_REPORT_WRONG_SIZE, "a wrong size");
    if (good) good = check_contents(shadow, "after a refused free");
    return good ? Step::done : Step::bad;
}

Session::Step Session::overrun(size_t position) {
    Shadow& shadow = live_.at(position);
    if (shadow.model == nullptr || shadow.size == 0) return Step::skipped;
    if (!freed_alone(shadow)) {
        return entry_.kind == Kind::arena ? overrun_in_arena(position) : Step::skipped;
    }
    changed_ = true;
    flip(shadow.address + shadow.size);
    MorphCode code = subject_->free(shadow.address, shadow.size);
    flip(shadow.address + shadow.size);
    bool good = expect_misuse(code, MORPH_ERROR_CORRUPTION, MORPH_REPORT_GUARD_OVERWRITTEN,
                              "free of an object that was overrun");
    if (good) good = check_contents(shadow, "after a refused free");
    return good ? Step::done : Step::bad;
}

// Nothing is freed alone in an arena: releases look at the guards of what they would free, and free
// nothing then; verification looks at all.
Session::Step Session::overrun_in_arena(size_t position) {
    Shadow& shadow = live_.at(position);
    changed_ = true;
    const auto mark = std::find_if(marks_.rbegin(), marks_.rend(), [position](const Mark& each) {
        return each.live_count <= position;
    });
    if (mark != marks_.rend()) {
        flip(shadow.address + shadow.size);
        const MorphCode released = subject_->release(mark->handle);
        flip(shadow.address + shadow.size);
        if (!expect_misuse(released, MORPH_ERROR_CORRUPTION, MORPH_REPORT_GUARD_OVERWRITTEN,
                           "release of an object that was overrun")) {
            return Step::bad;
        }
    }
    flip(shadow.address + shadow.size);
    MorphCode code = subject_->verify();
    flip(shadow.address + shadow.size);
    // Whether verification also reports is left open: the documentation promises the code.
    if (reports_ == 0) {
        reports_ = 1;
        report_kind_ = MORPH_REPORT_GUARD_OVERWRITTEN;
    }
    bool good = expect_misuse(code, MORPH_ERROR_CORRUPTION, MORPH_REPORT_GUARD_OVERWRITTEN,
                              "verification after an overrun");
    return good ? Step::done : Step::bad;
}

}  // namespace suite
