// Lua on a Memory.
#pragma once

#include <string>
#include <vector>

#include "stress/real/work.h"

namespace real {

// Compiles and runs the packaged library's sources and `size` generated lines, then each script,
// all of it twice: with Lua's incremental and with its generational collector.
[[nodiscard]] const Program& lua_program();

// Sources of the packaged library (penlight), sorted; empty when the package is not there.
[[nodiscard]] std::vector<std::string> lua_library_files();

}  // namespace real
