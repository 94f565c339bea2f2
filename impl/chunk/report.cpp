#include "chunk/report.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "chunk/single_use.h"

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
        bool lent = use != nullptr && use->lend();
        handler(user, &report);
        if (!lent || use->take_back()) return;
        MorphReport second{MORPH_REPORT_CONCURRENT_USE, address, 0, 0,
                           "another thread used the object while a report handler ran"};
        handler(user, &second);
        return;
    }
    fprintf(stderr, "morph: %s: %s\n", morph_report_kind_name(kind), text);
    abort();
}

}  // namespace morph
