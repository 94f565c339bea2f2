// Reports of corruption, found by debug mode: to the user's handler, or to standard error.
#pragma once

#include <cstddef>
#include <cstdint>

#include "morph/common.h"

namespace morph {

class SingleUse;

struct Reporter {
    MorphReportHandler handler = nullptr;  // nullptr: print to standard error and abort
    void* user = nullptr;
    SingleUse* use = nullptr;  // debug mode: of the object that reports, lent to the handler

    // Returns if the handler does. The text (printf's format) is one line of at most 243
    // characters.
    void report(MorphReportKind kind, const void* address, size_t size, uint32_t type,
                const char* format, ...) const __attribute__((format(printf, 6, 7)));
};

}  // namespace morph
