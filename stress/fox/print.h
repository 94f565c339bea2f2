// The tree as text, the same for equal trees wherever they lie in memory:
//
//   (Program 1:1
//    (ExpressionStatement 1:1
//     (CallExpression 1:6
//      (Identifier 1:1 "cetak")
//      (IntegerLiteral 1:7 42))))
//
// Absent parts are "_". Neither printing nor checking recurses: a tree may be deeper than a stack.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stress/fox/front_end.h"
#include "stress/fox/session.h"

namespace fox {

// Takes the printed form piece by piece.
class Sink {
 public:
    Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    virtual ~Sink() = default;
    virtual void write(std::string_view text) = 0;
};

// 64-bit FNV-1a of what is written: two trees print alike if they hash alike.
class HashSink : public Sink {
 public:
    void write(std::string_view text) override;
    [[nodiscard]] uint64_t hash() const { return hash_; }

 private:
    uint64_t hash_ = 0xcbf29ce484222325u;
};

class StringSink : public Sink {
 public:
    void write(std::string_view text) override { text_ += text; }
    [[nodiscard]] const std::string& text() const { return text_; }

 private:
    std::string text_;
};

void print_tree(const Node* tree, Sink& sink);

// Hash of the printed form.
[[nodiscard]] uint64_t tree_hash(const Node* tree);

// Tokens by kind, nodes by kind, bytes: one "name value" per line.
[[nodiscard]] std::string format_counts(const Counts& counts);

// What the checks say when the context had no memory for them.
inline constexpr const char* kOutOfMemory = "out of memory";

// Checks a result against itself and against what the context knows; in RUNTIME mode the result is
// then where a major collection has left it. Empty, or what is wrong:
//   FOX-TREE     each node has a known kind, the number of children of its kind, a position
//                inside the source, an aligned address; nodes are as many as counted, by kind
//   FOX-TOKENS   tokens are as many as counted and in the order of the source
//   FOX-FIGURES  the context's figures by type equal the front end's own (metrics on)
//   FOX-LIVE     RUNTIME mode: a major collection leaves exactly tree, tokens and their texts
[[nodiscard]] std::string check_result(Session& session, Result* result);

// RUNTIME mode: a major collection leaves nothing of a result that nobody keeps. (COMPILER mode:
// good.)
[[nodiscard]] std::string check_dropped(Session& session);

}  // namespace fox
