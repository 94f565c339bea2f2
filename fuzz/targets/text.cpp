// The parser of the text form: any bytes give a program or an error with a position inside them;
// a program survives print and parse, encode and decode.
#include "fuzz/text.h"

#include <cstdio>
#include <cstdlib>

#include "fuzz/binary.h"

namespace {

void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "finding: text form: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto result = suite::parse(text);
    if (const auto* error = std::get_if<suite::ParseError>(&result)) {
        size_t lines = 1;
        for (char c : text) lines += c == '\n' ? 1 : 0;
        require(error->line >= 1 && error->line <= lines, "an error's line is not in the text");
        require(error->column >= 1 && error->column <= size + 1, "an error's column is not either");
        require(error->text.starts_with("expected "), "an error does not say what was expected");
        return 0;
    }
    const auto& program = std::get<suite::Program>(result);
    auto again = suite::parse(suite::print(program));
    require(std::holds_alternative<suite::Program>(again), "print gives what parse refuses");
    require(std::get<suite::Program>(again) == program, "print and parse change the program");
    require(suite::decode(suite::encode(program)) == program, "encode and decode change it");
    return 0;
}
