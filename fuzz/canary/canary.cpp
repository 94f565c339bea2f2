// Canary: a target of operations that must find something, because its subject has a planted bug.
// Proves that the machinery of `make fuzz` finds, shrinks, keeps and fails (ci/fuzz_test.py).
// MORPH_CANARY in the environment is another shared object to be the subject: one of fuzz/wrong/.
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "fuzz/binary.h"
#include "fuzz/targets.h"

inline constexpr suite::Family kTargetFamily = suite::Family::plain;
#include "fuzz/operations_mutator.h"

namespace {

const char* subject_path() {
    const char* told = std::getenv("MORPH_CANARY");
    return told != nullptr ? told : MORPH_CANARY_SUBJECT;
}

const suite::SubjectEntry& planted() {
    static const std::optional<suite::SubjectEntry> entry = [] {
        std::string error;
        auto found = suite::find_subject(subject_path(), &error);
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
                 subject_path(), result.finding->text.c_str());
    std::abort();
}
