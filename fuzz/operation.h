// The language of operations: one program, every driver, every subject.
//
// A Program is a Configuration and a list of Operations. Operands are small integers that pick
// among what is live when the operation runs (object 7 of 5 live ones is object 7 % 5), so that a
// mutated program stays meaningful. Three forms of the same thing:
//
//   Program    what is run, generated, mutated, shrunk
//   binary     libFuzzer's form: every byte string decodes to a program (binary.h)
//   text       what people read, review and commit in corpora/ (text.h)
#pragma once

#include <cstdint>
#include <vector>

namespace suite {

enum class Code : uint8_t {
    allocate,          // size type
    allocate_zeroed,   // size type
    allocate_aligned,  // size type alignment (log2; values above 30 are errors the subject refuses)
    allocate_placed,   // size type placement (1 pool, 2 arena)
    free,              // object
    reallocate,        // object size
    write,             // object: fill it anew from a new identity
    read,              // object: verify its contents now
    query,             // object size: ask about the address object + size % (object's size + 1)
    reset,             //
    mark,              //
    release,           // count: to the count-th live mark from the innermost, modulo their number
    release_dead,      // count: to a mark that is no longer live: must be refused
    register_type,     // placement
    metrics,           // compare all figures now
    verify,            // run the subject's own verification now
    fail_requests,     // size count: from the size-th request to the system on (0: the next one),
                       // refuse count of them; count 255: all, until count 0 lifts it
    free_twice,        // object: free it, then free it again (debug mode; skipped without)
    free_foreign,      // size: free an address that the subject never gave out (debug mode)
    free_interior,     // object: free the address of its second byte
    free_wrong_size,   // object size: free with a size that is not its own (debug mode)
    overrun,           // object: write the byte behind it, expect a report at free (debug mode)
    count_             // number of codes
};

// Operands an operation does not use are zero.
struct Operation {
    Code code = Code::allocate;
    uint64_t size = 0;    // bytes, or as said above
    uint32_t object = 0;  // picks among live objects
    uint32_t type = 0;    // picks among registered types (modulo), UINT32_MAX: an unregistered one
    uint8_t alignment = 0;  // log2
    uint8_t placement = 0;  // 0 by size, 1 pool, 2 arena
    uint8_t count = 0;

    friend bool operator==(const Operation&, const Operation&) = default;
};

// What a run is configured with, before its first operation.
struct Configuration {
    uint8_t block_shift = 0;  // arena block size as log2 (12 .. 30); 0: the default
    bool debug = false;
    bool metrics = true;
    uint64_t bytes_max = 64ull << 20;  // the harness's bound on what the subject may map

    friend bool operator==(const Configuration&, const Configuration&) = default;
};

struct Program {
    Configuration configuration;
    std::vector<Operation> operations;

    friend bool operator==(const Program&, const Program&) = default;
};

// Largest size that a run fills and verifies; larger objects are checked at both ends only.
inline constexpr uint64_t kFillBytesMax = 64 << 10;

}  // namespace suite
