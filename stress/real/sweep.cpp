#include "stress/real/sweep.h"

#include "fuzz/random.h"

namespace real {
namespace {

struct One {
    Report report;
    uint64_t calls = 0;
    std::string wrong;
};

// With an allocator and hooks of its own.
One run_one(const Program& program, MemoryOptions options, const Request& request,
            Failing failing) {
    One one;
    stress::Refusals refusals;
    options.setup.refusals = &refusals;
    options.failing = failing;
    {
        Memory memory(options, program.sizes);
        if (!memory.open()) {
            one.wrong = morph_creation_error().text;
            return one;
        }
        one.report = program.run(memory, request);
        memory.check_closed();
        one.calls = memory.calls();
    }
    if (one.report.ending == Ending::broken) one.wrong = one.report.wrong;
    if (const char* broken = refusals.broken()) one.wrong = broken;
    return one;
}

}  // namespace

SweepResult sweep(const Program& program, const MemoryOptions& options, const Request& request,
                  uint64_t runs) {
    SweepResult result;
    const One whole = run_one(program, options, request, {});
    result.calls = whole.calls;
    result.results = whole.report.results;
    result.wrong = whole.wrong;
    if (result.wrong.empty() && whole.report.ending != Ending::good) {
        result.wrong = "out of memory where nothing fails";
    }
    suite::Random random(request.seed);
    const uint64_t dense = runs / 3;
    for (uint64_t run = 0; run < runs && result.wrong.empty(); ++run) {
        const Failing failing = {
            .at = run < dense ? run + 1 : 1 + random.below(result.calls),
            .for_ever = run % 2 == 1,
        };
        const One one = run_one(program, options, request, failing);
        result.wrong = one.wrong;
        if (one.report.ending == Ending::out_of_memory) {
            result.out_of_memory += 1;
        } else {
            result.good += 1;
            if (one.wrong.empty() && one.report.results != result.results) {
                result.wrong = "REAL-RESULTS: other results:\n" + one.report.results;
            }
        }
        if (!result.wrong.empty()) {
            result.wrong = "call " + std::to_string(failing.at) +
                           (failing.for_ever ? " and all later ones" : "") +
                           " refused: " + result.wrong;
        }
    }
    return result;
}

}  // namespace real
