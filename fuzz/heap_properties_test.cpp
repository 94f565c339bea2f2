// RapidCheck on collected heaps and on V1: 1,000 cases each.
#include <cstdlib>
#include <gtest/gtest.h>
// (RapidCheck needs what GoogleTest declares.)
#include <rapidcheck/gtest.h>

#include "fuzz/binary.h"
#include "fuzz/mutate.h"
#include "fuzz/runner.h"
#include "fuzz/text.h"

namespace suite {
namespace {

// Read by RapidCheck at its first property. Another seed or number of cases: set it yourself.
const int kConfigured = setenv("RC_PARAMS", "max_success=1000 seed=20260521", 0);

// Any bytes at all are a program that collected heaps and V1 run as the model says. A failing case
// shrinks to its shortest bytes.
void check_any_program(const char* name, Family family = Family::collected) {
    Program program = decode(*rc::gen::arbitrary<std::vector<uint8_t>>());
    Random random(*rc::gen::arbitrary<uint64_t>());
    for (int i = 0; i < 12; ++i) mutate(program, random, 100, family);
    program.configuration.bytes_max = Configuration{}.bytes_max;
    std::string error;
    const RunResult result = run(program, *find_subject(name, &error));
    if (result.finding) {
        RC_LOG() << checker_name(result.finding->checker) << ": " << result.finding->text << "\n"
                 << print(program);
    }
    RC_ASSERT(!result.finding.has_value());
}

RC_GTEST_PROP(HeapProperty, AnyProgramRunsOnTheHeapAsTheModelSays, ()) {
    check_any_program("heap.tiny");
}

RC_GTEST_PROP(HeapProperty, AnyProgramRunsInRuntimeModeAsTheModelSays, ()) {
    check_any_program("runtime.tiny");
}

RC_GTEST_PROP(HeapProperty, AnyProgramRunsOnV1AsTheModelSays, ()) {
    check_any_program("v1.runtime");
}

RC_GTEST_PROP(HeapProperty, AnyProgramThatFreesRunsOnV1AsTheModelSays, ()) {
    check_any_program("v1", Family::plain);
}

}  // namespace
}  // namespace suite
