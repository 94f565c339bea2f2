// Time that never goes backwards.
#pragma once

#include <cstdint>

namespace morph::os {

// Nanoseconds since some moment in the past, the same for all threads. Not set back by anybody.
[[nodiscard]] uint64_t monotonic_ns();

}  // namespace morph::os
