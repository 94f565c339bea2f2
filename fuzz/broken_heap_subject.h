// A correct collected heap that misbehaves in one way. For tests: a checker nobody has seen fire is
// not a checker.
#pragma once

#include "fuzz/subject.h"

namespace suite {

enum class HeapMischief : uint8_t {
    none,
    misaligned,           // an alignment above 8 is ignored
    not_zeroed,           // an object's last byte is not
    byte_lost,            // a collection changes a byte of a root's object
    flags_lost,           // a collection clears the flags of a root's object
    reference_lost,       // a collection clears a root
    slot_lost,            // a collection clears a slot of a root's object
    stored_elsewhere,     // a store goes to another object
    stored_nowhere,       // a store leaves NULL
    two_become_one,       // a collection makes two roots refer to one of their objects
    garbage_kept,         // an early object is never freed
    hidden_from_walk,     // the walk leaves out the first object
    visited_twice,        // the walk visits the first object again
    too_old,              // ages are one too large
    never_promoted,       // old objects are said to be young
    weak_cleared_early,   // weak references are cleared by any collection
    weak_kept,            // a weak reference keeps its target alive
    finalizer_twice,      // finalizers run twice
    finalizer_early,      // they run when they are set
    finalizer_forgotten,  // they never run
    count_off_by_one,     // figures: one allocation too many
    freed_uncounted,      // figures: nothing was freed
    forced_uncounted,     // figures: no collection was forced
    mapped_wrong,         // figures: one byte too many held
    type_count_wrong,     // figures of types: one allocation too many
    null_for_no_reason,   // every seventh allocation fails
    null_at_once,         // an allocation that is refused memory does not collect
    failure_writes,       // a failed allocation changes a root's object
    verify_fails,         // from the sixth allocation on
    query_wrong_size,     // sizes are one too large
    query_foreign,        // foreign addresses are said to be allocated
    report_swallowed,     // misuse is not reported
    report_without_cause,
    wrong_root_popped,     // a pop of a root that is not the last succeeds
    chunk_per_collection,  // takes chunks from the system at each collection
    chunk_per_reset,       // the same at each reset
    bytes_not_returned,    // keeps a page after close
};

// entry's heap, broken. entry outlives what is made.
SubjectEntry broken(const SubjectEntry& entry, HeapMischief mischief);

}  // namespace suite
