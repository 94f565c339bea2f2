// What happens when a program runs, step by step, for people.
#pragma once

#include "fuzz/isolate.h"

namespace suite {

// One line for each operation, as it was resolved and what it gave, to that file descriptor; then
// the finding, if there is one. The program runs in a process of its own: a crash is told as well.
Outcome explain(const Program& program, const SubjectEntry& subject, int output,
                const IsolateOptions& options = {});

}  // namespace suite
