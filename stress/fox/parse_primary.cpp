#include <charconv>
#include <cstring>

#include "stress/fox/parser.h"

namespace fox {

bool Parser::primary() {
    const Place place = here();
    switch (token(place).kind) {
        case TokenKind::identifier:
            return identifier("here");
        case TokenKind::integer:
            return integer();
        case TokenKind::floating: {
            take();
            Node* node = make_leaf(NodeKind::float_literal, place);
            if (node != nullptr) set_text(node, token(place).text);
            return node != nullptr;
        }
        case TokenKind::string:
        case TokenKind::interpolation:
            return string();
        case TokenKind::word_true:
        case TokenKind::word_false: {
            take();
            Node* node = make_leaf(NodeKind::boolean_literal, place);
            if (node != nullptr && token(place).kind == TokenKind::word_true)
                node->flags = kFlagTrue;
            return node != nullptr;
        }
        case TokenKind::word_null:
            take();
            return make_leaf(NodeKind::null_literal, place) != nullptr;
        case TokenKind::left_parenthesis:
            take();
            return expression() && expect(TokenKind::right_parenthesis, "after the expression");
        case TokenKind::left_bracket:
            return array();
        case TokenKind::left_brace:
            return hash();
        case TokenKind::word_if:
            return if_expression();
        case TokenKind::word_while:
            return while_expression();
        case TokenKind::word_function:
            return function();
        default:
            return unexpected("an expression", "here");
    }
}

bool Parser::integer() {
    const Place place = take();
    const std::string_view digits = token(place).text->view();
    int64_t value = 0;  // the lexer has checked that it fits
    const int base = digits.size() > 1 && digits.front() == '0' ? 8 : 10;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    Node* node = make_leaf(NodeKind::integer_literal, place);
    if (node == nullptr) return false;
    node->integer = value;
    return true;
}

// { STRING | "#{" expr "}" }+
bool Parser::string() {
    const Place first = here();
    const size_t begin = mark();
    bool interpolated = false;
    while (true) {
        if (at(TokenKind::string)) {
            if (!joined_string()) return false;
        } else if (take_if(TokenKind::interpolation)) {
            interpolated = true;
            if (!expression() || !expect(TokenKind::right_brace, "of this '#{'")) return false;
        } else {
            break;
        }
    }
    if (!interpolated) return true;
    return make(NodeKind::interpolated_string, first, begin) != nullptr;
}

// One literal of all string tokens side by side. A single one lends its text.
bool Parser::joined_string() {
    const Place first = here();
    size_t length = 0;
    while (at(TokenKind::string)) length += token(take()).text->length;
    const size_t end = position_;
    Node* node = make_leaf(NodeKind::string_literal, first);
    if (node == nullptr) return false;
    if (end - first.index == 1) {
        set_text(node, token(first).text);
        return true;
    }
    Text* joined = memory_.make_string_of(length);
    if (joined == nullptr) return out_of_memory();
    char* to = joined->bytes();
    for (size_t i = first.index; i < end; ++i) {
        const std::string_view piece = token({i}).text->view();
        std::memcpy(to, piece.data(), piece.size());
        to += piece.size();
    }
    set_text(pending_.back(), joined);  // where the node is now
    return true;
}

bool Parser::array() {
    const Place place = take();
    const size_t begin = mark();
    if (!at(TokenKind::right_bracket) && !expressions()) return false;
    return expect(TokenKind::right_bracket, "after the elements") &&
           make(NodeKind::array_literal, place, begin) != nullptr;
}

bool Parser::hash() {
    const Place place = take();
    const size_t begin = mark();
    while (!at(TokenKind::right_brace)) {
        if (!expression() || !expect(TokenKind::colon, "after the key") || !expression()) {
            return false;
        }
        if (!take_if(TokenKind::comma)) break;
    }
    return expect(TokenKind::right_brace, "after the entries") &&
           make(NodeKind::hash_literal, place, begin) != nullptr;
}

bool Parser::condition_and_block() {
    return expression() && block();
}

bool Parser::if_expression() {
    const Place word = take();
    const size_t begin = mark();
    if (!condition_and_block()) return false;
    while (at(TokenKind::word_else_if)) {
        const Place clause = take();
        const size_t clause_begin = mark();
        if (!condition_and_block()) return false;
        if (make(NodeKind::else_if_clause, clause, clause_begin) == nullptr) return false;
    }
    if (take_if(TokenKind::word_else) ? !block() : !push_absent()) return false;
    return expect(TokenKind::word_end, "of this 'jika'") &&
           make(NodeKind::if_expression, word, begin) != nullptr;
}

bool Parser::while_expression() {
    const Place word = take();
    const size_t begin = mark();
    return condition_and_block() && expect(TokenKind::word_end, "of this 'selama'") &&
           make(NodeKind::while_expression, word, begin) != nullptr;
}

// Pending: receiver?, name?, body?, parameters, results. The body comes last in the source, so its
// place is held until it is there.
bool Parser::function() {
    const Place word = take();
    const size_t begin = mark();
    if (!function_head()) return false;
    const size_t parameter_count = mark() - begin - 3;
    if (results_start() && !results()) return false;
    uint16_t flags = 0;
    if (!function_body(&flags)) return false;
    pending_.set(begin + 2, pending_.back());
    pending_.truncate(mark() - 1);
    Node* node = make(NodeKind::function_literal, word, begin);
    if (node == nullptr) return false;
    node->group = parameter_count;
    node->flags = flags;
    return true;
}

// IDENT params | params | "(" IDENT type ")" IDENT params. One parameter in parentheses with a name
// and another "(" behind it is a receiver.
bool Parser::function_head() {
    const size_t begin = mark();
    if (at(TokenKind::identifier)) {
        return push_absent() && identifier("of the function") && push_absent() && parameters();
    }
    if (!push_absent() || !push_absent() || !push_absent() || !parameters()) return false;
    const bool receiver = mark() - begin == 4 && at(TokenKind::identifier) &&
                          following().kind == TokenKind::left_parenthesis;
    if (!receiver) return true;
    pending_.set(begin, pending_.back());
    pending_.truncate(begin + 1);
    return identifier("of the method") && push_absent() && parameters();
}

// Leaves the body, or a null for "native", on the pending stack.
bool Parser::function_body(uint16_t* flags) {
    if (take_if(TokenKind::word_native)) {
        take_if(TokenKind::semicolon);
        *flags = kFlagNative;
        return push_absent();
    }
    return block() && expect(TokenKind::word_end, "of this function");
}

}  // namespace fox
