// The curve: what an allocation costs, and how long collections take, by the size of the live data.
//
// One line per size of the live data, 1 MiB, 4 MiB, ... of 40-byte objects (cells.h), each measured
// in a process of its own at the heap's default settings: the queue is filled to the size and a
// major collection made; then the program runs, 1 % and in another run 10 % of what it allocates
// staying alive as long as the queue is long, over whole cycles from one major collection to the
// next, so that every allocation bears its share of the major ones. The cost is processor time; the
// pauses come from the timeline, by the clock, and so do their shares of the time.
//
// Two statements are checked and printed in the last lines:
//   flat    the cost per allocation is nowhere more than 15 % above the median of its column
//   minor   the median minor pause is nowhere more than twice the median of its column
#pragma once

#include <cstddef>

namespace bench {

// Prints the table. Gives the exit status, 0: figures do not fail the program.
int print_heap_curve(size_t live_bytes_max);

}  // namespace bench
