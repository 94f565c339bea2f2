// What a replay compares and verifies.
#include <algorithm>
#include <cinttypes>

#include "stress/trace/replayer.h"

namespace trace {

using suite::Checker;

bool Replayer::settle(MorphCode seen, MorphCode expected, const char* call) {
    if (seen == expected) return true;
    return fail(Checker::contract, "%s gave %s, expected %s", call, morph_code_name(seen),
                morph_code_name(expected));
}

suite::Held Replayer::held() const {
    const auto bytes = [](int64_t number) {
        return static_cast<uint64_t>(std::max<int64_t>(number, 0));
    };
    return {can_.limits, bytes(ledger_.balance()), bytes(ledger_.peak_ever()),
            bytes(std::max(peak_settled_, ledger_.balance())), !padded_};
}

bool Replayer::check_after_event() {
    if (reports_ != 0) {
        return fail(Checker::detection, "reported \"%s\" without cause",
                    morph_report_kind_name(report_kind_));
    }
    if (!check_footprint()) return false;
    if (events_ % figures_interval_ == 0 && !check_figures()) return false;
    return events_ % verify_interval_ != 0 || check_verify();
}

bool Replayer::check_figures() {
    if (!can_.metrics || !model_.has_value()) return true;
    ++result_.comparisons;
    const suite::Mismatch mismatch = suite::compare(subject_->figures(), *model_, held());
    if (mismatch.name == nullptr) return true;
    return fail(Checker::metrics, "%s is %" PRIu64 ", expected %" PRIu64, mismatch.name,
                mismatch.seen, mismatch.expected);
}

bool Replayer::check_verify() {
    if (!can_.verify) return true;
    ++result_.verifications;
    if (subject_->verify() == MORPH_OK) return true;
    return fail(Checker::invariants, "verification: %s", subject_->last_error().text);
}

bool Replayer::check_footprint() {
    if (!footprint_->checked() || ledger_.balance() <= 0) return true;
    const auto mapped = static_cast<uint64_t>(ledger_.balance());
    if (mapped <= footprint_->bound()) return true;
    return fail(Checker::footprint, "holds %" PRIu64 " bytes, its bound is %" PRIu64, mapped,
                footprint_->bound());
}

}  // namespace trace
