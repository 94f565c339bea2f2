// Scripts that Duktape runs: each a function of (size, seed) that returns a string, the same on
// every allocator.
#pragma once

#include <span>

#include "stress/real/lua_scripts.h"

namespace real {

// Run once in a new heap: defines attempt, random.
[[nodiscard]] const char* duktape_prelude();

[[nodiscard]] std::span<const Script> duktape_scripts();

}  // namespace real
