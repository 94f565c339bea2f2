#include "stress/fox/front_end.h"

#include <gtest/gtest.h>
#include <string>

#include "stress/fox/print.h"
#include "stress/fox/session.h"

namespace {

// The tree of a source on one line, without positions and without the Program around it; or the
// error, with its position.
std::string tree_of(const std::string& source) {
    fox::Session session;
    if (!session.open()) return "no context";
    fox::Result result = session.parse(source);
    if (result.tree == nullptr) {
        EXPECT_EQ(session.objects_live(), 0u);
        return fox::format_error("f", result.error);
    }
    EXPECT_EQ(fox::check_result(session, &result), "");
    fox::StringSink sink;
    fox::print_tree(result.tree, sink);
    std::string line;
    bool quoted = false;
    const std::string& text = sink.text();
    for (size_t i = 0; i < text.size(); ++i) {
        const char byte = text[i];
        if (byte == '"' && text[i - 1] != '\\') quoted = !quoted;
        if (!quoted && (byte == '\n' || byte == ' ') && !line.empty() && line.back() == ' ') {
            continue;
        }
        line += byte == '\n' ? ' ' : byte;
    }
    // "(Kind 1:2 ..." loses its "1:2".
    std::string bare;
    for (size_t i = 0; i < line.size(); ++i) {
        bare += line[i];
        if (line[i] != '(' || line[i + 1] == ')') continue;
        while (line[i + 1] != ' ') bare += line[++i];
        i += 1;
        while (line[i + 1] != ' ' && line[i + 1] != ')') ++i;
    }
    const std::string head = "(Program ";
    return bare.size() < head.size() + 2 ? bare
                                         : bare.substr(head.size(), bare.size() - head.size() - 2);
}

// The tree of one expression.
std::string expression(const std::string& source) {
    const std::string tree = tree_of(source);
    const std::string head = "(ExpressionStatement ";
    if (tree.compare(0, head.size(), head) != 0) return tree;
    return tree.substr(head.size(), tree.size() - head.size() - 1);
}

TEST(FrontEnd, PositionsAreLineAndByteColumn) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    fox::Result result = session.parse("\n  a.b(1)\n");
    ASSERT_NE(result.tree, nullptr);
    fox::StringSink sink;
    fox::print_tree(result.tree, sink);
    EXPECT_EQ(sink.text(),
              "(Program 2:3\n (ExpressionStatement 2:3\n  (CallExpression 2:6\n"
              "   (MemberExpression 2:4\n    (Identifier 2:3 \"a\")\n    (Identifier 2:5 \"b\"))\n"
              "   (IntegerLiteral 2:7 1))))\n");
}

TEST(FrontEnd, EmptySourcesAreEmptyPrograms) {
    EXPECT_EQ(tree_of(""), "(Program) ");
    EXPECT_EQ(tree_of(" \t\r\n# only a comment"), "(Program) ");
}

TEST(FrontEnd, OperatorsBindByLevelAndToTheLeft) {
    EXPECT_EQ(expression("a - b - c"),
              R"((InfixExpression - (InfixExpression - (Identifier "a") (Identifier "b")) )"
              R"((Identifier "c")))");
    EXPECT_EQ(expression("1 + 2 * 3"),
              "(InfixExpression + (IntegerLiteral 1) (InfixExpression * (IntegerLiteral 2) "
              "(IntegerLiteral 3)))");
    // Each level is looser than the next.
    const char* levels[] = {"atau", "dan", "==", "<", "|", "^", "&", "<<", "+", "*"};
    for (size_t i = 0; i + 1 < std::size(levels); ++i) {
        const std::string loose = levels[i];
        const std::string tight = levels[i + 1];
        EXPECT_EQ(expression("1 " + loose + " 2 " + tight + " 3"),
                  "(InfixExpression " + loose + " (IntegerLiteral 1) (InfixExpression " + tight +
                      " (IntegerLiteral 2) (IntegerLiteral 3)))");
        EXPECT_EQ(expression("1 " + tight + " 2 " + loose + " 3"),
                  "(InfixExpression " + loose + " (InfixExpression " + tight +
                      " (IntegerLiteral 1) (IntegerLiteral 2)) (IntegerLiteral 3))");
    }
}

TEST(FrontEnd, PrefixBindsLooserThanPostfixAndTighterThanBinary) {
    EXPECT_EQ(expression("-a.b * c"),
              R"((InfixExpression * (PrefixExpression - (MemberExpression (Identifier "a") )"
              R"((Identifier "b"))) (Identifier "c")))");
    EXPECT_EQ(expression("!~a(1)"),
              R"((PrefixExpression ! (PrefixExpression ~ (CallExpression (Identifier "a") )"
              R"((IntegerLiteral 1)))))");
}

TEST(FrontEnd, ALineThatBeginsWithABracketContinuesTheExpression) {
    EXPECT_EQ(expression("a\n(1)"), R"((CallExpression (Identifier "a") (IntegerLiteral 1)))");
    EXPECT_EQ(expression("a\n[1]"), R"((IndexExpression (Identifier "a") (IntegerLiteral 1)))");
    EXPECT_EQ(expression("a\n{b: 1}"),
              R"((StructLiteral (Identifier "a") (Identifier "b") (IntegerLiteral 1)))");
    EXPECT_EQ(expression("a\n- 1"), R"((InfixExpression - (Identifier "a") (IntegerLiteral 1)))");
    EXPECT_EQ(tree_of("a;\n-1"),
              R"((ExpressionStatement (Identifier "a")) (ExpressionStatement (PrefixExpression - )"
              R"((IntegerLiteral 1))))");
}

TEST(FrontEnd, StringsJoinEscapeAndInterpolate) {
    EXPECT_EQ(expression(R"("a" "b" "c")"), R"((StringLiteral "abc"))");
    EXPECT_EQ(expression(R"("\n\t\"\\\q")"), R"((StringLiteral "\n\x09\"\\q"))");
    EXPECT_EQ(expression(R"("")"), R"((StringLiteral ""))");
    EXPECT_EQ(expression("\"a#{b}c\" \"d\""),
              R"((InterpolatedString (StringLiteral "a") (Identifier "b") (StringLiteral "cd")))");
    EXPECT_EQ(expression("\"#{ \"#{ {\"k\": 1} }\" }\""),
              R"((InterpolatedString (InterpolatedString (HashLiteral (StringLiteral "k") )"
              R"((IntegerLiteral 1)))))");
    EXPECT_EQ(expression("\"# no comment\""), R"((StringLiteral "# no comment"))");
    EXPECT_EQ(expression("\"over\nlines\""), R"((StringLiteral "over\nlines"))");
}

TEST(FrontEnd, NumbersAreDecimalOctalOrFloat) {
    EXPECT_EQ(expression("017"), "(IntegerLiteral 15)");
    EXPECT_EQ(expression("0"), "(IntegerLiteral 0)");
    EXPECT_EQ(expression("9223372036854775807"), "(IntegerLiteral 9223372036854775807)");
    EXPECT_EQ(expression("08.50"), R"((FloatLiteral "08.50"))");
    EXPECT_EQ(tree_of("1.a"),
              R"((ExpressionStatement (MemberExpression (IntegerLiteral 1) (Identifier "a"))))");
    EXPECT_EQ(tree_of("08"), "f:1:1: 8 or 9 in a number that begins with 0 (octal)");
}

TEST(FrontEnd, WordsIgnoreCaseAndHaveSecondForms) {
    EXPECT_EQ(tree_of("KEMBALI Benar"), "(ReturnStatement (BooleanLiteral true))");
    EXPECT_EQ(tree_of("const a = KOSONG"),
              R"((VarStatement const /1 (Identifier "a") _ (NullLiteral)))");
}

TEST(FrontEnd, AFunctionWithoutResultTakesTheFirstIdentifierOfItsBody) {
    EXPECT_EQ(expression("fungsi f() cetak akhir"),
              R"((FunctionLiteral /0 _ (Identifier "f") (BlockStatement) (SimpleType "cetak")))");
    EXPECT_EQ(expression("fungsi f() 1 akhir"),
              R"((FunctionLiteral /0 _ (Identifier "f") (BlockStatement (ExpressionStatement )"
              R"((IntegerLiteral 1)))))");
    EXPECT_EQ(expression("fungsi f() [1] akhir"),
              R"((FunctionLiteral /0 _ (Identifier "f") (BlockStatement (ExpressionStatement )"
              R"((ArrayLiteral (IntegerLiteral 1))))))");
}

TEST(FrontEnd, FunctionsHaveReceiversResultsAndNativeBodies) {
    EXPECT_EQ(expression("fungsi (p *T) geser(x i64, y i64) (i64, []T) native;"),
              R"((FunctionLiteral native /2 (Parameter "p" (PointerType (SimpleType "T"))) )"
              R"((Identifier "geser") _ (Parameter "x" (SimpleType "i64")) (Parameter "y" )"
              R"((SimpleType "i64")) (SimpleType "i64") (ArrayType (SimpleType "T"))))");
    EXPECT_EQ(expression("fungsi (p T) T akhir"),
              R"((FunctionLiteral /1 _ _ (BlockStatement) (Parameter "p" (SimpleType "T")) )"
              R"((SimpleType "T")))");
}

TEST(FrontEnd, StatementsOfEveryKind) {
    EXPECT_EQ(tree_of("var a, b map[string]m.T = 1, 2;"),
              R"((VarStatement /2 (Identifier "a") (Identifier "b") (MapType (SimpleType )"
              R"("string") (QualifiedType (Identifier "m") (Identifier "T"))) (IntegerLiteral 1) )"
              R"((IntegerLiteral 2)))");
    EXPECT_EQ(tree_of("a, b = b, a"),
              R"((AssignmentStatement /2 (Identifier "a") (Identifier "b") (Identifier "b") )"
              R"((Identifier "a")))");
    EXPECT_EQ(tree_of("ambil \"x\" dari \"y\" ambil a, b;"),
              R"((ImportStatement "x") (ImportStatement from "y" (Identifier "a") )"
              R"((Identifier "b")))");
    EXPECT_EQ(tree_of("struktur T ; x i64 , 1 y T akhir"),
              R"((StructStatement (Identifier "T") (StructField "x" (SimpleType "i64")) )"
              R"((StructField "y" (SimpleType "T"))))");
    EXPECT_EQ(tree_of("antarmuka I ; fungsi f(a i64) T akhir"),
              R"((InterfaceStatement (Identifier "I") (FunctionLiteral signature /1 _ )"
              R"((Identifier "f") _ (Parameter "a" (SimpleType "i64")) (SimpleType "T"))))");
    EXPECT_EQ(tree_of("selama benar berhenti; lanjut akhir"),
              "(ExpressionStatement (WhileExpression (BooleanLiteral true) (BlockStatement "
              "(BreakStatement) (ContinueStatement))))");
    EXPECT_EQ(tree_of("pilih a kasus = 1, 2: b() kasus akhir: lainnya c() akhir"),
              R"((SwitchStatement (Identifier "a") (CaseClause "=" (IntegerLiteral 1) )"
              R"((IntegerLiteral 2) (BlockStatement (ExpressionStatement (CallExpression )"
              R"((Identifier "b"))))) (CaseClause "akhir" (BlockStatement)) (BlockStatement )"
              R"((ExpressionStatement (CallExpression (Identifier "c"))))))");
    EXPECT_EQ(expression("jika a 1 atau_jika b 2 lainnya 3 akhir"),
              R"((IfExpression (Identifier "a") (BlockStatement (ExpressionStatement )"
              R"((IntegerLiteral 1))) (ElseIfClause (Identifier "b") (BlockStatement )"
              R"((ExpressionStatement (IntegerLiteral 2)))) (BlockStatement )"
              R"((ExpressionStatement (IntegerLiteral 3)))))");
    EXPECT_EQ(tree_of("var f fungsi(i64, T) (i64)"),
              R"((VarStatement /1 (Identifier "f") (FunctionType /2 (SimpleType "i64") )"
              R"((SimpleType "T") (SimpleType "i64"))))");
}

std::string repeat(const std::string& text, size_t count) {
    std::string all;
    for (size_t i = 0; i < count; ++i) all += text;
    return all;
}

TEST(FrontEnd, NestingUpToTheLimitIsAcceptedAndOneMoreIsNot) {
    const auto nest = [](const std::string& open, const std::string& close, size_t count) {
        return tree_of(repeat(open, count) + "1" + repeat(close, count)).substr(0, 2) != "f:";
    };
    EXPECT_TRUE(nest("(", ")", 999));
    EXPECT_FALSE(nest("(", ")", 1000));
    EXPECT_TRUE(nest("jika a ", " akhir", 999));
    EXPECT_FALSE(nest("jika a ", " akhir", 1000));
    EXPECT_TRUE(nest("!", "", 999));
    EXPECT_FALSE(nest("!", "", 1000));
    EXPECT_TRUE(nest("fungsi f() ", " akhir", 999));
    EXPECT_FALSE(nest("fungsi f() ", " akhir", 1000));
    EXPECT_FALSE(nest("\"#{", "}\"", 100000));
    EXPECT_FALSE(nest("f(", ")", 100000));
    EXPECT_FALSE(nest("{1: ", "}", 100000));
    EXPECT_FALSE(nest("pilih a lainnya ", " akhir", 100000));
}

TEST(FrontEnd, ChainsAreNotNesting) {
    EXPECT_EQ(tree_of(repeat("a + ", 100000) + "a").substr(0, 5), "(Expr");
    EXPECT_EQ(tree_of("a" + repeat(".b", 100000)).substr(0, 5), "(Expr");
    EXPECT_EQ(tree_of("a" + repeat("(1)", 100000)).substr(0, 5), "(Expr");
    EXPECT_EQ(tree_of(repeat("\"s\" ", 100000)).substr(0, 5), "(Expr");
}

TEST(FrontEnd, AnySingleByteAndAnyPairIsAcceptedOrRejectedCleanly) {
    fox::Session session;
    ASSERT_TRUE(session.open());
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string source = {static_cast<char>(first), static_cast<char>(second)};
            fox::Result result = session.parse(source);
            if (result.tree == nullptr) {
                ASSERT_EQ(session.objects_live(), 0u) << first << ' ' << second;
                ASSERT_GE(result.error.column, 1u);
            }
            session.reset();
        }
    }
}

TEST(FrontEnd, EveryPrefixOfASourceEndsInATreeOrACleanError) {
    const std::string source =
        "dari \"a\" ambil b; struktur S x *i64 akhir\nfungsi (s S) f(n map[i64]S) (i64, S)\n"
        "jika n < 017 dan !\"#{ {1: [2.5]} }x\" var y = S{x: -1}[2].z(3)\natau_jika kosong lanjut\n"
        "lainnya a, b = b, a akhir\npilih n kasus 1: berhenti lainnya: kembalikan n akhir akhir\n";
    fox::Session session;
    ASSERT_TRUE(session.open());
    for (size_t length = 0; length <= source.size(); ++length) {
        fox::Result result = session.parse(source.substr(0, length));
        if (result.tree == nullptr) {
            ASSERT_EQ(session.objects_live(), 0u) << length;
        }
        session.reset();
    }
    EXPECT_NE(session.parse(source).tree, nullptr);
}

}  // namespace
