// Tokens of Fox: kinds, names, and the 32-byte record that the lexer allocates for each.
//
//   Token   +----------+------+--------+--------+--------+------+-------+
//           | text     | line | column | offset | length | kind | flags |   32 bytes
//           +----------+------+--------+--------+--------+------+-------+
//   Text    +--------+-----------------+---+
//           | length | bytes ...       | 0 |   4 + length + 1 bytes, an object of its own
//           +--------+-----------------+---+
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fox {

// The bytes of an identifier, a number or a string (escapes resolved), with a closing zero.
struct Text {
    uint32_t length;

    [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
    [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
    [[nodiscard]] std::string_view view() const { return {bytes(), length}; }
    [[nodiscard]] static constexpr size_t size_of(size_t length) {
        return sizeof(Text) + length + 1;
    }
};

enum class TokenKind : uint8_t {
    illegal,
    end_of_file,
    identifier,
    integer,
    floating,
    string,
    character,
    interpolation,  // "#{" inside a string
    // Punctuation.
    assign,
    plus,
    minus,
    bang,
    star,
    slash,
    percent,
    less,
    greater,
    equal,
    not_equal,
    less_equal,
    greater_equal,
    ampersand,
    pipe,
    caret,
    tilde,
    shift_left,
    shift_right,
    comma,
    semicolon,
    colon,
    dot,
    left_parenthesis,
    right_parenthesis,
    left_brace,
    right_brace,
    left_bracket,
    right_bracket,
    // Words.
    word_switch,
    word_case,
    word_var,
    word_const,
    word_map,
    word_struct,
    word_interface,
    word_function,
    word_native,
    word_if,
    word_else_if,
    word_else,
    word_return,
    word_true,
    word_false,
    word_null,
    word_end,
    word_while,
    word_and,
    word_or,
    word_import,
    word_from,
    word_break,
    word_continue,
    count_
};

inline constexpr size_t kTokenKinds = static_cast<size_t>(TokenKind::count_);

// Why a token is illegal. The parser reports it when it gets there, so that the first error of a
// source is the one that is reported, whoever finds it.
enum class Problem : uint8_t {
    none,
    illegal_byte,
    unterminated_string,
    malformed_character,
    octal_digit,
    integer_range,
};

struct Token {
    Text* text;  // identifier, integer, floating, string; else nullptr
    uint32_t line;
    uint32_t column;  // in bytes, from 1
    uint32_t offset;  // of its first byte in the source
    uint32_t length;  // in the source
    TokenKind kind;
    Problem problem;    // of illegal ones
    bool space_before;  // white space, a comment or the source's edge on that side
    bool space_after;
};
static_assert(sizeof(Token) == 32);

// "identifier", "'+'", "'akhir'": for messages and statistics.
const char* token_kind_name(TokenKind kind);

// The word's kind, upper and lower case alike; identifier when it is none.
TokenKind word_kind(std::string_view word);

}  // namespace fox
