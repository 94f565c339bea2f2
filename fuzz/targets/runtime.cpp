// Context in RUNTIME mode: the same programs through the calls of mem.h.
#include "fuzz/targets.h"

inline constexpr suite::Family kTargetFamily = suite::Family::collected;
#include "fuzz/operations_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return suite::fuzz_operations(data, size, "runtime.tiny", "runtime");
}
