#include "stress/generate/writer.h"

namespace fox {

namespace {

std::string spaces(size_t indent) {
    return std::string(indent * 4, ' ');
}

constexpr const char* kTypes[] = {"i64", "i32", "string", "bool", "f64", "any"};
constexpr const char* kArithmetic[] = {" + ", " + ", " - ", " * ",  " / ", " % ",
                                       " & ", " | ", " ^ ", " << ", " >> "};
constexpr const char* kComparisons[] = {" == ", " == ", " != ", " < ", " > ", " <= ", " >= "};

// Deeper statements are small ones.
constexpr size_t kIndentMax = 4;

}  // namespace

std::string Writer::item() {
    words_.renew();
    std::string out;
    const uint64_t comments = random_.below(3);
    for (uint64_t i = 0; i < comments; ++i) out += words_.comment() + '\n';
    const uint64_t pick = random_.below(100);
    if (pick < 82) {
        out += function();
    } else if (pick < 88) {
        out += structure();
    } else if (pick < 89) {
        out += interface();
    } else if (pick < 91) {
        out += import();
    } else {
        out += line();
    }
    return out + (random_.chance(50) ? "\n" : "\n\n");
}

std::string Writer::line() {
    if (random_.chance(30)) return words_.comment() + '\n';
    if (random_.chance(40)) return "tetapan " + words_.fresh_name() + " = " + literal() + '\n';
    if (random_.chance(50))
        return "var " + words_.fresh_name() + " " + type() + " = " + value(1) + '\n';
    return call(1) + '\n';
}

std::string Writer::import() {
    if (random_.chance(60)) return "ambil \"" + words_.name() + "\"\n";
    return "dari \"" + words_.name() + "\" ambil " + words_.name() + ", " + words_.name() + '\n';
}

std::string Writer::structure() {
    std::string out = "struktur " + words_.fresh_name() + '\n';
    const uint64_t fields = 1 + random_.below(6);
    for (uint64_t i = 0; i < fields; ++i) {
        out += spaces(1) + words_.fresh_name() + ' ' + type() + '\n';
    }
    return out + "akhir\n";
}

std::string Writer::interface() {
    std::string out = "antarmuka " + words_.fresh_name() + '\n';
    const uint64_t methods = 1 + random_.below(3);
    for (uint64_t i = 0; i < methods; ++i) {
        out +=
            spaces(1) + "fungsi " + words_.fresh_name() + '(' + parameters() + ") " + type() + '\n';
    }
    return out + "akhir\n";
}

std::string Writer::plain_type() {
    return kTypes[random_.below(sizeof kTypes / sizeof kTypes[0])];
}

std::string Writer::type() {
    const uint64_t pick = random_.below(100);
    if (pick < 76) return plain_type();
    if (pick < 82) return '*' + words_.fresh_name();
    if (pick < 88) return "[]" + plain_type();
    if (pick < 92) return "map[string]" + plain_type();
    if (pick < 95) return "fungsi(" + plain_type() + ", " + plain_type() + ") " + plain_type();
    return words_.name() + '.' + words_.name();
}

std::string Writer::parameters() {
    static constexpr uint64_t kCounts[] = {0, 0, 0, 1, 1, 1, 1, 1, 2, 2};
    std::string out;
    const uint64_t count = kCounts[random_.below(10)];
    for (uint64_t i = 0; i < count; ++i) {
        if (i != 0) out += ", ";
        out += words_.name() + ' ' + type();
    }
    return out;
}

std::string Writer::function() {
    std::string out = "fungsi ";
    if (random_.chance(10)) out += '(' + words_.name() + " *" + words_.name() + ") ";
    out += words_.fresh_name() + '(' + parameters() + ')';
    if (random_.chance(4)) return out + ' ' + type() + " native\n";
    const bool result = random_.chance(75);
    if (result) {
        out += random_.chance(6) ? " (" + plain_type() + ", " + type() + ')' : ' ' + type();
    }
    out += '\n';
    // Without a result the body must not begin with an identifier, which would be taken for one.
    if (!result) random_.chance(50) ? if_statement(out, 1) : var_statement(out, 1);
    statements(out, 1, 1 + random_.below(5));
    if (result) {
        out += spaces(1) + "kembalikan " + value(1);
        if (random_.chance(6)) out += ", " + small_value();
        out += '\n';
    }
    return out + "akhir\n";
}

void Writer::statements(std::string& out, size_t indent, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
        if (random_.chance(13)) out += spaces(indent) + words_.comment() + '\n';
        if (random_.chance(13) && i != 0) out += '\n';
        statement(out, indent);
    }
}

void Writer::statement(std::string& out, size_t indent) {
    const uint64_t pick = indent < kIndentMax ? random_.below(100) : 99;
    if (pick < 30) {
        if_statement(out, indent);
    } else if (pick < 34) {
        while_statement(out, indent);
    } else if (pick < 36) {
        switch_statement(out, indent);
    } else if (pick < 56) {
        var_statement(out, indent);
    } else {
        small_statement(out, indent, false);
    }
}

void Writer::var_statement(std::string& out, size_t indent) {
    out += spaces(indent) + "var " + words_.fresh_name();
    if (random_.chance(5))
        out += ", " + words_.fresh_name() + " = " + small_value() + ", 0";
    else if (random_.chance(12))
        out += ' ' + type();
    else
        out += " = " + value(1);
    out += random_.chance(10) ? ";\n" : "\n";
}

void Writer::small_statement(std::string& out, size_t indent, bool may_return) {
    out += spaces(indent);
    const uint64_t pick = random_.below(100);
    if (may_return && pick < 45) {
        out += random_.chance(12) ? "kembalikan\n" : "kembalikan " + value(1) + '\n';
    } else if (pick < (may_return ? 57u : 34u)) {
        out += assignment() + '\n';
    } else {
        out += call(1) + '\n';
    }
}

std::string Writer::assignment() {
    std::string target = random_.chance(30) ? member() : words_.name();
    if (random_.chance(8)) target += '[' + small_value() + ']';
    if (random_.chance(3)) return target + ", " + words_.name() + " = " + call(1);
    return target + " = " + value(1);
}

void Writer::if_statement(std::string& out, size_t indent) {
    out += spaces(indent) + "jika " + condition() + '\n';
    if (random_.chance(25)) {
        statements(out, indent + 1, 1 + random_.below(2));
    }
    small_statement(out, indent + 1, true);
    if (random_.chance(12)) {
        out += spaces(indent) + "atau_jika " + condition() + '\n';
        small_statement(out, indent + 1, true);
    }
    if (random_.chance(22)) {
        out += spaces(indent) + "lainnya\n";
        small_statement(out, indent + 1, true);
    }
    out += spaces(indent) + "akhir\n";
}

void Writer::while_statement(std::string& out, size_t indent) {
    out += spaces(indent) + "selama " + condition() + '\n';
    statements(out, indent + 1, 1 + random_.below(2));
    if (random_.chance(40)) {
        out += spaces(indent + 1) + "jika " + condition() + '\n';
        out += spaces(indent + 2) + (random_.chance(50) ? "berhenti\n" : "lanjut\n");
        out += spaces(indent + 1) + "akhir\n";
    }
    out += spaces(indent) + "akhir\n";
}

void Writer::switch_statement(std::string& out, size_t indent) {
    out += spaces(indent) + "pilih " + member() + '\n';
    const uint64_t cases = 1 + random_.below(3);
    for (uint64_t i = 0; i < cases; ++i) {
        const std::string label = random_.chance(50) ? quoted() : "= " + small_value();
        // A label is one token: an interpolation in it would be another.
        const bool plain = label.find("#{") == std::string::npos;
        out += spaces(indent) + "kasus " + (plain ? label : "0") + ":\n";
        small_statement(out, indent + 1, true);
    }
    if (random_.chance(50)) {
        out += spaces(indent) + "lainnya:\n";
        small_statement(out, indent + 1, true);
    }
    out += spaces(indent) + "akhir\n";
}

std::string Writer::member() {
    std::string out = words_.name() + '.' + words_.name();
    if (random_.chance(10)) out += '.' + words_.name();
    return out;
}

std::string Writer::small_value() {
    return random_.chance(52) ? std::to_string(random_.below(random_.chance(80) ? 10 : 5000))
                              : words_.name();
}

std::string Writer::literal() {
    const uint64_t pick = random_.below(100);
    if (pick < 58) return quoted();
    if (pick < 83) return std::to_string(random_.below(random_.chance(70) ? 16 : 100000));
    if (pick < 86) return random_.chance(50) ? "benar" : "salah";
    if (pick < 89) return "kosong";
    if (pick < 92)
        return std::to_string(random_.below(100)) + '.' + std::to_string(random_.below(1000));
    if (pick < 95) return '[' + small_value() + ", " + small_value() + ']';
    if (pick < 98) return "{" + quoted() + ": " + small_value() + "}";
    return words_.name() + '{' + words_.name() + ": " + small_value() + '}';
}

std::string Writer::infix(int depth) {
    return (random_.chance(30) ? member() : words_.name()) +
           kArithmetic[random_.below(sizeof kArithmetic / sizeof kArithmetic[0])] +
           (depth > 0 && random_.chance(30) ? value(depth - 1) : small_value());
}

std::string Writer::condition() {
    const uint64_t pick = random_.below(100);
    if (pick < 15) return random_.chance(50) ? words_.name() : call(0);
    if (pick < 25) return '!' + call(0);
    std::string out = random_.chance(30) ? member() : words_.name();
    out += kComparisons[random_.below(sizeof kComparisons / sizeof kComparisons[0])];
    out += random_.chance(26) ? literal() : small_value();
    if (pick > 84) out += (random_.chance(50) ? " dan " : " atau ") + words_.name();
    return out;
}

std::string Writer::call(int depth) {
    std::string out = (random_.chance(52) ? member() : words_.name()) + '(';
    static constexpr uint64_t kCounts[] = {0, 1, 1, 1, 1, 1, 1, 2, 2, 3};
    const uint64_t count = kCounts[random_.below(10)];
    for (uint64_t i = 0; i < count; ++i) {
        if (i != 0) out += ", ";
        out += random_.chance(60) ? quoted() : depth > 0 ? value(depth - 1) : small_value();
    }
    return out + ')';
}

std::string Writer::value(int depth) {
    const uint64_t pick = random_.below(100);
    if (pick < 22) return words_.name();
    if (pick < 34) return member();
    if (pick < 60) return literal();
    if (pick < 63) return words_.name() + '[' + small_value() + ']';
    if (pick < 65) return '-' + words_.name();
    if (pick < 67) return '(' + infix(0) + ')';
    return pick < 84 ? call(depth) : infix(depth);
}

}  // namespace fox
