#include "stress/fox/node.h"

#include <array>

namespace fox {

namespace {

struct Description {
    const char* name;
    Payload payload;
    Arity arity;
};

constexpr uint32_t kAny = UINT32_MAX;

constexpr std::array<Description, kNodeKinds> kKinds = {{
    {"Program", Payload::none, {0, kAny}},
    {"SimpleType", Payload::text, {0, 0}},
    {"QualifiedType", Payload::none, {2, 2}},
    {"ArrayType", Payload::none, {1, 1}},
    {"PointerType", Payload::none, {1, 1}},
    {"MapType", Payload::none, {2, 2}},
    {"FunctionType", Payload::group, {1, kAny}},
    {"VarStatement", Payload::group, {2, kAny}},
    {"ExpressionStatement", Payload::none, {1, 1}},
    {"BlockStatement", Payload::none, {0, kAny}},
    {"SwitchStatement", Payload::none, {2, kAny}},
    {"CaseClause", Payload::text, {1, kAny}},
    {"ReturnStatement", Payload::none, {0, kAny}},
    {"StructStatement", Payload::none, {1, kAny}},
    {"StructField", Payload::text, {1, 1}},
    {"InterfaceStatement", Payload::none, {1, kAny}},
    {"BreakStatement", Payload::none, {0, 0}},
    {"ContinueStatement", Payload::none, {0, 0}},
    {"ImportStatement", Payload::text, {0, kAny}},
    {"AssignmentStatement", Payload::group, {2, kAny}},
    {"Identifier", Payload::text, {0, 0}},
    {"IntegerLiteral", Payload::integer, {0, 0}},
    {"FloatLiteral", Payload::text, {0, 0}},
    {"StringLiteral", Payload::text, {0, 0}},
    {"InterpolatedString", Payload::none, {1, kAny}},
    {"BooleanLiteral", Payload::none, {0, 0}},
    {"NullLiteral", Payload::none, {0, 0}},
    {"ArrayLiteral", Payload::none, {0, kAny}},
    {"HashLiteral", Payload::none, {0, kAny}},
    {"StructLiteral", Payload::none, {1, kAny}},
    {"IndexExpression", Payload::none, {2, 2}},
    {"MemberExpression", Payload::none, {2, 2}},
    {"PrefixExpression", Payload::none, {1, 1}},
    {"InfixExpression", Payload::none, {2, 2}},
    {"IfExpression", Payload::none, {3, kAny}},
    {"ElseIfClause", Payload::none, {2, 2}},
    {"WhileExpression", Payload::none, {2, 2}},
    {"FunctionLiteral", Payload::group, {3, kAny}},
    {"Parameter", Payload::text, {1, 1}},
    {"CallExpression", Payload::none, {1, kAny}},
}};
static_assert(kKinds.back().name != nullptr);

}  // namespace

const char* node_kind_name(NodeKind kind) {
    return kKinds[static_cast<size_t>(kind)].name;
}

Payload node_payload(NodeKind kind) {
    return kKinds[static_cast<size_t>(kind)].payload;
}

Arity node_arity(NodeKind kind) {
    return kKinds[static_cast<size_t>(kind)].arity;
}

}  // namespace fox
