// For the sampler's test: morph_mem_alloc, _realloc and _free that work for so many microseconds as
// their size, new size or address says.
#pragma once

#include <cstdint>

namespace compare {

// Works for so long; the seconds it was.
double spin(uint64_t microseconds);

}  // namespace compare
