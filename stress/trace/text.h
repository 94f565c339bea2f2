// A trace as text, for eyes, scripts and tests: one event a line.
//
//   morph-trace 1
//   process 4711 parent 4710 flags 0 started 0 name git
//   1 0 malloc 100          sequence number, thread, kind, operands
//   2 0 aligned 64 6        size, alignment as log2
//   5 1 realloc 1 200       object 1; 3 and 4 are missing
//   6 0 free 1
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stress/trace/trace.h"

namespace trace {

const char* kind_name(Kind kind);

bool is_text(std::string_view data);
std::string print_text(const Trace& trace);
std::optional<Refusal> parse_text(std::string_view data, Trace* trace);  // offsets are lines

}  // namespace trace
