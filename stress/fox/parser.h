// Parser: tokens to a tree, by recursive descent for what nests and a stack for operators.
//
// Each rule leaves exactly one node (or a null for an optional part) on the pending stack; a
// node's children are the pending entries above where its rule began, and become part of it:
//
//   pending   ... | callee argument argument   -> make(call, begin) ->   ... | CallExpression
//
// Rules return false when the parse has failed; error() then says why, and nothing else is read.
//
// A rule names tokens by their place among the tokens, nodes by theirs on the pending stack: so in
// RUNTIME mode no pointer of it outlives an allocation (FOX-MOVES, memory.h).
//
// PARSER-STACK   native recursion happens only inside Nested scopes, at most nesting_max of them;
//                chains (a.b.c, a + b + c, statements) do not recurse
// PARSER-ORDER   tokens are read once, left to right; a look-ahead is one token and no memory
#pragma once

#include "stress/fox/front_end.h"
#include "stress/fox/memory.h"

namespace fox {

class Parser {
 public:
    Parser(Memory& memory, const Array<Token*>& tokens, std::string_view source,
           uint32_t nesting_max);

    // The Program node, or nullptr. It is no root: keep it before the next allocation.
    [[nodiscard]] Node* run();
    [[nodiscard]] const Error& error() const { return error_; }

 private:
    // Of a token.
    struct Place {
        size_t index;
    };
    struct Operator {
        Place place;
        uint8_t level;  // kPrefixLevel: prefix
    };

    // Counts one level of nesting while it lives.
    class Nested {
     public:
        explicit Nested(Parser& parser) : parser_(parser) { ++parser.nesting_; }
        Nested(const Nested&) = delete;
        Nested& operator=(const Nested&) = delete;
        ~Nested() { --parser_.nesting_; }
        [[nodiscard]] bool fits() const { return parser_.nesting_fits(); }

     private:
        Parser& parser_;
    };

    // Tokens.
    [[nodiscard]] Place here() const { return {position_}; }
    [[nodiscard]] const Token& token(Place place) const { return *tokens_[place.index]; }
    [[nodiscard]] const Token& current() const { return token(here()); }
    [[nodiscard]] const Token& following() const;
    [[nodiscard]] bool at(TokenKind kind) const { return current().kind == kind; }
    Place take();
    bool take_if(TokenKind kind);
    [[nodiscard]] bool expect(TokenKind kind, const char* where);

    // Failures: all return false.
    bool fail(ErrorKind kind, const Token& token, const char* message);
    bool unexpected(const char* wanted, const char* where);
    bool out_of_memory();
    [[nodiscard]] bool nesting_fits();
    void describe(const Token& token, char* buffer, size_t capacity) const;

    // Nodes.
    [[nodiscard]] size_t mark() const { return pending_.count(); }
    [[nodiscard]] bool push_absent();
    // The children from begin on become those of a new node, which takes their place.
    [[nodiscard]] Node* make(NodeKind kind, Place place, size_t begin);
    [[nodiscard]] Node* make_leaf(NodeKind kind, Place place);
    void set_text(Node* node, Text* text) { memory_.store(node, node->text, text); }

    // parse_statements.cpp
    [[nodiscard]] bool statement();
    [[nodiscard]] bool block();
    [[nodiscard]] bool block_ends() const;
    [[nodiscard]] bool var_statement();
    [[nodiscard]] bool return_statement();
    [[nodiscard]] bool import_statement();
    [[nodiscard]] bool from_statement();
    [[nodiscard]] bool struct_statement();
    [[nodiscard]] bool interface_statement();
    [[nodiscard]] bool interface_method();
    [[nodiscard]] bool jump_statement(NodeKind kind);
    [[nodiscard]] bool switch_statement();
    [[nodiscard]] bool case_clause();
    [[nodiscard]] bool simple_statement();
    [[nodiscard]] bool identifier(const char* where);
    [[nodiscard]] bool identifiers(const char* where);

    // parse_types.cpp
    [[nodiscard]] bool type_starts() const;
    [[nodiscard]] bool results_start() const;
    [[nodiscard]] bool type();
    [[nodiscard]] bool named_type();
    [[nodiscard]] bool function_type();
    [[nodiscard]] bool results();
    [[nodiscard]] bool parameters();
    [[nodiscard]] bool named_with_type(NodeKind kind, const char* where);

    // parse_expressions.cpp
    [[nodiscard]] bool expression_starts() const;
    [[nodiscard]] bool expression();
    [[nodiscard]] bool expressions();
    [[nodiscard]] bool prefix_operators(uint32_t* prefixes);
    [[nodiscard]] bool reduce(size_t base, uint8_t level);
    [[nodiscard]] bool spaces_around(const Token& token);
    [[nodiscard]] bool operand();
    [[nodiscard]] bool postfix(size_t begin);
    [[nodiscard]] bool struct_fields();

    // parse_primary.cpp
    [[nodiscard]] bool primary();
    [[nodiscard]] bool integer();
    [[nodiscard]] bool string();
    [[nodiscard]] bool joined_string();
    [[nodiscard]] bool array();
    [[nodiscard]] bool hash();
    [[nodiscard]] bool if_expression();
    [[nodiscard]] bool condition_and_block();
    [[nodiscard]] bool while_expression();
    [[nodiscard]] bool function();
    [[nodiscard]] bool function_head();
    [[nodiscard]] bool function_body(uint16_t* flags);

    Memory& memory_;
    const Array<Token*>& tokens_;
    std::string_view source_;
    size_t position_ = 0;
    uint32_t nesting_ = 0;
    uint32_t nesting_max_;
    Array<Node*> pending_;
    Array<Operator> operators_;
    Error error_;
};

// Of Parser::Operator::level. Binary operators have 1 (loosest) to 10.
inline constexpr uint8_t kPrefixLevel = 11;

}  // namespace fox
