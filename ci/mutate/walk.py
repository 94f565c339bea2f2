"""A walk over clang's tree that gathers the places of one unit, with what each can become.

    Scope   what is known on the way down: the function, whether it is constexpr, what it returns
    rules   for each kind of cursor: which alternatives it offers, and which children to go to
"""

import dataclasses
import re

import clang.cindex as clang
from clang.cindex import CursorKind as Kind
from clang.cindex import TypeKind

import operators
from place import Alternative, Place, one_line
from written import Written

CONTAINERS = {Kind.NAMESPACE, Kind.CLASS_DECL, Kind.STRUCT_DECL, Kind.UNION_DECL,
              Kind.CLASS_TEMPLATE, Kind.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION, Kind.LINKAGE_SPEC,
              Kind.UNEXPOSED_DECL}
FUNCTIONS = {Kind.FUNCTION_DECL, Kind.CXX_METHOD, Kind.CONSTRUCTOR, Kind.DESTRUCTOR,
             Kind.FUNCTION_TEMPLATE, Kind.CONVERSION_FUNCTION}
# Subtrees without places: constants, types, what is not evaluated.
CLOSED = {Kind.STATIC_ASSERT, Kind.ENUM_DECL, Kind.PARM_DECL, Kind.CXX_UNARY_EXPR, Kind.TYPE_REF,
          Kind.TEMPLATE_REF, Kind.DECL_REF_EXPR, Kind.MEMBER_REF, Kind.NAMESPACE_REF,
          Kind.TEMPLATE_TYPE_PARAMETER, Kind.TEMPLATE_NON_TYPE_PARAMETER}
LOOPS = {Kind.WHILE_STMT, Kind.DO_STMT, Kind.FOR_STMT, Kind.CXX_FOR_RANGE_STMT}
INTEGERS = {TypeKind.INT, TypeKind.UINT, TypeKind.LONG, TypeKind.ULONG, TypeKind.LONGLONG,
            TypeKind.ULONGLONG, TypeKind.SHORT, TypeKind.USHORT, TypeKind.CHAR_S, TypeKind.SCHAR,
            TypeKind.UCHAR}
SCALARS = INTEGERS | {TypeKind.BOOL, TypeKind.POINTER, TypeKind.ENUM, TypeKind.DOUBLE,
                      TypeKind.FLOAT}
DROPPED = {Kind.CALL_EXPR, Kind.BINARY_OPERATOR, Kind.COMPOUND_ASSIGNMENT_OPERATOR,
           Kind.UNARY_OPERATOR, Kind.UNEXPOSED_EXPR, Kind.CXX_DELETE_EXPR}
JUMPS = {Kind.BREAK_STMT: "break", Kind.CONTINUE_STMT: "continue"}
KEPT_STATEMENTS = re.compile(r"\(void\)|__builtin_(?:trap|unreachable)|abort\b")


@dataclasses.dataclass(frozen=True)
class Scope:
    """Where the walk is."""

    function: str = ""
    constexpr: bool = False
    result: object = None  # canonical type of what `return` gives; None: unknown or a reference


class Walk(Written):
    """places: by path, start and end."""

    def __init__(self, wanted):
        super().__init__(wanted)
        self.places = {}

    def add(self, cursor, scope, *alternatives, end=None):
        where = self.range(cursor)
        if not where:
            return
        path, start, stop, line = where
        stop = end or stop
        if not self.source(path).is_open(start, stop):
            return
        place = self.places.setdefault((path, start, stop), Place(
            path, start, stop, line, scope.function, scope.constexpr))
        known = {alternative.about for alternative in place.alternatives}
        place.alternatives += [one for one in alternatives if one.about not in known]

    # ------------------------------------------------------------------------------- down

    def unit(self, cursor):
        for child in cursor.get_children():
            path = self.position(child.location)[0]
            if path and self.wanted(path):
                self.declaration(child, Scope())

    def declaration(self, cursor, scope):
        if cursor.kind in CONTAINERS:
            for child in cursor.get_children():
                self.declaration(child, scope)
        elif cursor.kind in FUNCTIONS:
            self.function(cursor)
        elif cursor.kind == Kind.FIELD_DECL:
            parent = cursor.semantic_parent.spelling if cursor.semantic_parent else ""
            self.variable(cursor, Scope(f"{parent}::{cursor.spelling}", True, None))

    def function(self, cursor):
        head = self.text(cursor).split(cursor.spelling, 1)[0]
        if "consteval" in head:
            return
        result = cursor.result_type.get_canonical()
        parent = cursor.semantic_parent
        name = cursor.spelling
        if parent is not None and parent.kind in CONTAINERS - {Kind.NAMESPACE, Kind.UNEXPOSED_DECL,
                                                               Kind.LINKAGE_SPEC}:
            name = f"{parent.spelling}::{name}"
        scope = Scope(name, bool(re.search(r"\bconstexpr\b", head)), result)
        for child in cursor.get_children():
            if child.kind == Kind.COMPOUND_STMT or child.kind.is_expression():
                self.down(child, scope)

    def variable(self, cursor, scope):
        """Its initialiser, unless it is a constant; not its bounds and width."""
        head = self.text(cursor).split(cursor.spelling, 1)[0]
        if cursor.storage_class == clang.StorageClass.STATIC or \
                re.search(r"\b(?:constexpr|constinit|thread_local|static)\b", head):
            return
        for child in cursor.get_children():
            before, _ = self.around(child)
            if child.kind.is_expression() and before[-1:] not in ("[", ":"):
                self.down(child, scope)

    def down(self, cursor, scope):
        kind = cursor.kind
        if kind in CLOSED or kind.is_attribute():
            return
        if kind == Kind.VAR_DECL:
            self.variable(cursor, scope)
            return
        if kind == Kind.LAMBDA_EXPR:
            scope = dataclasses.replace(scope, result=None)
        children = list(cursor.get_children())
        if kind == Kind.CASE_STMT:
            children = children[1:]
        if kind == Kind.IF_STMT and self.text(cursor).startswith("if constexpr"):
            children = children[1:]
        if kind == Kind.MEMBER_REF_EXPR:
            children = children[:1]
        self.offer(cursor, children, scope)
        for child in children:
            self.down(child, scope)

    # ------------------------------------------------------------------------------- rules

    def offer(self, cursor, children, scope):
        kind = cursor.kind
        if kind == Kind.BINARY_OPERATOR and len(children) == 2:
            self.binary(cursor, children, scope)
        elif kind == Kind.COMPOUND_ASSIGNMENT_OPERATOR and len(children) == 2:
            self.assignment(cursor, children, scope)
        elif kind == Kind.UNARY_OPERATOR and len(children) == 1:
            self.add(cursor, scope, *operators.unary(self.text(cursor)))
        elif kind in (Kind.INTEGER_LITERAL, Kind.FLOATING_LITERAL, Kind.CXX_BOOL_LITERAL_EXPR):
            self.add(cursor, scope, *operators.literal(self.text(cursor)))
        elif kind == Kind.RETURN_STMT and children and scope.result is not None:
            self.returned(children[0], scope)
        elif kind in (Kind.IF_STMT, Kind.CONDITIONAL_OPERATOR) or kind in LOOPS:
            self.condition(kind, children, scope)
        self.statements(kind, children, scope)

    def binary(self, cursor, children, scope):
        left, right = children
        sign = self.between(left, right)
        pointers = TypeKind.POINTER in (left.type.get_canonical().kind,
                                        right.type.get_canonical().kind)
        one, other = self.range(left), self.range(right)
        if not one or not other:
            return
        parts = (one[1], one[2], other[1], other[2])
        if sign in ("&&", "||"):
            self.add(cursor, scope, operators.logical(sign, parts, self.harmless(right)))
        elif sign in operators.BINARY:
            # A pointer and a number can be subtracted; two pointers can not be added.
            number_right = right.type.get_canonical().kind in INTEGERS
            if not pointers or sign in operators.RELATIONS or (sign == "+" and number_right) or \
                    (sign == "-" and number_right):
                self.add(cursor, scope, *operators.binary(sign, parts))

    def harmless(self, cursor):
        """Evaluating it where the program does not can neither fault nor change anything."""
        if cursor.kind in (Kind.CALL_EXPR, Kind.ARRAY_SUBSCRIPT_EXPR, Kind.LAMBDA_EXPR,
                           Kind.COMPOUND_ASSIGNMENT_OPERATOR):
            return False
        text = self.text(cursor)
        if cursor.kind == Kind.UNARY_OPERATOR and not text.startswith(("!", "~", "-")):
            return False
        if cursor.kind == Kind.BINARY_OPERATOR and re.search(r"(?<![=!<>])=(?!=)|[/%]", text):
            return False
        if cursor.kind == Kind.MEMBER_REF_EXPR and "->" in text:
            return False
        return all(self.harmless(child) for child in cursor.get_children())

    def assignment(self, cursor, children, scope):
        sign = self.between(*children)
        parts = (*self.range(children[0])[1:3], *self.range(children[1])[1:3]) if sign else ()
        if sign in operators.ASSIGNMENTS:
            pointer = children[0].type.get_canonical().kind == TypeKind.POINTER
            if not pointer or sign in ("+=", "-="):
                self.add(cursor, scope, *operators.assignment(sign, parts))

    def returned(self, value, scope):
        before, after = self.around(value)
        if before.endswith("return") and after.startswith(";"):
            kind = scope.result.kind
            what = "condition" if kind == TypeKind.BOOL else \
                "number" if kind in INTEGERS else "pointer" if kind == TypeKind.POINTER else ""
            self.add(value, scope, *operators.returned(what, self.text(value)))

    def condition(self, kind, children, scope):
        for child in children:
            if not child.kind.is_expression():
                continue
            before, after = self.around(child)
            if kind == Kind.FOR_STMT:
                fits = before.endswith(";") and after.startswith(";")
            elif kind == Kind.CONDITIONAL_OPERATOR:
                fits = after.startswith("?")
            else:
                fits = before[-1:] in "(;" and after.startswith(")")
            if fits and kind != Kind.CXX_FOR_RANGE_STMT:
                self.add(child, scope, *operators.condition(self.text(child), kind in LOOPS))
            return

    def statements(self, kind, children, scope):
        if kind in LOOPS or kind == Kind.IF_STMT:
            body = [child for child in children if self.around(child)[0][-1:] == ")" or
                    self.around(child)[0].endswith(("else", "do"))]
        elif kind in (Kind.COMPOUND_STMT, Kind.CASE_STMT, Kind.DEFAULT_STMT):
            body = children
        else:
            return
        for child in body:
            self.drop(child, scope)

    def drop(self, child, scope):
        before, after = self.around(child)
        where = self.range(child)
        if not where or not after.startswith(";") or \
                not (before[-1:] in "{};):" or before.endswith(("else", "do"))):
            return
        text = one_line(self.text(child))
        end = self.source(where[0]).text.index(";", where[2]) + 1
        if child.kind in JUMPS:
            self.add(child, scope, Alternative("drop", f"`{text};` dropped"), end=end)
        elif child.kind in DROPPED and not KEPT_STATEMENTS.match(text):
            self.add(child, scope, Alternative("drop", f"`{text};` dropped", self.changed(child)),
                     end=end)

    def changed(self, cursor):
        """Start and end of what an assignment changes, if that is all it does."""
        if cursor.kind not in (Kind.BINARY_OPERATOR, Kind.COMPOUND_ASSIGNMENT_OPERATOR):
            return ()
        left, right = list(cursor.get_children())
        if left.type.get_canonical().kind not in SCALARS or self.has_call(left) or \
                re.search(r"\+\+|--", self.text(left)):
            return ()
        where = self.range(left)
        return where[1:3] if where and not self.has_call(right) else ()

    def has_call(self, cursor):
        return cursor.kind in (Kind.CALL_EXPR, Kind.LAMBDA_EXPR) or \
            any(self.has_call(child) for child in cursor.get_children())
