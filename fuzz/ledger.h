// Ledger: what a subject took from the system and gave back, and which requests it is refused.
//
// It is the harness's end of MorphMemoryLimits: a bound on the bytes held at any moment, and
// injected failures. Its balance after close is the leak check.
#pragma once

#include <cstddef>
#include <cstdint>

#include "morph/common.h"

namespace suite {

class Ledger {
 public:
    static constexpr uint64_t kForEver = UINT64_MAX;

    explicit Ledger(uint64_t bound) : bound_(bound) {}
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    [[nodiscard]] MorphMemoryLimits limits();

    // Refuses `count` requests after `skip` more have passed; kForEver: all; 0: lifts it.
    void arm(uint64_t skip, uint64_t count);

    void begin_call() { refused_in_call_ = false; }
    [[nodiscard]] bool refused_in_call() const { return refused_in_call_; }

    // The peak is since the last call of this.
    void begin_peak() { peak_ = balance_; }

    [[nodiscard]] int64_t balance() const { return balance_; }
    [[nodiscard]] int64_t peak() const { return peak_; }
    [[nodiscard]] int64_t peak_ever() const { return peak_ever_; }
    [[nodiscard]] uint64_t requests() const { return requests_; }
    [[nodiscard]] uint64_t injected() const { return injected_; }
    [[nodiscard]] uint64_t over_bound() const { return over_bound_; }

 private:
    bool grant(size_t bytes);
    void take_back(size_t bytes);

    uint64_t bound_;
    int64_t balance_ = 0;
    int64_t peak_ = 0;
    int64_t peak_ever_ = 0;
    uint64_t requests_ = 0;    // granted or refused
    uint64_t injected_ = 0;    // refused because armed
    uint64_t over_bound_ = 0;  // refused because of the bound
    uint64_t skip_ = 0;        // requests that pass before the armed failure
    uint64_t count_ = 0;       // requests still to be refused
    bool refused_in_call_ = false;
};

}  // namespace suite
