// Duktape on a Memory.
#pragma once

#include "stress/real/work.h"

namespace real {

// Compiles and runs a packaged library (underscore) and `size` generated lines, then each script.
[[nodiscard]] const Program& duktape_program();

}  // namespace real
