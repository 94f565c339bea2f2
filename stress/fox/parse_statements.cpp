#include "stress/fox/parser.h"

namespace fox {

bool Parser::statement() {
    switch (current().kind) {
        case TokenKind::word_var:
        case TokenKind::word_const:
            return var_statement();
        case TokenKind::word_return:
            return return_statement();
        case TokenKind::word_import:
            return import_statement();
        case TokenKind::word_from:
            return from_statement();
        case TokenKind::word_struct:
            return struct_statement();
        case TokenKind::word_interface:
            return interface_statement();
        case TokenKind::word_break:
            return jump_statement(NodeKind::break_statement);
        case TokenKind::word_continue:
            return jump_statement(NodeKind::continue_statement);
        case TokenKind::word_switch:
            return switch_statement();
        default:
            if (!expression_starts()) return unexpected("a statement", "here");
            return simple_statement();
    }
}

bool Parser::block_ends() const {
    return at(TokenKind::word_end) || at(TokenKind::word_else) || at(TokenKind::word_else_if) ||
           at(TokenKind::word_case) || at(TokenKind::end_of_file);
}

bool Parser::block() {
    const Place first = here();
    const size_t begin = mark();
    while (!block_ends()) {
        if (!statement()) return false;
    }
    return make(NodeKind::block_statement, first, begin) != nullptr;
}

bool Parser::identifier(const char* where) {
    if (!at(TokenKind::identifier)) return unexpected("an identifier", where);
    const Place place = take();
    Node* node = make_leaf(NodeKind::identifier, place);
    if (node == nullptr) return false;
    set_text(node, token(place).text);
    return true;
}

bool Parser::identifiers(const char* where) {
    do {
        if (!identifier(where)) return false;
    } while (take_if(TokenKind::comma));
    return true;
}

bool Parser::var_statement() {
    const Place word = take();
    const bool constant = token(word).kind == TokenKind::word_const;
    const size_t begin = mark();
    if (!identifiers(constant ? "after 'tetapan'" : "after 'var'")) return false;
    const size_t names = mark() - begin;
    const bool typed = type_starts();
    if (typed ? !type() : !push_absent()) return false;
    if (take_if(TokenKind::assign)) {
        if (!expressions()) return false;
    } else if (constant) {
        return unexpected("'='", "in this constant");
    } else if (!typed) {
        return unexpected("a type or '='", "in this variable");
    }
    take_if(TokenKind::semicolon);
    Node* node = make(NodeKind::var_statement, word, begin);
    if (node == nullptr) return false;
    node->group = names;
    node->flags = constant ? kFlagConst : uint16_t{0};
    return true;
}

bool Parser::return_statement() {
    const Place word = take();
    const size_t begin = mark();
    if (expression_starts() && !expressions()) return false;
    take_if(TokenKind::semicolon);
    return make(NodeKind::return_statement, word, begin) != nullptr;
}

bool Parser::import_statement() {
    const Place word = take();
    if (!at(TokenKind::string)) return unexpected("a string", "after 'ambil'");
    const Place path = take();
    take_if(TokenKind::semicolon);
    Node* node = make_leaf(NodeKind::import_statement, word);
    if (node == nullptr) return false;
    set_text(node, token(path).text);
    return true;
}

bool Parser::from_statement() {
    const Place word = take();
    if (!at(TokenKind::string)) return unexpected("a string", "after 'dari'");
    const Place path = take();
    const size_t begin = mark();
    if (!expect(TokenKind::word_import, "after the path") || !identifiers("after 'ambil'")) {
        return false;
    }
    take_if(TokenKind::semicolon);
    Node* node = make(NodeKind::import_statement, word, begin);
    if (node == nullptr) return false;
    set_text(node, token(path).text);
    node->flags = kFlagFrom;
    return true;
}

bool Parser::struct_statement() {
    const Place word = take();
    const size_t begin = mark();
    if (!identifier("after 'struktur'")) return false;
    while (!at(TokenKind::word_end)) {
        if (at(TokenKind::identifier)) {
            if (!named_with_type(NodeKind::struct_field, "as a field")) return false;
        } else if (at(TokenKind::end_of_file) || at(TokenKind::illegal)) {
            return unexpected("'akhir'", "of this structure");
        } else {
            take();  // tokens that start no field are skipped
        }
    }
    take();
    return make(NodeKind::struct_statement, word, begin) != nullptr;
}

bool Parser::interface_statement() {
    const Place word = take();
    const size_t begin = mark();
    if (!identifier("after 'antarmuka'")) return false;
    while (!at(TokenKind::word_end)) {
        if (at(TokenKind::word_function)) {
            if (!interface_method()) return false;
        } else if (at(TokenKind::end_of_file) || at(TokenKind::illegal)) {
            return unexpected("'akhir'", "of this interface");
        } else {
            take();
        }
    }
    take();
    return make(NodeKind::interface_statement, word, begin) != nullptr;
}

bool Parser::interface_method() {
    const Place word = take();
    const size_t begin = mark();
    if (!push_absent() || !identifier("of the method") || !push_absent()) return false;
    const size_t head = mark();
    if (!parameters()) return false;
    const size_t parameter_count = mark() - head;
    if (results_start() && !results()) return false;
    Node* node = make(NodeKind::function_literal, word, begin);
    if (node == nullptr) return false;
    node->group = parameter_count;
    node->flags = kFlagSignature;
    return true;
}

bool Parser::jump_statement(NodeKind kind) {
    const Place word = take();
    take_if(TokenKind::semicolon);
    return make_leaf(kind, word) != nullptr;
}

bool Parser::switch_statement() {
    const Nested nested(*this);
    if (!nested.fits()) return false;
    const Place word = take();
    const size_t begin = mark();
    if (!expression()) return false;
    while (at(TokenKind::word_case)) {
        if (!case_clause()) return false;
    }
    if (take_if(TokenKind::word_else)) {
        take_if(TokenKind::colon);
        if (!block()) return false;
    } else if (!push_absent()) {
        return false;
    }
    if (!expect(TokenKind::word_end, "of this 'pilih'")) return false;
    return make(NodeKind::switch_statement, word, begin) != nullptr;
}

bool Parser::case_clause() {
    const Place word = take();
    if (at(TokenKind::end_of_file) || at(TokenKind::illegal)) {
        return unexpected("a token", "after 'kasus'");
    }
    const Place label = take();
    Local<Text> text(memory_);
    if (!text.good()) return out_of_memory();
    text.set(token(label).text);
    if (text.get() == nullptr) {
        text.set(memory_.make_string(source_.substr(token(label).offset, token(label).length)));
    }
    if (text.get() == nullptr) return out_of_memory();
    const size_t begin = mark();
    if (!at(TokenKind::colon) && !expressions()) return false;
    if (!expect(TokenKind::colon, "of this case") || !block()) return false;
    Node* node = make(NodeKind::case_clause, word, begin);
    if (node == nullptr) return false;
    set_text(node, text.get());
    return true;
}

bool Parser::simple_statement() {
    const Place first = here();
    const size_t begin = mark();
    if (!expressions()) return false;
    const size_t targets = mark() - begin;
    if (take_if(TokenKind::assign)) {
        if (!expressions()) return false;
        take_if(TokenKind::semicolon);
        Node* node = make(NodeKind::assignment_statement, first, begin);
        if (node == nullptr) return false;
        node->group = targets;
        return true;
    }
    if (targets > 1) return unexpected("'='", "after several expressions");
    take_if(TokenKind::semicolon);
    return make(NodeKind::expression_statement, first, begin) != nullptr;
}

}  // namespace fox
