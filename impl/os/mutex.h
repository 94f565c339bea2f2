// Mutex of the system, and a lock of it for a scope. Neither can fail.
#pragma once

#if defined(_WIN32)
#include <windows.h>
#else
#include <pthread.h>
#endif

namespace morph::os {

class Mutex {
 public:
    Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

#if defined(_WIN32)
    void lock() { AcquireSRWLockExclusive(&mutex_); }
    void unlock() { ReleaseSRWLockExclusive(&mutex_); }

 private:
    SRWLOCK mutex_ = SRWLOCK_INIT;
#else
    ~Mutex() { pthread_mutex_destroy(&mutex_); }
    void lock() { pthread_mutex_lock(&mutex_); }
    void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
#endif
};

class Lock {
 public:
    explicit Lock(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock() { mutex_.unlock(); }

 private:
    Mutex& mutex_;
};

}  // namespace morph::os
