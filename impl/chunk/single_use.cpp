#include "chunk/single_use.h"

#include <pthread.h>

#include "chunk/check.h"
#include "chunk/error.h"

namespace morph {

// Two threads that live at the same time differ in it. The child of a fork is the thread it was.
uintptr_t SingleUse::this_thread() {
    uintptr_t number = 0;
    pthread_t self = pthread_self();
    static_assert(sizeof(self) <= sizeof(number));
    __builtin_memcpy(&number, &self, sizeof(self));
    MORPH_CHECK(number != 0 && (number & kLent) == 0);
    return number;
}

SingleUse::Entry SingleUse::enter() {
    uintptr_t self = this_thread();
    uintptr_t seen = inside_.load(std::memory_order_relaxed);
    for (;;) {
        if (seen == self) return Entry::nested;
        bool open = seen == 0 || (seen & kLent) != 0;
        if (!open) return Entry::refused;
        if (!inside_.compare_exchange_weak(seen, self, std::memory_order_relaxed)) continue;
        std::atomic_signal_fence(std::memory_order_seq_cst);  // the call's work stays inside
        return seen == (self | kLent) ? Entry::lent : Entry::free;
    }
}

void SingleUse::leave(Entry entry) {
    if (entry == Entry::refused || entry == Entry::nested) return;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    // Not if this call has lent the word and another thread took it: it is that one's now.
    uintptr_t self = this_thread();
    uintptr_t after = entry == Entry::lent ? self | kLent : 0;
    inside_.compare_exchange_strong(self, after, std::memory_order_relaxed);
}

bool SingleUse::lend() {
    uintptr_t self = this_thread();
    return inside_.compare_exchange_strong(self, self | kLent, std::memory_order_relaxed);
}

bool SingleUse::take_back() {
    uintptr_t self = this_thread();
    uintptr_t lent = self | kLent;
    return inside_.compare_exchange_strong(lent, self, std::memory_order_relaxed);
}

bool Turn::enter_quietly() {
    entry_ = use_->enter();
    if (entry_ != SingleUse::Entry::refused) return true;
    use_ = nullptr;  // nothing to leave
    return false;
}

MorphError concurrent_use_error() {
    return {MORPH_ERROR_CONCURRENT_USE, "in use by another thread at this moment"};
}

void Turn::enter(const Reporter& reporter, const void* object, const char* call) {
    if (enter_quietly()) return;
    set_creation_error(MORPH_ERROR_CONCURRENT_USE,
                       "%s: %p is in use by another thread at this moment", call, object);
    reporter.report(MORPH_REPORT_CONCURRENT_USE, object, 0, 0,
                    "%s: %p is in use by another thread at this moment", call, object);
}

}  // namespace morph
