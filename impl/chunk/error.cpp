#include "chunk/error.h"

#include <cstdio>

#include "chunk/geometry.h"

namespace morph {
namespace {

// The only state that the library keeps outside its objects: a failed creation leaves no object
// to ask. Constant-initialised, so no thread ever runs a constructor for it.
thread_local MorphError creation_error{};

void format_error(MorphError& error, MorphCode code, const char* format, va_list arguments) {
    // Into a buffer first: an argument may point into the very text that is replaced.
    char text[sizeof(error.text)];
    int length = vsnprintf(text, sizeof(text), format, arguments);
    if (length < 0) text[0] = '\0';
    error.code = code;
    __builtin_memcpy(error.text, text, sizeof(text));
}

}  // namespace

Grouped::Grouped(size_t number) {
    char digits[20];  // of 2^64, lowest first
    size_t count = 0;
    do {
        digits[count++] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    char* out = text;
    while (count > 0) {
        *out++ = digits[--count];
        if (count % 3 == 0 && count > 0) *out++ = ',';
    }
    *out = '\0';
}

MorphCode ErrorState::fail(MorphCode code, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_error(last, code, format, arguments);
    va_end(arguments);
    return code;
}

void set_creation_error(MorphCode code, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_error(creation_error, code, format, arguments);
    va_end(arguments);
}

void set_creation_error(const MorphError& error) {
    creation_error = error;
}

}  // namespace morph

extern "C" {

MorphError morph_creation_error(void) {
    return morph::creation_error;
}

size_t morph_chunk_bytes(void) {
    return morph::kChunkBytes;
}

#define MORPH_TEXT(token) #token
#define MORPH_TEXT_OF(macro) MORPH_TEXT(macro)

const char* morph_version(void) {
    return MORPH_TEXT_OF(MORPH_VERSION_MAJOR) "." MORPH_TEXT_OF(
        MORPH_VERSION_MINOR) "." MORPH_TEXT_OF(MORPH_VERSION_PATCH);
}

const char* morph_code_name(MorphCode code) {
    switch (code) {
        case MORPH_OK:
            return "MORPH_OK";
        case MORPH_ERROR_OUT_OF_MEMORY:
            return "MORPH_ERROR_OUT_OF_MEMORY";
        case MORPH_ERROR_TOO_LARGE:
            return "MORPH_ERROR_TOO_LARGE";
        case MORPH_ERROR_INVALID_ARGUMENT:
            return "MORPH_ERROR_INVALID_ARGUMENT";
        case MORPH_ERROR_INVALID_CONFIGURATION:
            return "MORPH_ERROR_INVALID_CONFIGURATION";
        case MORPH_ERROR_UNKNOWN_TYPE:
            return "MORPH_ERROR_UNKNOWN_TYPE";
        case MORPH_ERROR_TOO_MANY_TYPES:
            return "MORPH_ERROR_TOO_MANY_TYPES";
        case MORPH_ERROR_NOT_AN_OBJECT:
            return "MORPH_ERROR_NOT_AN_OBJECT";
        case MORPH_ERROR_WRONG_SIZE:
            return "MORPH_ERROR_WRONG_SIZE";
        case MORPH_ERROR_SCOPE:
            return "MORPH_ERROR_SCOPE";
        case MORPH_ERROR_UNSUPPORTED:
            return "MORPH_ERROR_UNSUPPORTED";
        case MORPH_ERROR_CORRUPTION:
            return "MORPH_ERROR_CORRUPTION";
        case MORPH_ERROR_IO:
            return "MORPH_ERROR_IO";
        case MORPH_ERROR_CONCURRENT_USE:
            return "MORPH_ERROR_CONCURRENT_USE";
    }
    return "unknown code";
}

const char* morph_report_kind_name(MorphReportKind kind) {
    switch (kind) {
        case MORPH_REPORT_DOUBLE_FREE:
            return "double free";
        case MORPH_REPORT_FOREIGN_POINTER:
            return "foreign pointer";
        case MORPH_REPORT_WRONG_SIZE:
            return "wrong size";
        case MORPH_REPORT_GUARD_OVERWRITTEN:
            return "guard overwritten";
        case MORPH_REPORT_WRITE_AFTER_FREE:
            return "write after free";
        case MORPH_REPORT_LEAK:
            return "leak";
        case MORPH_REPORT_MISSED_BARRIER:
            return "missed barrier";
        case MORPH_REPORT_ROOT_ORDER:
            return "root order";
        case MORPH_REPORT_CONCURRENT_USE:
            return "concurrent use";
    }
    return "unknown kind";
}

}  // extern "C"
