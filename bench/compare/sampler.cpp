#include "bench/compare/sampler.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

#include "stress/generate/random.h"

namespace compare {

volatile sig_atomic_t inside = 0;

namespace {

constexpr int kSignal = SIGUSR1;

// Written by the handler alone while a sampler runs.
volatile uint64_t ticks_seen = 0;
volatile uint64_t ticks_seen_inside = 0;

// Ticks that came while one was pending count as it does.
void on_tick(int, siginfo_t* info, void*) {
    const auto count = static_cast<uint64_t>(1 + info->si_overrun);
    ticks_seen = ticks_seen + count;
    if (inside != 0) ticks_seen_inside = ticks_seen_inside + count;
}

// Somewhere in an interval: short lives, each with a sampler of its own, are not looked at in the
// same places again and again.
long first_tick() {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1 + static_cast<long>(fox::Random(static_cast<uint64_t>(now.tv_nsec))
                                     .below(Sampler::kIntervalNanoseconds));
}

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "compare: %s: %s\n", what, std::strerror(errno));
    std::abort();
}

}  // namespace

Sampler::Sampler() {
    ticks_seen = 0;
    ticks_seen_inside = 0;
    struct sigaction action = {};
    action.sa_sigaction = on_tick;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    if (sigaction(kSignal, &action, nullptr) != 0) fail("sigaction");
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = kSignal;
    event._sigev_un._tid = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) fail("timer_create");
    itimerspec time = {};
    time.it_interval.tv_nsec = kIntervalNanoseconds;
    time.it_value.tv_nsec = first_tick();
    if (timer_settime(timer_, 0, &time, nullptr) != 0) fail("timer_settime");
}

void Sampler::stop() {
    if (!running_) return;
    running_ = false;
    (void)timer_delete(timer_);
}

uint64_t Sampler::ticks() const {
    return ticks_seen;
}

uint64_t Sampler::ticks_inside() const {
    return ticks_seen_inside;
}

}  // namespace compare
