// Race: two threads use one context, and nothing orders them. For the tools that must find it.
//
//   thread 1   alloc, alloc, alloc ...  done --.            a relaxed flag: it orders nothing
//   thread 2                                    `--> alloc, alloc, free ...
//
// They do not overlap in time, so nothing breaks, and debug mode, which sees overlaps, says
// nothing: what is wrong is that the second one reads what the first one wrote without having got
// it from there. ThreadSanitizer, helgrind and DRD must report that, at every run.
#pragma once

namespace threads {

// debug: the context in debug mode, whose own watch (impl/chunk/single_use.h) must not order the
// two.
void race(bool debug);

}  // namespace threads
