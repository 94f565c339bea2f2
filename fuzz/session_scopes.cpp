// Operations of a session on scopes and types, and reset.
#include <algorithm>
#include <cstdio>

#include "fuzz/session.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

constexpr size_t kDeadMarks = 64;  // remembered, to be given to release again
constexpr size_t kDropped = 4;     // addresses asked about after a reset or release

uintptr_t number_of(const void* address) {
    return reinterpret_cast<uintptr_t>(address);
}

}  // namespace

void Session::bury(const Mark& mark) {
    ranges_.erase(number_of(mark.handle));
    if (dead_marks_.size() == kDeadMarks) dead_marks_.erase(dead_marks_.begin());
    dead_marks_.push_back(mark.handle);
}

Session::Step Session::reset() {
    if (!check_all_contents(0, "before reset")) return Step::bad;
    dropped_.clear();
    for (size_t position = 0; position < std::min(kDropped, live_.size()); ++position) {
        dropped_.push_back(live_.at(position).address);
    }
    changed_ = true;
    forced_ = true;
    subject_->reset();
    if (model_.has_value()) model_->reset();
    if (law_.has_value()) law_->reset();
    for (const Mark& mark : marks_) bury(mark);
    marks_.clear();
    live_.clear();
    ranges_.clear();
    footprint_->reset();
    live_bytes_ = 0;
    padded_ = false;
    return check_dropped() ? Step::done : Step::bad;
}

Session::Step Session::mark() {
    changed_ = true;
    void* handle = subject_->mark();
    if (handle == nullptr) {
        MorphCode code = subject_->last_error().code;
        if (!refused()) {
            fail(Checker::contract, "mark gave NULL (%s)", morph_code_name(code));
            return Step::bad;
        }
        model_->note_failure();
        if (!settle(code, MORPH_ERROR_OUT_OF_MEMORY, "mark")) return Step::bad;
        return check_after_failure() ? Step::done : Step::bad;
    }
    std::snprintf(outcome_, sizeof outcome_, "mark %zu", marks_.size());
    std::erase(dead_marks_, handle);
    marks_.push_back({handle, model_->mark(), live_.size()});
    padded_ = true;
    footprint_->add_mark();
    return claim(handle, 1, IntervalMap::kNoObject) ? Step::done : Step::bad;
}

Session::Step Session::release(size_t count) {
    if (marks_.empty()) return Step::skipped;
    size_t target = marks_.size() - 1 - count % marks_.size();
    Mark mark = marks_[target];
    std::snprintf(outcome_, sizeof outcome_, "to mark %zu", target);
    if (!check_all_contents(mark.live_count, "before release")) return Step::bad;
    changed_ = true;
    MorphCode code = subject_->release(mark.handle);
    dropped_.clear();
    while (live_.size() > mark.live_count) {
        size_t last = live_.size() - 1;
        if (dropped_.size() < kDropped) dropped_.push_back(live_.at(last).address);
        footprint_->remove(live_.at(last));
        forget(last);
    }
    if (!settle(code, model_->release(mark.scope), "release")) return Step::bad;
    for (size_t index = target; index < marks_.size(); ++index) {
        bury(marks_[index]);
        footprint_->remove_mark();
    }
    marks_.resize(target);
    forced_ = true;
    return check_dropped() ? Step::done : Step::bad;
}

Session::Step Session::release_dead(size_t count) {
    if (dead_marks_.empty()) return Step::skipped;
    changed_ = true;
    MorphCode code = subject_->release(dead_marks_[count % dead_marks_.size()]);
    model_->note_failure(MORPH_ERROR_SCOPE);
    if (!settle(code, MORPH_ERROR_SCOPE, "release of a mark that is not live")) return Step::bad;
    return check_after_failure() ? Step::done : Step::bad;
}

// In the second pass the types are there already; they become visible at the same places.
Session::Step Session::register_type(uint8_t placement) {
    if (!first_pass_) {
        if (types_ < model_->types()) ++types_;
        return Step::done;
    }
    changed_ = true;
    uint32_t type = subject_->register_type(placement);
    MorphCode expected = MORPH_ERROR_OUT_OF_MEMORY;
    if (type == MORPH_TYPE_INVALID) {
        if (refused()) {
            model_->note_failure();
        } else {
            model_->register_type("", placement_of(placement), &expected);
        }
        if (!settle(subject_->last_error().code, expected, "register_type")) return Step::bad;
        return check_after_failure() ? Step::done : Step::bad;
    }
    uint32_t wanted = model_->register_type("", placement_of(placement), &expected);
    if (!settle(MORPH_OK, expected, "register_type")) return Step::bad;
    std::snprintf(outcome_, sizeof outcome_, "type %u", type);
    if (type != wanted) {
        fail(Checker::contract, "register_type gave %u, expected %u", type, wanted);
        return Step::bad;
    }
    types_ = model_->types();
    footprint_->add_type();
    return Step::done;
}

}  // namespace suite
