#include "stress/fox/parser.h"

#include <cstdio>
#include <cstring>

namespace fox {

Parser::Parser(Memory& memory, Token** tokens, std::string_view source, uint32_t nesting_max)
    : memory_(memory),
      tokens_(tokens),
      source_(source),
      nesting_max_(nesting_max < kNestingMax ? nesting_max : kNestingMax),
      pending_(memory),
      operators_(memory) {}

Node* Parser::run() {
    const Token& first = current();
    while (!at(TokenKind::end_of_file)) {
        if (!statement()) return nullptr;
    }
    return make(NodeKind::program, first, 0);
}

const Token& Parser::following() const {
    const TokenKind kind = current().kind;
    if (kind == TokenKind::end_of_file || kind == TokenKind::illegal) return current();
    return *tokens_[position_ + 1];
}

// The last token, end of file or illegal, is never passed.
const Token& Parser::take() {
    const Token& token = current();
    if (token.kind != TokenKind::end_of_file && token.kind != TokenKind::illegal) ++position_;
    return token;
}

bool Parser::take_if(TokenKind kind) {
    if (!at(kind)) return false;
    take();
    return true;
}

bool Parser::expect(TokenKind kind, const char* where) {
    if (!at(kind)) return unexpected(token_kind_name(kind), where);
    take();
    return true;
}

bool Parser::fail(ErrorKind kind, const Token& token, const char* message) {
    error_.kind = kind;
    error_.line = token.line;
    error_.column = token.column;
    std::snprintf(error_.message, sizeof error_.message, "%s", message);
    return false;
}

// What the source says at a token, for a message: words and punctuation as they are written.
void Parser::describe(const Token& token, char* buffer, size_t capacity) const {
    const bool quoted =
        token.kind == TokenKind::identifier || token.kind > TokenKind::interpolation;
    if (!quoted) {
        std::snprintf(buffer, capacity, "%s", token_kind_name(token.kind));
        return;
    }
    constexpr int kShownMax = 32;
    const int shown = token.length < kShownMax ? static_cast<int>(token.length) : kShownMax;
    std::snprintf(buffer, capacity, "'%.*s'%s", shown, source_.data() + token.offset,
                  token.length > kShownMax ? "..." : "");
}

bool Parser::unexpected(const char* wanted, const char* where) {
    const Token& token = current();
    char message[sizeof error_.message];
    if (token.kind != TokenKind::illegal) {
        char found[48];
        describe(token, found, sizeof found);
        std::snprintf(message, sizeof message, "expected %s %s, found %s", wanted, where, found);
        return fail(ErrorKind::syntax, token, message);
    }
    switch (token.problem) {
        case Problem::unterminated_string:
            return fail(ErrorKind::lexical, token, "this string has no end");
        case Problem::malformed_character:
            return fail(ErrorKind::lexical, token, "malformed character literal");
        case Problem::octal_digit:
            return fail(ErrorKind::lexical, token, "8 or 9 in a number that begins with 0 (octal)");
        case Problem::integer_range:
            return fail(ErrorKind::lexical, token, "integer does not fit in 64 bits");
        case Problem::none:
        case Problem::illegal_byte:
            break;
    }
    const auto byte = static_cast<unsigned char>(source_[token.offset]);
    std::snprintf(message, sizeof message, "illegal byte 0x%02x", byte);
    return fail(ErrorKind::lexical, token, message);
}

bool Parser::out_of_memory() {
    return fail(ErrorKind::out_of_memory, current(), "out of memory");
}

bool Parser::nesting_fits() {
    if (nesting_ <= nesting_max_) return true;
    return fail(ErrorKind::nesting, current(), "nested too deeply");
}

Node* Parser::make(NodeKind kind, const Token& token, size_t begin) {
    const size_t child_count = pending_.count() - begin;
    Node* node = memory_.make_node(kind, child_count);
    if (node == nullptr) {
        out_of_memory();
        return nullptr;
    }
    node->line = token.line;
    node->column = token.column;
    if (child_count != 0) {
        std::memcpy(node->children(), pending_.data() + begin, child_count * sizeof(Node*));
    }
    pending_.truncate(begin);
    return push(node) ? node : nullptr;
}

Node* Parser::make_leaf(NodeKind kind, const Token& token) {
    return make(kind, token, mark());
}

}  // namespace fox
