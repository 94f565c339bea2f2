#include "os/ticker.h"

#include <cerrno>

#if !defined(_WIN32)
#include <climits>
#include <csignal>
#include <ctime>
#include <unistd.h>
#endif

namespace morph::os {

#if defined(_WIN32)

int Ticker::start(uint32_t, void (*)(void*), void*) {
    return ENOSYS;
}
void Ticker::stop() {}

#else

namespace {

constexpr size_t kStackBytes = size_t{256} << 10;  // it counts as address space
constexpr long kNsPerSecond = 1000000000;

// A condition variable whose waits nobody shortens by setting the clock.
int make_condition(pthread_cond_t* condition) {
#if defined(__APPLE__)
    return pthread_cond_init(condition, nullptr);  // waits are relative there
#else
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);
    if (error != 0) return error;
    error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (error == 0) error = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
#endif
}

int wait_for(pthread_cond_t* condition, pthread_mutex_t* mutex, uint32_t milliseconds) {
    timespec time{};
    time.tv_sec = static_cast<time_t>(milliseconds / 1000);
    time.tv_nsec = static_cast<long>(milliseconds % 1000) * 1000000;
#if defined(__APPLE__)
    return pthread_cond_timedwait_relative_np(condition, mutex, &time);
#else
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    time.tv_sec += now.tv_sec;
    time.tv_nsec += now.tv_nsec;
    if (time.tv_nsec >= kNsPerSecond) {
        time.tv_sec += 1;
        time.tv_nsec -= kNsPerSecond;
    }
    return pthread_cond_timedwait(condition, mutex, &time);
#endif
}

// With a small stack; with the usual one where that is too small (thread-local storage of the
// program lies on stacks, and may be large).
int create_thread(pthread_t* thread, void* (*run)(void*), void* argument) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return error;
    error = pthread_attr_setstacksize(&attributes, kStackBytes);
    if (error == 0) error = pthread_create(thread, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    return error == EINVAL ? pthread_create(thread, nullptr, run, argument) : error;
}

// A thread inherits the signals that its creator blocks.
int create_thread_without_signals(pthread_t* thread, void* (*run)(void*), void* argument) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // fails for a wrong first word alone
    int error = create_thread(thread, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return error;
}

}  // namespace

int Ticker::start(uint32_t interval_ms, void (*tick)(void* user), void* user) {
    if (owner_ != 0) return EBUSY;
    int error = pthread_mutex_init(&mutex_, nullptr);
    if (error != 0) return error;
    error = make_condition(&wake_);
    if (error != 0) {
        pthread_mutex_destroy(&mutex_);
        return error;
    }
    tick_ = tick;
    user_ = user;
    interval_ms_ = interval_ms != 0 ? interval_ms : 1;
    stopping_ = false;
    error = create_thread_without_signals(&thread_, run, this);
    if (error != 0) {
        destroy_waiting();
        return error;
    }
    owner_ = getpid();
    return 0;
}

void* Ticker::run(void* ticker) {
    static_cast<Ticker*>(ticker)->tick_until_stopped();
    return nullptr;
}

void Ticker::tick_until_stopped() {
    pthread_mutex_lock(&mutex_);
    while (!stopping_) {
        // Anything else than a time-out is a call to stop, or a spurious end of the wait.
        if (wait_for(&wake_, &mutex_, interval_ms_) != ETIMEDOUT || stopping_) continue;
        pthread_mutex_unlock(&mutex_);
        tick_(user_);
        pthread_mutex_lock(&mutex_);
    }
    pthread_mutex_unlock(&mutex_);
}

void Ticker::stop() {
    if (owner_ == 0) return;
    bool here = owner_ == getpid();
    owner_ = 0;
    if (!here) return;  // mutex and condition are as the parent's thread had them: let them be
    pthread_mutex_lock(&mutex_);
    stopping_ = true;
    pthread_cond_signal(&wake_);
    pthread_mutex_unlock(&mutex_);
    pthread_join(thread_, nullptr);
    destroy_waiting();
}

void Ticker::destroy_waiting() {
    pthread_cond_destroy(&wake_);
    pthread_mutex_destroy(&mutex_);
}

#endif

}  // namespace morph::os
