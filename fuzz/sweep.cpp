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

class Sweep {
 public:
    Sweep(const Program& program, const SubjectEntry& subject, const SweepOptions& options)
        : program_(program), subject_(subject), options_(options), run_options_(options.run) {
        run_options_.fixed_point = false;  // its second pass would ask for memory as well
    }

    SweepResult take() {
        const RunResult undisturbed = once(0, 0);
        result_.requests = undisturbed.requests;
        each_request(undisturbed.requests, true);
        if (subject_.kind == Kind::heap && subject_.abilities.precise) {
            each_collection(undisturbed);
        }
        return std::move(result_);
    }

 private:
    RunResult once(uint64_t from, uint64_t count) {
        run_options_.fail_from = from;
        run_options_.fail_count = count;
        const RunResult run_result = run(program_, subject_, run_options_);
        ++result_.runs;
        result_.refusals += run_result.refusals;
        if (run_result.finding) {
            const Configuration& configuration = program_.configuration;
            result_.finding = SweepFinding{
                *run_result.finding,
                from,
                count,
                collect_at_,
                configuration.force_major,
                as_program(program_, subject_, run_options_, *run_result.finding, from, count)};
        }
        return run_result;
    }

    // for_ever: also with all requests after the k-th refused.
    void each_request(size_t requests, bool for_ever) {
        if (!subject_.abilities.limits) return;
        const size_t last = std::min(requests, options_.requests_max);
        for (size_t request = 0; request < last && !result_.finding; ++request) {
            if (options_.progress) options_.progress(request, last);
            once(request, 1);
            if (!result_.finding && for_ever) once(request, UINT64_MAX);
        }
    }

    // An allocation of a program with plans of its own may be reached by both.
    void each_collection(const RunResult& undisturbed) {
        const size_t last = std::min(undisturbed.allocations, options_.collections_max);
        const size_t both = 2 * last * std::min(undisturbed.requests, options_.requests_max);
        for (uint32_t at = 1; at <= last; ++at) {
            for (bool major : {false, true}) {
                if (result_.finding) return;
                collect_at_ = at;
                program_.configuration.force_first = at;
                program_.configuration.force_every = 0;
                program_.configuration.force_major = major;
                const RunResult forced = once(0, 0);
                result_.collections += forced.collections_forced;
                if (both <= options_.runs_both_max) each_request(forced.requests, false);
            }
        }
    }

    Program program_;
    const SubjectEntry& subject_;
    const SweepOptions& options_;
    RunOptions run_options_;
    uint32_t collect_at_ = 0;
    SweepResult result_;
};

}  // namespace

SweepResult sweep(const Program& program, const SubjectEntry& subject,
                  const SweepOptions& options) {
    return Sweep(program, subject, options).take();
}

}  // namespace suite
