// BrokenSubject: a correct subject that misbehaves in one way. For tests: a checker nobody has seen
// fire is not a checker.
#pragma once

#include <memory>
#include <vector>

#include "fuzz/subject.h"

namespace suite {

enum class Mischief : uint8_t {
    none,
    misaligned,                 // every fifth object is 4 bytes off
    alignment_ignored,          // an alignment of 16 and more gives 8
    handed_out_twice,           // a freed object is given to two
    too_short,                  // the next object begins at another one's last byte
    byte_lost,                  // an object's byte changes when the next is allocated
    tail_dropped,               // reallocation loses the last byte
    not_zeroed,                 // the last byte of zeroed objects is not
    count_off_by_one,           // figures: one object too many from the fourth on
    mapped_wrong,               // figures: one byte too many held
    failures_uncounted,         // figures: failures stay zero
    held_per_object,            // takes a chunk from the system for each object until reset
    held_per_reset,             // takes one for each reset until close
    null_for_no_reason,         // every seventh allocation fails
    wrong_code,                 // a failure is called MORPH_ERROR_IO
    failure_keeps_memory,       // a failed call keeps a page
    failure_writes,             // a failed call changes a byte of a live object
    success_of_the_impossible,  // what is too large is cut to 8 bytes
    moves_in_place,             // reallocation within a size class moves
    verify_fails,               // from the sixth allocation on
    query_wrong_size,           // sizes are one too large
    query_freed_is_live,        // what was freed is said to be allocated
    query_foreign_is_ours,      // the same of addresses it never gave out
    release_to_inner,           // release goes to the innermost mark
    reset_forgets,              // reset does nothing
    double_free_accepted,       // the second free of an address succeeds
    report_swallowed,           // misuse is refused without a report
    report_without_cause,       // every fifth allocation reports a double free
    bytes_not_returned,         // keeps a page after close
};

// entry's subject, broken. entry outlives what is made.
SubjectEntry broken(const SubjectEntry& entry, Mischief mischief);

}  // namespace suite
