// A mutex that needs no constructor, no destructor and no memory of its own, and its guard.
#pragma once

#include <pthread.h>

namespace trace {

class Lock {
 public:
    void take() { pthread_mutex_lock(&mutex_); }
    void leave() { pthread_mutex_unlock(&mutex_); }
    // In the child of a fork, where the thread that took it may be gone.
    void renew() { mutex_ = PTHREAD_MUTEX_INITIALIZER; }

 private:
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

class Guard {
 public:
    explicit Guard(Lock& lock) : lock_(lock) { lock_.take(); }
    ~Guard() { lock_.leave(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

 private:
    Lock& lock_;
};

}  // namespace trace
