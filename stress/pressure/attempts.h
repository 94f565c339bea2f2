// Attempts: how a workload program runs its work under the options --refuse, --refuse-until and
// --again. An attempt is the whole work once, with everything made by it destroyed at its end.
//
//   plain            one attempt; its exit status is the program's
//   --again          after "out of memory": limits lifted, one more attempt, which must be good
//   --refuse-until K attempts with the seeds that follow, until K requests were refused in all;
//                    each good or out of memory; then one without refusals, which must be good
//
// PRESSURE-RESULTS  the result lines of all good attempts are the same
// PRESSURE-CLEAN    an attempt that std::bad_alloc ends (the program's own memory, under a limit of
//                   the system) is out of memory as well, and as clean
// PRESSURE-AGAIN    what failed for lack of memory succeeds when limits are lifted
#pragma once

#include <functional>
#include <string>

#include "stress/memory/setup.h"

namespace stress {

// Exit status of the workload programs (profile and collector: 1 is broken too; fox: 1 is a
// rejected source).
struct Exit {
    static constexpr int good = 0;
    static constexpr int usage = 2;
    static constexpr int out_of_memory = 3;
    static constexpr int broken = 4;
};

struct Attempt {
    int code = Exit::good;
    std::string output;  // for standard output, printed when the attempt counts
};

// Everything that it makes is destroyed when it returns, also by an exception.
using Work = std::function<Attempt(const Setup&)>;

// The program's exit status.
[[nodiscard]] int run_attempts(const Setup& setup, const Work& work);

// Adds to text as printf would print it.
[[gnu::format(printf, 2, 3)]] void append(std::string* text, const char* format, ...);

// What a context or heap could not be created for: the program's exit status.
[[nodiscard]] int exit_of_creation(const MorphError& error);

// The lines that begin with "result ".
[[nodiscard]] std::string result_lines(const std::string& text);

// RLIMIT_AS and RLIMIT_DATA of this process back to what they may be at most.
void lift_limits();

// Takes that much stack now, bytes, so that it need not grow when there is no memory left: under
// RLIMIT_AS a stack that cannot grow is a segmentation fault, which nothing can catch.
void take_stack(size_t bytes = size_t{1} << 20);

}  // namespace stress
