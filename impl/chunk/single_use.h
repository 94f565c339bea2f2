// SingleUse: who is inside an object of the library; debug mode's test for two threads at once.
//
//   word    means                                          another thread that comes
//   0       nobody                                         enters
//   T       thread T is in a call                          is refused, and it is reported
//   T | 1   T is in a report handler, or has left the      enters; if T comes back from the
//           call by longjmp from there                     handler, T reports it
//
// Every public call takes a Turn. Calls inside calls (visitors, hooks, finalizers, handlers) find
// their own thread's word and enter. A handler may longjmp, and then no destructor runs; nobody can
// tell that from a handler that takes its time. So the word is lent for as long as a handler runs:
// what is legal, one thread after another, is never reported.
//
// What a refused call reads of the object is constant since its creation: the public head (debug
// mode pins the inline paths with constants) and the Reporter. All accesses of the word are relaxed
// on purpose: a release here would order two threads that forgot to, and so hide their race from
// ThreadSanitizer. Whoever hands an object over properly has ordered the word as well.
//
// Without debug mode the Reporter has no word, and a Turn is one test of that.
//
// SINGLE-USE   while a call is inside, the word is its thread's, or lent by it
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "chunk/report.h"

#include "morph/common.h"

namespace morph {

class SingleUse {
 public:
    // What entering found; leave() wants it back.
    enum class Entry : uint8_t { refused, nested, free, lent };

    SingleUse() = default;
    SingleUse(const SingleUse&) = delete;
    SingleUse& operator=(const SingleUse&) = delete;

    [[nodiscard]] Entry enter();
    void leave(Entry entry);

    // Around a call of a report handler. lend() is false when this thread is not the one inside:
    // then there is nothing to take back. take_back() is false when another thread has been here.
    [[nodiscard]] bool lend();
    [[nodiscard]] bool take_back();

 private:
    static constexpr uintptr_t kLent = 1;  // threads' numbers are even
    [[nodiscard]] static uintptr_t this_thread();

    std::atomic<uintptr_t> inside_{0};
};

// One call's stay in an object. False: refused; reported, and noted for morph_creation_error() of
// this thread, since nothing of the object may be written.
class Turn {
 public:
    // reporter: the object's. object: its address, call: the function's name, for the text.
    Turn(const Reporter& reporter, const void* object, const char* call) : use_(reporter.use) {
        if (__builtin_expect(use_ != nullptr, 0)) enter(reporter, object, call);
    }
    // Of a call that asks for the last error: what it asks is told, so nothing is reported.
    explicit Turn(const Reporter& reporter) : use_(reporter.use) {
        if (__builtin_expect(use_ != nullptr, 0)) (void)enter_quietly();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        if (__builtin_expect(use_ != nullptr, 0)) use_->leave(entry_);
    }
    explicit operator bool() const { return entry_ != SingleUse::Entry::refused; }

    // The object's last call: it goes, and its word with it. Who comes meanwhile is refused.
    void stay() { use_ = nullptr; }

 private:
    void enter(const Reporter& reporter, const void* object, const char* call);
    bool enter_quietly();

    SingleUse* use_;
    SingleUse::Entry entry_ = SingleUse::Entry::nested;
};

// What a refused call returns.
template <typename Result>
[[nodiscard]] Result refused_result() {
    if constexpr (std::is_same_v<Result, MorphCode>) {
        return MORPH_ERROR_CONCURRENT_USE;
    } else if constexpr (std::is_same_v<Result, uint32_t>) {
        return UINT32_MAX;  // MORPH_TYPE_INVALID: the one thing that is asked for in 32 bits
    } else if constexpr (!std::is_void_v<Result>) {
        return Result{};
    }
}

// What a refused question for the last error is told.
[[nodiscard]] MorphError concurrent_use_error();

// call() in a turn of its own, a question for the last error.
template <typename Call>
MorphError error_in_turn(const Reporter& reporter, Call call) {
    Turn turn(reporter);
    if (!turn) return concurrent_use_error();
    return call();
}

// call() in a turn of its own.
template <typename Call>
[[gnu::always_inline]] inline auto in_turn(const Reporter& reporter, const void* object,
                                           const char* name, Call call) {
    Turn turn(reporter, object, name);
    if (!turn) return refused_result<decltype(call())>();
    return call();
}

}  // namespace morph
