// compare: one program on malloc and on our allocators, in processes of their own, in turns.
#pragma once

#include "stress/real/work.h"

namespace real {

// Prints a table: CPU seconds and peak of resident memory, medians, and ratios to malloc. The exit
// status: broken when results differ.
[[nodiscard]] int compare(const Program& program, const Request& request);

}  // namespace real
