// Collected heap: graphs of objects, barriers, roots, weak references, finalizers, collections,
// injected failure, debug mode.
#include "fuzz/targets.h"

inline constexpr suite::Family kTargetFamily = suite::Family::collected;
#include "fuzz/operations_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return suite::fuzz_operations(data, size, "heap.tiny", "heap");
}
