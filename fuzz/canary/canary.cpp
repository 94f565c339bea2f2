// Canary: a target of operations that must find something, because its subject has a planted bug.
// Proves that the machinery of `make fuzz` finds, shrinks, keeps and fails (ci/fuzz_test.py).
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "fuzz/binary.h"
#include "fuzz/targets.h"

inline constexpr suite::Family kTargetFamily = suite::Family::plain;
#include "fuzz/operations_mutator.h"

namespace {

const suite::SubjectEntry& planted() {
    static const std::optional<suite::SubjectEntry> entry = [] {
        std::string error;
        auto found = suite::find_subject(MORPH_CANARY_SUBJECT, &error);
        if (!found) std::fprintf(stderr, "canary: %s\n", error.c_str());
        return found;
    }();
    if (!entry) std::exit(2);
    return *entry;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size > suite::kTargetBytesMax) return -1;
    const suite::RunResult result = suite::run_target_input({data, size}, planted());
    if (!result.finding) return 0;
    std::fprintf(stderr, "finding: checker %s at operation %zu on subject %s: %s\n",
                 suite::checker_name(result.finding->checker), result.finding->operation,
                 MORPH_CANARY_SUBJECT, result.finding->text.c_str());
    std::abort();
}
