// For tests that write where nobody may, or read what nobody wrote, to see that debug mode notices:
// within the scope memcheck does not report it. (ASan and UBSan are told by the function's
// no_sanitize attribute.)
#pragma once

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_DISABLE_ERROR_REPORTING
#define VALGRIND_ENABLE_ERROR_REPORTING
#endif

namespace morph {

class Unwatched {
 public:
    Unwatched() { VALGRIND_DISABLE_ERROR_REPORTING; }
    ~Unwatched() { VALGRIND_ENABLE_ERROR_REPORTING; }
    Unwatched(const Unwatched&) = delete;
    Unwatched& operator=(const Unwatched&) = delete;
};

}  // namespace morph
