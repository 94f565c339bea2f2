// The bytes of a trace file, both ways.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "stress/trace/trace.h"

namespace trace {

// Reads a plain file. It may end anywhere after its head: the events of its whole frames are the
// trace (Trace::cut_at). Anything else that is not as written is refused.
std::optional<Refusal> decode(std::span<const unsigned char> file, Trace* trace);

// The same events as a plain file: a new frame with each change of thread, so that frames are in
// the order of their numbers. decode() of it gives the same trace.
std::string encode(const Trace& trace);

}  // namespace trace
