// Writer: statements and expressions of generated programs, as source text.
#pragma once

#include <string>

#include "stress/generate/random.h"
#include "stress/generate/words.h"

namespace fox {

class Writer {
 public:
    explicit Writer(uint64_t seed) : random_(seed), words_(random_) {}

    // One item of a program: a function, a structure, ... with comment and blank lines around it.
    std::string item();
    // The same in exactly one line.
    std::string line();

 private:
    std::string function();
    std::string structure();
    std::string interface();
    std::string import();
    std::string parameters();
    std::string type();
    std::string plain_type();

    void statements(std::string& out, size_t indent, uint64_t count);
    void statement(std::string& out, size_t indent);
    void var_statement(std::string& out, size_t indent);
    void if_statement(std::string& out, size_t indent);
    void while_statement(std::string& out, size_t indent);
    void switch_statement(std::string& out, size_t indent);
    void small_statement(std::string& out, size_t indent, bool may_return);
    std::string assignment();

    std::string call(int depth);
    std::string value(int depth);
    std::string literal();
    std::string small_value();
    std::string infix(int depth);
    std::string condition();
    std::string member();
    std::string quoted() { return '"' + words_.text() + '"'; }

    Random random_;
    Words words_;
};

}  // namespace fox
