// morph/common.h: names, version, and the error of the last failed creation.

#include "morph/common.h"

#include <algorithm>
#include <cstring>

#include "reference/owner.h"

namespace reference {
namespace {

thread_local MorphError creation_error = {};

struct CodeText {
    const char* name;
    const char* text;
};

constexpr CodeText kCodes[] = {
    {"MORPH_OK", ""},
    {"MORPH_ERROR_OUT_OF_MEMORY", "no memory: the system, the bound or the request hook refused"},
    {"MORPH_ERROR_TOO_LARGE", "the size is above the largest that can be served"},
    {"MORPH_ERROR_INVALID_ARGUMENT", "an argument is NULL or outside its range"},
    {"MORPH_ERROR_INVALID_CONFIGURATION", "the configuration is impossible"},
    {"MORPH_ERROR_UNKNOWN_TYPE", "the type was never registered"},
    {"MORPH_ERROR_TOO_MANY_TYPES", "MORPH_MAX_TYPES types are registered already"},
    {"MORPH_ERROR_NOT_AN_OBJECT", "the address is not that of a live object"},
    {"MORPH_ERROR_WRONG_SIZE", "the size is not that of the object"},
    {"MORPH_ERROR_SCOPE", "the mark is not a live scope of this arena"},
    {"MORPH_ERROR_UNSUPPORTED", "this build does not have the part asked for"},
    {"MORPH_ERROR_CORRUPTION", "an invariant is broken"},
    {"MORPH_ERROR_IO", "a file could not be written"},
    {"MORPH_ERROR_CONCURRENT_USE", "another thread is inside the object"},
};

constexpr const char* kReports[] = {
    "unknown report",   "double free", "foreign pointer", "wrong size", "guard overwritten",
    "write after free", "leak",        "missed barrier",  "root order", "concurrent use",
};

const CodeText* code_text(MorphCode code) {
    const size_t index = raw_number(code);
    return index < std::size(kCodes) ? &kCodes[index] : nullptr;
}

}  // namespace

void set_error(MorphError* error, MorphCode code, std::string_view text) {
    const CodeText* known = code_text(code);
    if (text.empty() && known != nullptr) text = known->text;
    const size_t length = std::min(text.size(), sizeof error->text - 1);
    error->code = code;
    std::memcpy(error->text, text.data(), length);
    error->text[length] = '\0';
}

MorphCode fail_creation(MorphCode code, std::string_view text) {
    set_error(&creation_error, code, text);
    return code;
}

}  // namespace reference

extern "C" {

const char* morph_code_name(MorphCode code) {
    const reference::CodeText* known = reference::code_text(code);
    return known != nullptr ? known->name : "unknown code";
}

const char* morph_report_kind_name(MorphReportKind kind) {
    const size_t index = reference::raw_number(kind);
    return reference::kReports[index < std::size(reference::kReports) ? index : 0];
}

const char* morph_version(void) {
    return "2.0.0";
}

MorphError morph_creation_error(void) {
    return reference::creation_error;
}

size_t morph_chunk_bytes(void) {
    return reference::kChunkBytes;
}

}  // extern "C"
