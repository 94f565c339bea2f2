#include "fuzz/sweep.h"

#include <algorithm>
#include <cstdint>

namespace suite {
namespace {

// The program with the failure as its first operation. It counts requests from after the creation,
// whose number is not known here: tries all that it can have been.
std::optional<Program> as_program(const Program& program, const SubjectEntry& subject,
                                  const RunOptions& options, const Finding& finding,
                                  uint64_t fail_from, uint64_t fail_count) {
    RunOptions plain = options;
    plain.fail_from = 0;
    plain.fail_count = 0;
    for (uint64_t creation = 0; creation <= std::min<uint64_t>(fail_from, 16); ++creation) {
        Program candidate = program;
        const uint8_t count = fail_count == 0   ? uint8_t{0}
                              : fail_count == 1 ? uint8_t{1}
                                                : uint8_t{255};
        candidate.operations.insert(
            candidate.operations.begin(),
            {.code = Code::fail_requests, .size = fail_from - creation, .count = count});
        const RunResult result = run(candidate, subject, plain);
        if (result.finding && result.finding->checker == finding.checker) return candidate;
    }
    return std::nullopt;
}

}  // namespace

SweepResult sweep(const Program& program, const SubjectEntry& subject,
                  const SweepOptions& options) {
    SweepResult result;
    RunOptions run_options = options.run;
    run_options.fixed_point = false;  // its second pass would ask for memory as well
    const auto once = [&](uint64_t from, uint64_t count) {
        run_options.fail_from = from;
        run_options.fail_count = count;
        const RunResult run_result = run(program, subject, run_options);
        ++result.runs;
        result.refusals += run_result.refusals;
        if (run_result.finding) {
            result.finding = SweepFinding{
                *run_result.finding, from, count,
                as_program(program, subject, run_options, *run_result.finding, from, count)};
        }
        return run_result;
    };
    result.requests = once(0, 0).requests;
    const size_t last =
        subject.abilities.limits ? std::min(result.requests, options.requests_max) : 0;
    for (size_t request = 0; request < last; ++request) {
        if (options.progress) options.progress(request, last);
        if (!result.finding) once(request, 1);
        if (!result.finding) once(request, UINT64_MAX);
    }
    return result;
}

}  // namespace suite
