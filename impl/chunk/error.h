// Error texts without malloc: the last error of an object, and of a creation on this thread.
#pragma once

#include <cstdarg>
#include <cstddef>

#include "morph/common.h"

namespace morph {

// A number with its thousands apart, "4,194,304", for error texts. Lives on the stack:
//   errors.fail(code, "%s bytes", Grouped(size).text)
struct Grouped {
    explicit Grouped(size_t number);
    char text[28];  // 20 digits, 6 commas, terminator
};

// What morph_*_last_error returns. A call that succeeds does not touch it.
struct ErrorState {
    MorphError last{};

    // Notes code and text (printf's format, cut after 243 characters) and returns the code.
    MorphCode fail(MorphCode code, const char* format, ...) __attribute__((format(printf, 3, 4)));
};

// Notes why a creation failed, for morph_creation_error() on this thread.
void set_creation_error(MorphCode code, const char* format, ...)
    __attribute__((format(printf, 2, 3)));
void set_creation_error(const MorphError& error);

}  // namespace morph
