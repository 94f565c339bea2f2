// The V1 baseline: programs that free in COMPILER mode; by the variant bit, graphs in RUNTIME mode.
#include "fuzz/targets.h"

inline constexpr suite::Family kTargetFamily = suite::Family::both;
#include "fuzz/operations_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return suite::fuzz_operations(data, size, "v1", "v1.runtime");
}
