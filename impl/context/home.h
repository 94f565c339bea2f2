// The mapping that a context of either mode lives in.
#pragma once

#include <cstddef>

#include "chunk/error.h"

#include "morph/common.h"

namespace morph {

// Zeroed pages for `bytes`; given back with return_context_home. nullptr: refused, and errors tells
// by whom.
[[nodiscard]] void* map_context_home(const MorphMemoryLimits& limits, size_t bytes,
                                     ErrorState& errors);
void return_context_home(const MorphMemoryLimits& limits, void* home, size_t bytes);

// Copies the path of an Environment (nullptr: none) to where it stays, which is all zero.
struct Environment;
void keep_stats_path(const Environment& environment, char* to);

}  // namespace morph
