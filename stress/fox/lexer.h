// Lexer: source bytes to an array of tokens, up to the end of file or the first illegal token.
//
// Strings with interpolation come as pieces:  "a#{ x }b"  is  string "a", "#{", identifier x, "}",
// string "b". Pieces without bytes are left out unless the whole literal is empty. Which braces
// belong to an interpolation is kept on a stack of open literals, in the context's memory: nesting
// here costs no native stack.
#pragma once

#include <string_view>

#include "stress/fox/memory.h"

namespace fox {

class Lexer {
 public:
    Lexer(Memory& memory, std::string_view source);

    // false: out of memory. The last token is the end of file or illegal.
    [[nodiscard]] bool run(Array<Token*>* tokens);

 private:
    // A string literal that an interpolation interrupts.
    struct OpenLiteral {
        uint32_t line, column, offset;  // of its opening quote
        uint32_t braces;                // open inside the interpolation
    };
    struct Place {
        uint32_t line, column, offset;
    };

    [[nodiscard]] bool at_end() const { return position_ == source_.size(); }
    [[nodiscard]] char peek(size_t distance = 0) const;
    void advance();
    [[nodiscard]] Place here() const;
    bool skip_space();

    [[nodiscard]] bool next();
    [[nodiscard]] bool emit(TokenKind kind, const Place& start);
    [[nodiscard]] bool emit_illegal(Problem problem, const Place& start);
    // A token with bytes of the source as its text.
    [[nodiscard]] bool emit_text(TokenKind kind, const Place& start, std::string_view bytes);
    [[nodiscard]] bool emit_pending_text(const Place& start);
    void set_text(Text* text);
    [[nodiscard]] bool word(const Place& start);
    [[nodiscard]] bool number(const Place& start);
    [[nodiscard]] bool character(const Place& start);
    [[nodiscard]] bool string(const OpenLiteral& literal, const Place& start, bool first);
    [[nodiscard]] bool close_interpolation(const Place& start);
    [[nodiscard]] bool punctuation(const Place& start);
    [[nodiscard]] bool append(char byte) { return pending_text_.push(byte); }

    Memory& memory_;
    std::string_view source_;
    size_t position_ = 0;
    uint32_t line_ = 1;
    uint32_t column_ = 1;
    bool space_before_ = true;
    Array<Token*>* tokens_ = nullptr;
    Array<OpenLiteral> open_;
    Array<char> pending_text_;
};

}  // namespace fox
