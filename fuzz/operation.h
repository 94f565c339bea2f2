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

    // Collected heaps (Kind::heap). Objects are named through roots: object, target - 1 and root -
    // 1 pick among root cells, the shadow stack's first, then global ones; target 0 is NULL, root 0
    // a new root on the shadow stack. slot picks among the object's references.
    allocate_object,          // size type root: bytes beyond the least that the type needs
    allocate_object_aligned,  // size type alignment root
    allocate_too_small,       // size type: too small for the references of the type: refused
    resize_object,            // object size root
    store_reference,          // object slot target: object's slot refers to target
    store_many,               // object slot target count: the same in count + 1 slots from slot on
    copy_references,          // object slot target count: target's first count + 1 slots, to slot
    load_reference,           // object slot root: into a root
    push_root,                // target
    pop_roots,                // count: the last count % depth + 1
    set_root,                 // root target: no barrier
    add_global,               // target
    remove_global,            // root: root % number of global roots
    new_weak,                 // size target root: a weak reference to target
    set_weak,                 // object target: object: picks among the weak references in roots
    check_weak,               // object: what it refers to
    set_finalizer,            // object count: 0 none, 1 plain, 2 allocates, 3 revives (modulo 4)
    set_flags,                // object count
    collect_minor,            //
    collect_major,            //
    force_collections,        // size slot count: first, every, major if odd
    configure_heap,           // size alignment count: threshold, log2 of the nursery, age
    walk,                     // compare all live objects now
    check_graph,              // compare what roots reach now
    register_layout,          // size count: how many references; layout (modulo 6)
    fill_roots,               // target count: push it 16 * (count + 1) times
    store_without_barrier,    // object slot target: misuse, must be reported (debug mode)
    pop_wrong_root,           // root: misuse: pop a root that is not the last
    count_                    // number of codes
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
    uint32_t slot = 0;    // picks among the references of an object
    uint32_t target = 0;  // 0: NULL, else picks among roots
    uint32_t root = 0;    // 0: a new one, else picks among roots

    friend bool operator==(const Operation&, const Operation&) = default;
};

// What a run is configured with, before its first operation.
struct Configuration {
    uint8_t block_shift = 0;  // arena block size as log2 (12 .. 30); 0: the default
    bool debug = false;
    bool metrics = true;
    uint64_t bytes_max = 64ull << 20;  // the harness's bound on what the subject may map

    // Collected heaps; zero is the default everywhere.
    uint8_t nursery_shift = 0;  // log2 (12 .. 30)
    uint8_t promotion_age = 0;  // 1 .. 15
    uint8_t large_shift = 0;    // log2 of the largest object without a mapping of its own
    bool full_collections = false;
    uint64_t major_threshold = 0;
    uint32_t force_first = 0;  // a collection before the first-th allocation, ...
    uint32_t force_every = 0;  // ... and before each every-th after it
    bool force_major = false;

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
