#include "fuzz/ledger.h"

#include <algorithm>

namespace suite {

MorphMemoryLimits Ledger::limits() {
    MorphMemoryLimits limits = {};
    limits.request = [](void* user, size_t bytes) {
        return static_cast<Ledger*>(user)->grant(bytes);
    };
    limits.returned = [](void* user, size_t bytes) {
        static_cast<Ledger*>(user)->take_back(bytes);
    };
    limits.user = this;
    return limits;
}

void Ledger::arm(uint64_t skip, uint64_t count) {
    skip_ = skip;
    count_ = count;
}

bool Ledger::grant(size_t bytes) {
    ++requests_;
    if (count_ != 0) {
        if (skip_ != 0) {
            --skip_;
        } else {
            if (count_ != kForEver) --count_;
            ++injected_;
            refused_in_call_ = true;
            return false;
        }
    }
    // A balance below zero is a bug of the subject (it is reported at close); here it counts as 0.
    uint64_t held = balance_ > 0 ? static_cast<uint64_t>(balance_) : 0;
    if (bytes > bound_ || held > bound_ - bytes) {
        ++over_bound_;
        refused_in_call_ = true;
        return false;
    }
    balance_ += static_cast<int64_t>(bytes);
    peak_ = std::max(peak_, balance_);
    peak_ever_ = std::max(peak_ever_, peak_);
    return true;
}

void Ledger::take_back(size_t bytes) {
    balance_ = static_cast<int64_t>(static_cast<uint64_t>(balance_) - bytes);
}

}  // namespace suite
