#include "stress/fox/lexer.h"

#include <charconv>
#include <cstring>

namespace fox {

namespace {

bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

char unescape(char byte) {
    switch (byte) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case 'r':
            return '\r';
        default:
            return byte;  // "\"", "\\" and any other stand for themselves
    }
}

}  // namespace

Lexer::Lexer(Memory& memory, std::string_view source)
    : memory_(memory), source_(source), open_(memory), pending_text_(memory) {}

bool Lexer::run(Array<Token*>* tokens) {
    tokens_ = tokens;
    memory_.counts.bytes = source_.size();
    do {
        if (!next()) return false;
    } while (tokens_->back()->kind != TokenKind::end_of_file &&
             tokens_->back()->kind != TokenKind::illegal);
    memory_.counts.tokens = tokens_->count() - 1;
    memory_.counts.lines = line_ - (column_ == 1 ? 1 : 0);
    return true;
}

char Lexer::peek(size_t distance) const {
    return distance < source_.size() - position_ ? source_[position_ + distance] : '\0';
}

void Lexer::advance() {
    if (source_[position_++] == '\n') {
        ++line_;
        column_ = 1;
    } else {
        ++column_;
    }
}

Lexer::Place Lexer::here() const {
    return {line_, column_, static_cast<uint32_t>(position_)};
}

// White space and comments; whether there was any.
bool Lexer::skip_space() {
    const size_t before = position_;
    while (!at_end()) {
        if (is_space(peek())) {
            advance();
        } else if (peek() == '#') {
            while (!at_end() && peek() != '\n') advance();
        } else {
            break;
        }
    }
    return position_ != before;
}

bool Lexer::next() {
    const bool at_start = position_ == 0;
    space_before_ = skip_space() || at_start;
    const Place start = here();
    if (at_end()) {
        if (open_.count() == 0) return emit(TokenKind::end_of_file, start);
        const OpenLiteral& literal = open_.back();
        return emit_illegal(Problem::unterminated_string,
                            {literal.line, literal.column, literal.offset});
    }
    const char byte = peek();
    if (is_letter(byte)) return word(start);
    if (is_digit(byte)) return number(start);
    if (byte == '"') {
        advance();
        return string({start.line, start.column, start.offset, 0}, start, true);
    }
    if (byte == '\'') return character(start);
    if (byte == '}' && open_.count() != 0 && open_.back().braces == 0) {
        return close_interpolation(start);
    }
    return punctuation(start);
}

// The place in the array comes first: nothing is allocated while only `token` knows the token.
bool Lexer::emit(TokenKind kind, const Place& start) {
    if (!tokens_->reserve()) return false;
    Token* token = memory_.make_token();
    if (token == nullptr) return false;
    token->line = start.line;
    token->column = start.column;
    token->offset = start.offset;
    token->length = static_cast<uint32_t>(position_ - start.offset);
    token->kind = kind;
    token->space_before = space_before_;
    token->space_after = at_end() || is_space(peek()) || peek() == '#';
    tokens_->add(token);
    return true;
}

bool Lexer::emit_illegal(Problem problem, const Place& start) {
    if (!emit(TokenKind::illegal, start)) return false;
    tokens_->back()->problem = problem;
    return true;
}

void Lexer::set_text(Text* text) {
    Token* token = tokens_->back();
    memory_.store(token, token->text, text);
}

bool Lexer::emit_text(TokenKind kind, const Place& start, std::string_view bytes) {
    if (!emit(kind, start)) return false;
    Text* text =
        kind == TokenKind::identifier ? memory_.make_identifier(bytes) : memory_.make_string(bytes);
    if (text == nullptr) return false;
    set_text(text);
    return true;
}

bool Lexer::emit_pending_text(const Place& start) {
    if (!emit(TokenKind::string, start)) return false;
    const size_t length = pending_text_.count();
    Text* text = memory_.make_string_of(length);
    if (text == nullptr) return false;
    if (length != 0) std::memcpy(text->bytes(), pending_text_.data(), length);
    set_text(text);
    memory_.counts.strings += 1;
    return true;
}

bool Lexer::word(const Place& start) {
    while (!at_end() && (is_letter(peek()) || is_digit(peek()))) advance();
    const std::string_view bytes = source_.substr(start.offset, position_ - start.offset);
    const TokenKind kind = word_kind(bytes);
    if (kind != TokenKind::identifier) return emit(kind, start);
    return emit_text(kind, start, bytes);
}

bool Lexer::number(const Place& start) {
    while (is_digit(peek())) advance();
    const bool floating = peek() == '.' && is_digit(peek(1));
    if (floating) {
        advance();
        while (is_digit(peek())) advance();
    }
    const std::string_view bytes = source_.substr(start.offset, position_ - start.offset);
    if (floating) return emit_text(TokenKind::floating, start, bytes);
    const int base = bytes.size() > 1 && bytes.front() == '0' ? 8 : 10;
    if (base == 8 && bytes.find_first_of("89") != std::string_view::npos) {
        return emit_illegal(Problem::octal_digit, start);
    }
    int64_t value = 0;
    const auto parsed = std::from_chars(bytes.data(), bytes.data() + bytes.size(), value, base);
    if (parsed.ec != std::errc()) return emit_illegal(Problem::integer_range, start);
    return emit_text(TokenKind::integer, start, bytes);
}

bool Lexer::character(const Place& start) {
    advance();
    const bool escaped = peek() == '\\';
    if (escaped) advance();
    const bool empty = at_end() || (!escaped && peek() == '\'');
    if (!empty) advance();
    if (empty || peek() != '\'') return emit_illegal(Problem::malformed_character, start);
    advance();
    return emit(TokenKind::character, start);
}

// From behind an opening quote or a closing brace to the closing quote or the next "#{".
bool Lexer::string(const OpenLiteral& literal, const Place& start, bool first) {
    pending_text_.truncate(0);
    while (!at_end() && peek() != '"' && !(peek() == '#' && peek(1) == '{')) {
        char byte = peek();
        if (byte == '\\') {
            advance();
            if (at_end()) break;
            byte = unescape(peek());
        }
        if (!append(byte)) return false;
        advance();
    }
    if (at_end()) {
        return emit_illegal(Problem::unterminated_string,
                            {literal.line, literal.column, literal.offset});
    }
    const bool closes = peek() == '"';
    const Place behind = here();
    if (closes) advance();
    const bool piece = pending_text_.count() != 0 || (first && closes);
    if (piece && !emit_pending_text(start)) return false;
    if (closes) return true;
    advance();
    advance();
    return open_.push(literal) && emit(TokenKind::interpolation, behind);
}

bool Lexer::close_interpolation(const Place& start) {
    const OpenLiteral literal = open_.back();
    open_.truncate(open_.count() - 1);
    advance();
    if (!emit(TokenKind::right_brace, start)) return false;
    return string(literal, here(), false);
}

bool Lexer::punctuation(const Place& start) {
    const char byte = peek();
    advance();
    const auto then = [this](char second, TokenKind longer, TokenKind shorter) {
        if (peek() != second) return shorter;
        advance();
        return longer;
    };
    switch (byte) {
        case '=':
            return emit(then('=', TokenKind::equal, TokenKind::assign), start);
        case '!':
            return emit(then('=', TokenKind::not_equal, TokenKind::bang), start);
        case '<':
            if (peek() == '<') {
                advance();
                return emit(TokenKind::shift_left, start);
            }
            return emit(then('=', TokenKind::less_equal, TokenKind::less), start);
        case '>':
            if (peek() == '>') {
                advance();
                return emit(TokenKind::shift_right, start);
            }
            return emit(then('=', TokenKind::greater_equal, TokenKind::greater), start);
        case '{':
            if (open_.count() != 0) ++open_.back().braces;
            return emit(TokenKind::left_brace, start);
        case '}':
            if (open_.count() != 0) --open_.back().braces;
            return emit(TokenKind::right_brace, start);
        default:
            break;
    }
    constexpr std::string_view kSingle = "+-*/%&|^~,;:.()[]";
    constexpr TokenKind kKinds[] = {TokenKind::plus,
                                    TokenKind::minus,
                                    TokenKind::star,
                                    TokenKind::slash,
                                    TokenKind::percent,
                                    TokenKind::ampersand,
                                    TokenKind::pipe,
                                    TokenKind::caret,
                                    TokenKind::tilde,
                                    TokenKind::comma,
                                    TokenKind::semicolon,
                                    TokenKind::colon,
                                    TokenKind::dot,
                                    TokenKind::left_parenthesis,
                                    TokenKind::right_parenthesis,
                                    TokenKind::left_bracket,
                                    TokenKind::right_bracket};
    const size_t index = kSingle.find(byte);
    if (index == std::string_view::npos) return emit_illegal(Problem::illegal_byte, start);
    return emit(kKinds[index], start);
}

}  // namespace fox
