// Generated sources: valid programs of about so many lines from a seed, for the compilers in Lua
// and Duktape. Each program is a table of functions that call each other downwards, and ends with
// a call of each; its value is a digest of what they returned.
#pragma once

#include <cstdint>
#include <string>

namespace real {

// A chunk that returns an integer. Uses the global function digest(hash, value).
[[nodiscard]] std::string generate_lua(uint64_t seed, uint64_t lines);

// A program whose completion value is a number; ECMAScript 5. Uses the global function digest.
[[nodiscard]] std::string generate_javascript(uint64_t seed, uint64_t lines);

}  // namespace real
