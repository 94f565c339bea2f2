// run: the command line of the real programs, and what they do with it.
//
//   --repeat N      N times one after another in one allocator, with its reset in between; every
//                   second time the program is not closed before the reset
//   --fail-sweep N  the work again and again, each time with another call of the hooks failing
//   --compare       the program on each allocator and malloc: a table of time and memory
//
// REAL-RESULTS     all runs give the same results
// REAL-FIXED       from the third run on the allocator maps no more memory than before
// REAL-RETURNED    the allocator destroyed, every byte granted by the system has been returned
#pragma once

#include "stress/real/work.h"

namespace real {

// The exit status: 0 good, 2 usage, 3 out of memory (cleanly), 4 broken.
[[nodiscard]] int real_main(int argc, char** argv, const Program& program);

}  // namespace real
