// Pool: allocate, free, reallocate, query, misuse, injected failure, debug mode.
#include "fuzz/targets.h"

inline constexpr suite::Family kTargetFamily = suite::Family::plain;
#include "fuzz/operations_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return suite::fuzz_operations(data, size, "pool.tiny", "pool");
}
