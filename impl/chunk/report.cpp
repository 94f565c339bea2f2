#include "chunk/report.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace morph {

void Reporter::report(MorphReportKind kind, const void* address, size_t size, uint32_t type,
                      const char* format, ...) const {
    char text[sizeof(MorphError::text)];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0) text[0] = '\0';
    va_end(arguments);
    if (handler != nullptr) {
        MorphReport report{kind, address, size, type, text};
        handler(user, &report);
        return;
    }
    fprintf(stderr, "morph: %s: %s\n", morph_report_kind_name(kind), text);
    abort();
}

}  // namespace morph
