// The Fox front end: source in, tree or error out; a compiler's load on a memory system.
//
//   fox::Types types;
//   fox::register_types(context, &types);
//   fox::Result result = fox::parse(context, types, source);
//   if (result.tree == nullptr) puts(result.error.text);     // "3:14: expected ..."
//   morph_mem_reset(context);                                // tree, tokens and texts are gone
//
// Every token, node, identifier and string is an object of the context, with the type that
// register_types gave it. Grammar and messages: docs/fox.md.
//
// FOX-CLEAN     a parse that fails has reset the context: no object of it is left
// FOX-MEMORY    a refused allocation ends the parse with ErrorKind::out_of_memory, at whatever
// point FOX-STACK     the native stack is bounded by Options::nesting_max, the tree's depth is not
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stress/fox/memory.h"

namespace fox {

inline constexpr uint32_t kNestingMax = 1000;

// Larger sources are refused, so that offsets, lines and columns fit in 32 bits.
inline constexpr size_t kSourceBytesMax = size_t{1} << 30;

struct Options {
    // Of expressions, types and switch statements inside one another, together. At most 1,000.
    uint32_t nesting_max = kNestingMax;
};

enum class ErrorKind : uint8_t { none, lexical, syntax, nesting, out_of_memory, source_too_large };

struct Error {
    ErrorKind kind = ErrorKind::none;
    uint32_t line = 0;
    uint32_t column = 0;
    char message[120] = {};
};

struct Result {
    Node* tree = nullptr;      // nullptr: see error
    Token** tokens = nullptr;  // counts.tokens of them and the end of file
    Error error;
    Counts counts;  // of what was made until the error, if there was one
};

// The context must hold nothing that the caller wants to keep if the parse fails (FOX-CLEAN).
[[nodiscard]] Result parse(MorphMemContext* context, const Types& types, std::string_view source,
                           const Options& options = {});

// "file:line:column: message".
[[nodiscard]] std::string format_error(std::string_view file_name, const Error& error);

}  // namespace fox
