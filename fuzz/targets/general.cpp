// General: allocate, zeroed, aligned, free, resize, reset, query, misuse, injected failure, debug.
#include "fuzz/targets.h"

inline constexpr suite::Family kTargetFamily = suite::Family::plain;
#include "fuzz/operations_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return suite::fuzz_operations(data, size, "general.tiny", "general");
}
