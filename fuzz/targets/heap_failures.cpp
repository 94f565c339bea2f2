// Heap with failures: the last three bytes of the input refuse the k-th request for memory, once or
// from there on, and force a collection at the j-th allocation; the rest is the program.
//
//   | program ... | k | j | bit 0 for ever, 1 major, 2-3 force every 0, 1, 2, 7 |
#include <array>
#include <cstdint>

#include "fuzz/binary.h"
#include "fuzz/targets.h"

inline constexpr suite::Family kTargetFamily = suite::Family::collected;
#include "fuzz/operations_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace suite;
    constexpr size_t kTail = 3;
    constexpr std::array<uint32_t, 4> kEvery{0, 1, 2, 7};
    if (size <= kTail || size > kTargetBytesMax) return -1;  // not for the corpus
    const std::span<const uint8_t> bytes(data, size - kTail);
    const uint8_t* tail = data + bytes.size();
    const SubjectEntry& subject = subject_or_die(binary_variant(bytes) ? "heap" : "heap.tiny");
    Program program = target_program(bytes, subject);
    Operation fail{.code = Code::fail_requests, .size = tail[0]};
    fail.count = (tail[2] & 1) != 0 ? uint8_t{255} : uint8_t{1};
    Operation force{.code = Code::force_collections, .size = tail[1]};
    force.slot = kEvery[tail[2] >> 2 & 3];
    force.count = tail[2] >> 1 & 1;
    program.operations.insert(program.operations.begin(), {fail, force});
    return fuzz_program(program, bytes, subject);
}
