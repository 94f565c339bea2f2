// Context in COMPILER mode: dispatch, types, metrics, injected failure, debug mode.
#include "fuzz/operations_mutator.h"
#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return suite::fuzz_operations(data, size, "context.tiny", "context");
}
