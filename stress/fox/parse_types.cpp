#include "stress/fox/parser.h"

namespace fox {

bool Parser::type_starts() const {
    return at(TokenKind::identifier) || at(TokenKind::star) || at(TokenKind::left_bracket) ||
           at(TokenKind::word_map) || at(TokenKind::word_function);
}

// Results are optional and stand where a body may begin. What could be either is taken as a
// result, but for "[" that no "]" follows (an array) and a function with a name (a statement).
bool Parser::results_start() const {
    if (at(TokenKind::left_parenthesis)) return true;
    if (at(TokenKind::left_bracket)) return following().kind == TokenKind::right_bracket;
    if (at(TokenKind::word_function)) return following().kind == TokenKind::left_parenthesis;
    return type_starts();
}

bool Parser::type() {
    const Nested nested(*this);
    if (!nested.fits()) return false;
    const Place place = here();
    const size_t begin = mark();
    switch (token(place).kind) {
        case TokenKind::star:
            take();
            return type() && make(NodeKind::pointer_type, place, begin) != nullptr;
        case TokenKind::left_bracket:
            take();
            return expect(TokenKind::right_bracket, "of an array type") && type() &&
                   make(NodeKind::array_type, place, begin) != nullptr;
        case TokenKind::word_map:
            take();
            return expect(TokenKind::left_bracket, "after 'map'") && type() &&
                   expect(TokenKind::right_bracket, "after the key type") && type() &&
                   make(NodeKind::map_type, place, begin) != nullptr;
        case TokenKind::word_function:
            return function_type();
        case TokenKind::identifier:
            return named_type();
        default:
            return unexpected("a type", "here");
    }
}

bool Parser::named_type() {
    const Place name = here();
    if (following().kind != TokenKind::dot) {
        take();
        Node* node = make_leaf(NodeKind::simple_type, name);
        if (node == nullptr) return false;
        set_text(node, token(name).text);
        return true;
    }
    const size_t begin = mark();
    if (!identifier("of a module")) return false;
    take();
    return identifier("after '.' in a type") &&
           make(NodeKind::qualified_type, name, begin) != nullptr;
}

bool Parser::function_type() {
    const Place word = take();
    const size_t begin = mark();
    if (!expect(TokenKind::left_parenthesis, "of a function type")) return false;
    do {
        if (!type()) return false;
    } while (take_if(TokenKind::comma));
    if (!expect(TokenKind::right_parenthesis, "after the types")) return false;
    const size_t parameter_count = mark() - begin;
    if (results_start() && !results()) return false;
    Node* node = make(NodeKind::function_type, word, begin);
    if (node == nullptr) return false;
    node->group = parameter_count;
    return true;
}

bool Parser::results() {
    if (!take_if(TokenKind::left_parenthesis)) return type();
    do {
        if (!type()) return false;
    } while (take_if(TokenKind::comma));
    return expect(TokenKind::right_parenthesis, "after the result types");
}

bool Parser::parameters() {
    if (!expect(TokenKind::left_parenthesis, "before the parameters")) return false;
    if (take_if(TokenKind::right_parenthesis)) return true;
    do {
        if (!named_with_type(NodeKind::parameter, "as a parameter")) return false;
    } while (take_if(TokenKind::comma));
    return expect(TokenKind::right_parenthesis, "after the parameters");
}

bool Parser::named_with_type(NodeKind kind, const char* where) {
    if (!at(TokenKind::identifier)) return unexpected("an identifier", where);
    const Place name = take();
    const size_t begin = mark();
    if (!type()) return false;
    Node* node = make(kind, name, begin);
    if (node == nullptr) return false;
    set_text(node, token(name).text);
    return true;
}

}  // namespace fox
