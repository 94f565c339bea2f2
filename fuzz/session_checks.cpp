// Checks of a session that look at the whole subject, or at an object's bytes.
#include <algorithm>
#include <cinttypes>

#include "fuzz/fill.h"
#include "fuzz/session.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

// Objects whose contents are looked at after a failure when there are more. The next failure looks
// at the next ones.
constexpr size_t kSample = 16;
constexpr uint32_t kTypeSample = 64;

}  // namespace

bool Session::check_alignment(const void* object, const Operation& operation,
                              const reference::Object* model) {
    size_t promised = std::max(can_.alignment, alignment_of(operation));
    if (can_.slot_alignment && model->room == MORPH_ROOM_POOL && !configuration_.debug) {
        promised = std::max(promised, model->slot & (~model->slot + 1));
    }
    if (entry_.kind == Kind::general && operation.size >= MORPH_GENERAL_ALIGNMENT) {
        promised = std::max(promised, MORPH_GENERAL_ALIGNMENT);
    }
    // An object smaller than its alignment needs no more than its own size (malloc's rule).
    if (entry_.kind == Kind::heap_like && operation.code != Code::allocate_aligned) {
        while (promised > 1 && promised > operation.size) promised /= 2;
    }
    if (reinterpret_cast<uintptr_t>(object) % promised == 0) return true;
    return fail(Checker::alignment, "%p is not aligned to %zu", object, promised);
}

bool Session::check_contents(const Shadow& shadow, const char* when, Checker checker) {
    size_t offset =
        first_difference(shadow.address, shadow.size, shadow.size, shadow.identity, whole_);
    if (offset == shadow.size) return true;
    return fail(checker, "object %u (%zu bytes): byte %zu is 0x%02x, expected 0x%02x, %s",
                shadow.number, shadow.size, offset, shadow.address[offset],
                filled_byte(offset, shadow.identity), when);
}

bool Session::check_all_contents(size_t from, const char* when) {
    for (size_t position = from; position < live_.size(); ++position) {
        if (!check_contents(live_.at(position), when)) return false;
    }
    return true;
}

Held Session::held() const {
    auto bytes = [](int64_t number) { return static_cast<uint64_t>(number < 0 ? 0 : number); };
    return {can_.limits, bytes(ledger_.balance()), bytes(ledger_.peak_ever()),
            bytes(std::max(peak_settled_, ledger_.balance())), !padded_};
}

bool Session::check_figures() {
    if (!can_.metrics || !model_.has_value() || figures_current_) return true;
    figures_ = subject_->figures();
    figures_current_ = true;
    Mismatch mismatch = compare(figures_, *model_, held());
    if (mismatch.name == nullptr) return check_law();
    return fail(Checker::metrics, "%s is %" PRIu64 ", expected %" PRIu64, mismatch.name,
                mismatch.seen, mismatch.expected);
}

bool Session::check_law() {
    if (!law_.has_value()) return true;
    Mismatch mismatch = compare(figures_.context->heap, *law_, 0, configuration_.metrics);
    if (mismatch.name == nullptr) return true;
    return fail(Checker::footprint, "V1's law: %s is %" PRIu64 ", expected %" PRIu64, mismatch.name,
                mismatch.seen, mismatch.expected);
}

// All types in turn, so many at a time.
bool Session::check_types() {
    if (!can_.metrics || entry_.kind != Kind::context) return true;
    for (uint32_t count = std::min(kTypeSample, model_->types()); count != 0; --count) {
        type_sample_ = type_sample_ + 1 < model_->types() ? type_sample_ + 1 : 0;
        std::optional<MorphMemTypeStats> seen = subject_->type_figures(type_sample_);
        if (!seen.has_value()) {
            return fail(Checker::metrics, "no figures of type %u", type_sample_);
        }
        // The name of type 0 is not documented.
        MorphMemTypeStats expected = model_->type_figures(type_sample_);
        if (type_sample_ == 0) std::copy_n(seen->name, sizeof seen->name, expected.name);
        Mismatch mismatch = compare(*seen, expected);
        if (mismatch.name != nullptr) {
            return fail(Checker::metrics, "%s of type %u is %" PRIu64 ", expected %" PRIu64,
                        mismatch.name, type_sample_, mismatch.seen, mismatch.expected);
        }
    }
    return true;
}

bool Session::check_verify() {
    if (!can_.verify || verified_) return true;
    verified_ = true;
    MorphCode code = subject_->verify();
    if (code == MORPH_OK) return true;
    MorphError error = subject_->last_error();
    return fail(Checker::invariants, "verification gave %s: %s", morph_code_name(code), error.text);
}

bool Session::check_footprint() {
    if (!footprint_->checked() || ledger_.balance() <= 0) return true;
    auto mapped = static_cast<uint64_t>(ledger_.balance());
    if (mapped <= footprint_->bound()) return true;
    return fail(Checker::footprint, "holds %" PRIu64 " bytes, its bound is %" PRIu64, mapped,
                footprint_->bound());
}

// A failed call changed nothing: what is held, the figures (see check_step, too), and the contents.
bool Session::check_after_failure() {
    changed_ = true;
    forced_ = refused();  // what was refused in the middle of things is looked at closely
    const bool may_change = collected_;
    // A general allocator gives back idle chunks before it gives up.
    const bool less = entry_.kind == Kind::general && ledger_.balance() < balance_before_;
    if (can_.limits && !may_change && !less && ledger_.balance() != balance_before_) {
        return fail(Checker::contract,
                    "the failed call changed the bytes held from %" PRId64 " to %" PRId64,
                    balance_before_, ledger_.balance());
    }
    if (figures_current_ && can_.metrics && !may_change) {
        Mismatch mismatch = compare_unchanged(figures_, subject_->figures());
        if (mismatch.name != nullptr) {
            return fail(Checker::contract,
                        "the failed call changed %s from %" PRIu64 " to %" PRIu64, mismatch.name,
                        mismatch.expected, mismatch.seen);
        }
    }
    for (size_t count = std::min(kSample, live_.size()); count != 0; --count) {
        sample_ = sample_ + 1 < live_.size() ? sample_ + 1 : 0;
        const Shadow& shadow = live_.at(sample_);
        if (!check_contents(shadow, "after a failed call", Checker::contract)) return false;
    }
    return true;
}

}  // namespace suite
