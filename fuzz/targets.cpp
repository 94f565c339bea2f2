#include "fuzz/targets.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/binary.h"
#include "fuzz/runner.h"
#include "fuzz/text.h"

namespace suite {
namespace {

// A target's own bound: touching megabytes costs more than all else, and every edge of memory
// running out is as near. Two to three chunks of the library's constants, four of the small ones.
constexpr uint64_t kRealBytesMax = 5 << 20;
constexpr uint64_t kTinyBytesMax = 320 << 10;
// A collected heap begins with its young generation, two chunks and 256 KiB.
constexpr uint64_t kRealHeapBytesMax = 8 << 20;
constexpr uint64_t kTinyHeapBytesMax = 768 << 10;
constexpr uint8_t kRealNurseryShift = 16;
// V1 takes memory by pages: 160 of them.
constexpr uint64_t kV1BytesMax = 640 << 10;

// Edges are near and verification is cheap.
bool is_tiny(const SubjectEntry& subject) {
    return subject.name.ends_with(".tiny") || subject.abilities.baseline;
}

uint64_t bytes_max_of(const SubjectEntry& subject) {
    if (subject.abilities.baseline) return kV1BytesMax;
    if (subject.kind == Kind::heap) return is_tiny(subject) ? kTinyHeapBytesMax : kRealHeapBytesMax;
    return is_tiny(subject) ? kTinyBytesMax : kRealBytesMax;
}

}  // namespace

const SubjectEntry& subject_or_die(std::string_view name) {
    for (const SubjectEntry& entry : subjects()) {
        if (entry.name == name) return entry;
    }
    std::fprintf(stderr, "no subject '%.*s'\n", static_cast<int>(name.size()), name.data());
    std::abort();
}

Program target_program(std::span<const uint8_t> bytes, const SubjectEntry& subject) {
    Program program = decode(bytes);
    Configuration& configuration = program.configuration;
    if (subject.kind == Kind::heap && !is_tiny(subject) && configuration.nursery_shift == 0) {
        configuration.nursery_shift = kRealNurseryShift;
    }
    configuration.bytes_max = std::min(configuration.bytes_max, bytes_max_of(subject));
    return program;
}

RunResult run_target_input(std::span<const uint8_t> bytes, const SubjectEntry& subject) {
    return run_target_program(target_program(bytes, subject), bytes, subject);
}

RunResult run_target_program(const Program& program, std::span<const uint8_t> bytes,
                             const SubjectEntry& subject) {
    RunOptions options;
    // Verification walks every slot there is. At the end it finds what is broken; the run that
    // names the operation is made only then.
    options.metrics_interval = 4096;
    options.verify_interval = is_tiny(subject) ? 128 : 4096;
    options.forced_checks_max = is_tiny(subject) ? 4 : 1;
    // A second pass costs as much as the first: one input in four has it. The shrinker and replay
    // do it always.
    options.fixed_point = bytes.size() % 4 == 0;
    // Touching a page for the first time costs more than many operations: larger objects are filled
    // at both ends.
    options.fill_bytes_max = 512;
    return run(program, subject, options);
}

int fuzz_operations(const uint8_t* data, size_t size, std::string_view tiny,
                    std::string_view real) {
    const std::span<const uint8_t> bytes(data, size);
    if (size > kTargetBytesMax) return -1;  // not for the corpus
    const SubjectEntry& subject = subject_or_die(binary_variant(bytes) ? real : tiny);
    return fuzz_program(target_program(bytes, subject), bytes, subject);
}

int fuzz_program(const Program& program, std::span<const uint8_t> bytes,
                 const SubjectEntry& subject) {
    const RunResult result = run_target_program(program, bytes, subject);
    if (!result.finding) return 0;
    std::fprintf(stderr,
                 "finding: checker %s at operation %zu of %zu on subject %s: %s\n"
                 "--- program\n%s--- end of program\n"
                 "reproduce: build/bin/morphcheck replay --subject %s PROGRAM.morph\n",
                 checker_name(result.finding->checker), result.finding->operation,
                 program.operations.size(), subject.name.c_str(), result.finding->text.c_str(),
                 print(program).c_str(), subject.name.c_str());
    std::abort();
}

}  // namespace suite
