// A measurement in a process of its own: forked for it, gone after it.
//
// A collector's heap has a memory: how far it has grown, what is fragmented, which stale words a
// conservative scan finds. Boehm's is one for the whole process, with one bound. So each side of a
// duel between collectors runs in a fresh process, and neither meets what another run has left.
#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>

namespace bench {

// Runs fill(result) in a child and copies the size bytes that it left there to result. A child that
// ends in any other way ends the program, with a line that says so.
void run_isolated(const std::function<void(void* result)>& fill, void* result, size_t size);

// The same, typed: measure() is called in the child.
template <typename Measure>
auto isolated(const Measure& measure) {
    using Result = std::invoke_result_t<Measure>;
    static_assert(std::is_trivially_copyable_v<Result>);
    Result result{};
    run_isolated([&measure](void* target) { *static_cast<Result*>(target) = measure(); }, &result,
                 sizeof result);
    return result;
}

// A workload that went wrong: says what on standard error, and aborts.
[[noreturn]] void fail(const char* where, const char* what);

}  // namespace bench
