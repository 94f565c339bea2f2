#include "stress/fox/parser.h"

#include <cstdio>

namespace fox {

Parser::Parser(Memory& memory, const Array<Token*>& tokens, std::string_view source,
               uint32_t nesting_max)
    : memory_(memory),
      tokens_(tokens),
      source_(source),
      nesting_max_(nesting_max < kNestingMax ? nesting_max : kNestingMax),
      pending_(memory),
      operators_(memory) {}

Node* Parser::run() {
    const Place first = here();
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
Parser::Place Parser::take() {
    const Place place = here();
    const TokenKind kind = current().kind;
    if (kind != TokenKind::end_of_file && kind != TokenKind::illegal) ++position_;
    return place;
}

// No rule takes the end of file or an illegal token: what is asked for can be passed.
bool Parser::take_if(TokenKind kind) {
    if (!at(kind)) return false;
    ++position_;
    return true;
}

bool Parser::expect(TokenKind kind, const char* where) {
    return take_if(kind) || unexpected(token_kind_name(kind), where);
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

bool Parser::push_absent() {
    if (!pending_.reserve()) return out_of_memory();
    pending_.add(nullptr);
    return true;
}

// The place on the stack comes first: nothing is allocated while only `node` knows the node.
Node* Parser::make(NodeKind kind, Place place, size_t begin) {
    const size_t child_count = pending_.count() - begin;
    Node* node = pending_.reserve() ? memory_.make_node(kind, child_count) : nullptr;
    if (node == nullptr) {
        out_of_memory();
        return nullptr;
    }
    const Token& first = token(place);
    node->line = first.line;
    node->column = first.column;
    memory_.copy(node, node->children(), pending_.data() + begin, child_count);
    pending_.truncate(begin);
    pending_.add(node);
    return node;
}

Node* Parser::make_leaf(NodeKind kind, Place place) {
    return make(kind, place, mark());
}

}  // namespace fox
