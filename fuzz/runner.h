// Runner: one program on one subject, in lock step with the model, all checkers on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/subject.h"

namespace suite {

// Ids of checkers, cited by docs/checkers.md, tests and mutants.
enum class Checker : uint8_t {
    alignment,    // address is a multiple of what was asked or promised
    overlap,      // live objects are disjoint
    contents,     // an object keeps what was written: on read, free, move, and at the end
    zeroing,      // zeroed objects are zero
    metrics,      // figures equal the model's, to the byte
    footprint,    // mapped over live stays within the subject's stated bound
    fixed_point,  // reset and the same program again needs no more than before
    contract,     // results and codes are as documented; a failed call changes nothing
    invariants,   // the subject's own verification passes
    query,        // what is said of an address is what the model knows
    detection,    // planted misuse is reported as documented; nothing is reported without
    leak,         // granted bytes equal returned bytes after close
    graph,        // heap: what roots reach is what the model's roots reach, after each collection
    liveness,     // heap: a full collection leaves exactly the model's live objects
    ages,         // heap: objects age and are promoted as documented
    weak,         // heap: weak references are cleared exactly when their target dies
    finalizers,   // heap: each runs once, when its object is unreachable, in order
    count_
};
inline constexpr size_t kCheckers = static_cast<size_t>(Checker::count_);
const char* checker_name(Checker checker);
std::optional<Checker> checker_of(std::string_view name);

struct Finding {
    Checker checker;
    size_t operation;  // index of the operation after which it was found; size(): at the end
    std::string text;  // what was expected and what was seen
};

struct RunOptions {
    // Figures and the subject's verification are compared after every interval-th operation, and
    // after reset, refused requests and at the end. 1: after each. 0: as often as is cheap, and
    // when that finds something, the program runs again with 1, so that the finding names the
    // operation that caused it.
    size_t metrics_interval = 0;
    size_t verify_interval = 0;
    // Both are also compared after each failed call, reset and release, but at most so often.
    size_t forced_checks_max = SIZE_MAX;
    // Objects up to this size are filled and verified whole, larger ones at both ends (1/16 of
    // this at each). Less is faster: fresh pages need not be touched.
    size_t fill_bytes_max = kFillBytesMax;
    bool fixed_point = true;  // run the program a second time after reset, compare footprints
    // Injected before the subject opens, so that what open requests can fail as well: refuse
    // fail_count requests (UINT64_MAX: all) from request fail_from on (0: the first). fail_count
    // 0: none. The program's own fail_requests replace it.
    uint64_t fail_from = 0;
    uint64_t fail_count = 0;
    // Bit i set: the checker of number i finds nothing, and the run goes on as if it had passed: is
    // a bug seen by another one as well?
    uint32_t without = 0;
    // Told each step: the operation as resolved, and what it gave. For `morphcheck explain`.
    // Resolved: object is the object's number (objects are numbered from 0 as they are allocated,
    // and keep their number when they are reallocated), type the number given to the subject.
    // outcome begins with "skipped" when nothing was done.
    std::function<void(size_t index, const Operation& operation, const std::string& outcome)> trace;
};

struct RunResult {
    std::optional<Finding> finding;
    size_t operations_run = 0;
    size_t requests = 0;            // to the system, granted or refused: bound of the failure sweep
    size_t refusals = 0;            // injected failures that fired
    size_t allocations = 0;         // that succeeded
    size_t collections = 0;         // heap: of any kind
    size_t collections_forced = 0;  // of that, by force_collections
    size_t mark_overflows = 0, remembered_overflows = 0;  // and promotions that were refused
    size_t promotions_refused = 0;
    // heap: what the program can see at the end of the first pass, as a number: the graph that
    // roots reach, data, sizes, types and flags included, and what was allocated. (What is live
    // depends on when a finalizer ran.)
    uint64_t digest = 0;
};

// Objects are picked from the live ones in order of allocation: object 0 is the oldest.
RunResult run(const Program& program, const SubjectEntry& subject, const RunOptions& options = {});

}  // namespace suite
