// Sampling: which share of the time a thread spends in calls of the allocator.
//
// Programs compare-<memory>-sampled are linked so that the workload's calls of morph_mem_alloc,
// _realloc and _free reach wrappers (inside.cpp), which raise a flag around the real call: two
// stores a call, where reading a clock would cost more than the call itself. A timer interrupts the
// thread every 200 us, from a random moment on, and looks at the flag. A tick that was due while
// the kernel worked for the thread (a page fault, munmap) comes when it returns, and finds the flag
// as it was at the call.
#pragma once

#include <csignal>
#include <cstdint>
#include <ctime>

namespace compare {

// Whether this program was linked with the wrappers.
[[nodiscard]] bool can_sample();

// Written by the wrappers, read by the timer's signal.
extern volatile sig_atomic_t inside;

// One at a time, of the thread that makes it.
class Sampler {
 public:
    static constexpr long kIntervalNanoseconds = 200000;

    Sampler();
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;
    ~Sampler() { stop(); }

    void stop();
    [[nodiscard]] uint64_t ticks() const;
    [[nodiscard]] uint64_t ticks_inside() const;

 private:
    timer_t timer_{};
    bool running_ = true;
};

}  // namespace compare
