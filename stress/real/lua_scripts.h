// Scripts that Lua runs: each a function of (size, seed) that returns a string, the same on every
// allocator, in both modes of Lua's collector, and whatever the seed of Lua's string hashes is (so
// none depends on the order of pairs).
#pragma once

#include <span>

namespace real {

struct Script {
    const char* name;
    const char* text;
    bool library = false;  // works on packaged sources
};

// Run once in a new state: defines try, random, and what else the scripts use.
[[nodiscard]] const char* lua_prelude();

[[nodiscard]] std::span<const Script> lua_scripts();

// Works with the packaged library (penlight) on its own sources: (names of files).
[[nodiscard]] const char* lua_library_script();

}  // namespace real
