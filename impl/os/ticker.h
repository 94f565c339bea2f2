// Ticker: a thread that calls a function at intervals, and can be stopped at once.
//
// It waits on a condition variable, so that stop() need not wait out an interval. Its stack comes
// from the system's thread library. It takes no signals: the program's handlers never run on it.
#pragma once

#include <cstdint>

#if !defined(_WIN32)
#include <pthread.h>
#include <sys/types.h>
#endif

namespace morph::os {

class Ticker {
 public:
    Ticker() = default;
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;
    ~Ticker() { stop(); }

    // tick(user) on another thread, first after interval_ms (at least 1). 0, or an errno: refused.
    // Must not run.
    [[nodiscard]] int start(uint32_t interval_ms, void (*tick)(void* user), void* user);
    // When it returns, tick does not run and will not. In a child of fork, which has no such
    // thread, it only forgets. Fine when nothing runs.
    void stop();

#if !defined(_WIN32)
 private:
    static void* run(void* ticker);
    void tick_until_stopped();
    void destroy_waiting();

    pthread_t thread_;
    pthread_mutex_t mutex_;
    pthread_cond_t wake_;
    void (*tick_)(void* user) = nullptr;
    void* user_ = nullptr;
    pid_t owner_ = 0;  // the process in which it runs; 0: none
    uint32_t interval_ms_ = 0;
    bool stopping_ = false;  // under mutex_
#endif
};

}  // namespace morph::os
