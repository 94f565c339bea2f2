// A program of operations as a C++ program of its own: against the public headers alone, one
// statement for each call that the runner makes, with what it gave. For a bug report, a debugger,
// or a regression test in another tree.
//
// It is recorded, not translated: the program runs (in a process of its own, so that a crash still
// leaves what led to it) on the subject behind a layer that writes each call down.
//
// CPP-COMPILES  the result compiles without warnings as C++20 against the public headers
// CPP-SAME      it makes the calls of the run, in its order, with its operands and its refusals
#pragma once

#include <string>
#include <string_view>

#include "fuzz/isolate.h"

namespace suite {

// note: lines that come as comments at its head, such as the finding's text.
std::string cpp_program(const Program& program, const SubjectEntry& subject, std::string_view note,
                        double seconds = 20);

}  // namespace suite
