#include "stress/fox/front_end.h"

#include <cstdio>

#include "stress/fox/lexer.h"
#include "stress/fox/parser.h"

namespace fox {

namespace {

void set_error(Error* error, ErrorKind kind, uint32_t line, uint32_t column, const char* message) {
    error->kind = kind;
    error->line = line;
    error->column = column;
    std::snprintf(error->message, sizeof error->message, "%s", message);
}

// Everything of the parse but its result is gone, and freed, when this returns.
Result parse_in(Memory& memory, std::string_view source, const Options& options) {
    Result result;
    Array<Token*> tokens(memory);
    Lexer lexer(memory, source);
    if (!lexer.run(&tokens)) {
        const Token* last = tokens.count() == 0 ? nullptr : tokens.back();
        set_error(&result.error, ErrorKind::out_of_memory, last == nullptr ? 1 : last->line,
                  last == nullptr ? 1 : last->column, "out of memory");
        return result;
    }
    Parser parser(memory, tokens, source, options.nesting_max);
    result.tree = parser.run();
    if (result.tree == nullptr) {
        result.error = parser.error();
        return result;
    }
    result.tokens = tokens.take();
    return result;
}

}  // namespace

Result parse(MorphMemContext* context, const Types& types, std::string_view source,
             const Options& options) {
    if (source.size() > kSourceBytesMax) {
        Result result;
        set_error(&result.error, ErrorKind::source_too_large, 1, 1, "source larger than 1 GiB");
        return result;
    }
    Memory memory(context, types);
    Result result = parse_in(memory, source, options);
    result.counts = memory.counts;
    if (result.tree == nullptr) morph_mem_reset(context);
    return result;
}

std::string format_error(std::string_view file_name, const Error& error) {
    std::string text(file_name);
    text += ':' + std::to_string(error.line) + ':' + std::to_string(error.column) + ": ";
    return text + error.message;
}

}  // namespace fox
