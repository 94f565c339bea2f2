// Operators: a stack of those that wait for their right side, so that chains and prefix operators
// cost no native recursion. Operands are on the pending stack.
#include "stress/fox/parser.h"

namespace fox {

namespace {

uint8_t binary_level(TokenKind kind) {
    switch (kind) {
        case TokenKind::word_or:
            return 1;
        case TokenKind::word_and:
            return 2;
        case TokenKind::equal:
        case TokenKind::not_equal:
            return 3;
        case TokenKind::less:
        case TokenKind::greater:
        case TokenKind::less_equal:
        case TokenKind::greater_equal:
            return 4;
        case TokenKind::pipe:
            return 5;
        case TokenKind::caret:
            return 6;
        case TokenKind::ampersand:
            return 7;
        case TokenKind::shift_left:
        case TokenKind::shift_right:
            return 8;
        case TokenKind::plus:
        case TokenKind::minus:
            return 9;
        case TokenKind::star:
        case TokenKind::slash:
        case TokenKind::percent:
            return 10;
        default:
            return 0;
    }
}

bool is_prefix(TokenKind kind) {
    return kind == TokenKind::bang || kind == TokenKind::minus || kind == TokenKind::tilde ||
           kind == TokenKind::ampersand || kind == TokenKind::star;
}

}  // namespace

bool Parser::expression_starts() const {
    switch (current().kind) {
        case TokenKind::identifier:
        case TokenKind::integer:
        case TokenKind::floating:
        case TokenKind::string:
        case TokenKind::interpolation:
        case TokenKind::word_true:
        case TokenKind::word_false:
        case TokenKind::word_null:
        case TokenKind::left_parenthesis:
        case TokenKind::left_bracket:
        case TokenKind::left_brace:
        case TokenKind::word_if:
        case TokenKind::word_while:
        case TokenKind::word_function:
            return true;
        default:
            return is_prefix(current().kind);
    }
}

bool Parser::expressions() {
    do {
        if (!expression()) return false;
    } while (take_if(TokenKind::comma));
    return true;
}

bool Parser::expression() {
    const Nested nested(*this);
    if (!nested.fits()) return false;
    const size_t base = operators_.count();
    while (true) {
        uint32_t prefixes = 0;
        const bool good = prefix_operators(&prefixes) && operand();
        nesting_ -= prefixes;
        if (!good) return false;
        const Place place = here();
        const uint8_t level = binary_level(token(place).kind);
        // Left-associative: what waits at the same level or tighter is complete now.
        if (!reduce(base, level)) return false;
        if (level == 0) return true;
        if (!spaces_around(token(place))) return false;
        take();
        if (!operators_.push({place, level})) return out_of_memory();
    }
}

// Each prefix operator is a level of nesting for its operand.
bool Parser::prefix_operators(uint32_t* prefixes) {
    while (is_prefix(current().kind)) {
        ++nesting_;
        ++*prefixes;
        if (!nesting_fits()) return false;
        const Place place = take();
        if (!operators_.push({place, kPrefixLevel})) return out_of_memory();
    }
    return true;
}

// Makes nodes of the operators above base that bind at least as tightly as level (0: of all).
bool Parser::reduce(size_t base, uint8_t level) {
    while (operators_.count() > base && operators_.back().level >= level) {
        const Operator top = operators_.back();
        operators_.truncate(operators_.count() - 1);
        const bool prefix = top.level == kPrefixLevel;
        const NodeKind kind = prefix ? NodeKind::prefix_expression : NodeKind::infix_expression;
        Node* node = make(kind, top.place, mark() - (prefix ? 1 : 2));
        if (node == nullptr) return false;
        node->operation = token(top.place).kind;
    }
    return true;
}

bool Parser::spaces_around(const Token& token) {
    if (token.space_before && token.space_after) return true;
    return fail(ErrorKind::syntax, token, "a binary operator needs white space on both sides");
}

bool Parser::operand() {
    const size_t begin = mark();
    return primary() && postfix(begin);
}

// Calls, indices, members and structure literals, as long as they follow. begin: the operand.
bool Parser::postfix(size_t begin) {
    while (true) {
        const Place place = here();
        const bool after_identifier = token({position_ - 1}).kind == TokenKind::identifier;
        const TokenKind kind = token(place).kind;
        if (kind == TokenKind::left_parenthesis) {
            take();
            if (!at(TokenKind::right_parenthesis) && !expressions()) return false;
            if (!expect(TokenKind::right_parenthesis, "after the arguments")) return false;
            if (make(NodeKind::call_expression, place, begin) == nullptr) return false;
        } else if (kind == TokenKind::left_bracket) {
            take();
            if (!expression() || !expect(TokenKind::right_bracket, "after the index")) return false;
            if (make(NodeKind::index_expression, place, begin) == nullptr) return false;
        } else if (kind == TokenKind::dot) {
            take();
            if (!identifier("after '.'")) return false;
            if (make(NodeKind::member_expression, place, begin) == nullptr) return false;
        } else if (kind == TokenKind::left_brace && after_identifier) {
            take();
            if (!struct_fields()) return false;
            if (make(NodeKind::struct_literal, place, begin) == nullptr) return false;
        } else {
            return true;
        }
    }
}

// "[ IDENT : expr { , IDENT : expr } [ , ] ] }"
bool Parser::struct_fields() {
    while (!at(TokenKind::right_brace)) {
        if (!identifier("as a field")) return false;
        if (!expect(TokenKind::colon, "after the field") || !expression()) return false;
        if (!take_if(TokenKind::comma)) break;
    }
    return expect(TokenKind::right_brace, "after the fields");
}

}  // namespace fox
