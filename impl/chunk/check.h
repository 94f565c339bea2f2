// The library's own assertion.
//
// For broken internal invariants only, never for what a user did: those get an error code. It
// stays in release builds where it is cheap, and traps instead of printing: after a broken
// invariant nothing of the library can be trusted, not even to format a message.
#pragma once

#define MORPH_CHECK(condition)                                                    \
    do {                                                                          \
        if (__builtin_expect(!static_cast<bool>(condition), 0)) __builtin_trap(); \
    } while (false)
