// Nodes of the tree. One shape for all kinds, so that printing, counting and checking need no
// case per kind; the size of a node is 24 bytes and 8 for each child.
//
//   +------+----------+-------+------+--------+-------------+---------------+------- --+
//   | kind | operator | flags | line | column | child_count | text, integer | children |
//   +------+----------+-------+------+--------+-------------+ or group      +------- --+
//
// Children by kind ("?" may be nullptr, "..." any number, "/" separates groups; the first `group`
// children of the kinds with groups are those before the "/"):
//
//   Program, BlockStatement   statement ...        ExpressionStatement  expression
//   QualifiedType             Identifier 2x        ArrayType, PointerType  type
//   MapType                   key value            FunctionType         type ... / result ...
//   VarStatement              Identifier ... / type? value ...
//   AssignmentStatement       target ... / value ...
//   SwitchStatement           subject CaseClause ... default?
//   CaseClause (text: the token behind "kasus")    value ... block
//   ReturnStatement           value ...            ImportStatement (text: path)  Identifier ...
//   StructStatement           Identifier StructField ...
//   StructField (text)        type                 Parameter (text)     type
//   InterfaceStatement        Identifier FunctionLiteral ...
//   InterpolatedString        part ...             ArrayLiteral         element ...
//   HashLiteral               key value ...        StructLiteral        type Identifier value ...
//   IndexExpression           object index         MemberExpression     object Identifier
//   PrefixExpression          operand              InfixExpression      left right
//   CallExpression            callee argument ...
//   IfExpression              condition block ElseIfClause ... else?
//   ElseIfClause, WhileExpression  condition block
//   FunctionLiteral           receiver? Identifier? body? Parameter ... / result ...
#pragma once

#include <cstddef>
#include <cstdint>

#include "stress/fox/token.h"

namespace fox {

enum class NodeKind : uint8_t {
    program,
    simple_type,
    qualified_type,
    array_type,
    pointer_type,
    map_type,
    function_type,
    var_statement,
    expression_statement,
    block_statement,
    switch_statement,
    case_clause,
    return_statement,
    struct_statement,
    struct_field,
    interface_statement,
    break_statement,
    continue_statement,
    import_statement,
    assignment_statement,
    identifier,
    integer_literal,
    float_literal,
    string_literal,
    interpolated_string,
    boolean_literal,
    null_literal,
    array_literal,
    hash_literal,
    struct_literal,
    index_expression,
    member_expression,
    prefix_expression,
    infix_expression,
    if_expression,
    else_if_clause,
    while_expression,
    function_literal,
    parameter,
    call_expression,
    count_
};

inline constexpr size_t kNodeKinds = static_cast<size_t>(NodeKind::count_);

// Flags of nodes.
inline constexpr uint16_t kFlagConst = 1;      // VarStatement: "tetapan"
inline constexpr uint16_t kFlagTrue = 2;       // BooleanLiteral: "benar"
inline constexpr uint16_t kFlagNative = 4;     // FunctionLiteral: "native", no body
inline constexpr uint16_t kFlagSignature = 8;  // FunctionLiteral: of an interface, no body
inline constexpr uint16_t kFlagFrom = 16;      // ImportStatement: "dari" path "ambil" names

enum class Payload : uint8_t { none, text, integer, group };

struct Node {
    NodeKind kind;
    TokenKind operation;  // PrefixExpression, InfixExpression
    uint16_t flags;
    uint32_t line;
    uint32_t column;
    uint32_t child_count;
    union {
        Text* text;
        int64_t integer;
        uint64_t group;
    };

    [[nodiscard]] Node* const* children() const { return reinterpret_cast<Node* const*>(this + 1); }
    [[nodiscard]] Node** children() { return reinterpret_cast<Node**>(this + 1); }
    [[nodiscard]] static constexpr size_t size_of(size_t child_count) {
        return sizeof(Node) + child_count * sizeof(Node*);
    }
};
static_assert(sizeof(Node) == 24);

const char* node_kind_name(NodeKind kind);

// What a kind keeps in its union.
Payload node_payload(NodeKind kind);

// Fewest and most children a kind may have; most is UINT32_MAX where any number may come.
struct Arity {
    uint32_t least;
    uint32_t most;
};
Arity node_arity(NodeKind kind);

}  // namespace fox
