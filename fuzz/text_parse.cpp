#include <bit>
#include <limits>
#include <optional>

#include "fuzz/fields.h"
#include "fuzz/shape.h"
#include "fuzz/text.h"
#include "fuzz/text_expected.h"

namespace suite {
namespace {

// Outcome of reading one thing: the error is in Parser::error_ when it is false.
using Ok = bool;

class Parser {
 public:
    explicit Parser(std::string_view text) : text_(text) {}

    std::variant<Program, ParseError> parse() {
        if (text_.starts_with("\xef\xbb\xbf")) position_ = line_start_ = 3;  // byte order mark
        while (position_ < text_.size()) {
            if (!parse_line()) return *error_;
        }
        return std::move(program_);
    }

 private:
    [[nodiscard]] char peek() const { return position_ < text_.size() ? text_[position_] : '\n'; }

    Ok fail_at(size_t position, std::string expected) {
        std::string found = "the end of the line";
        size_t end = position;
        while (end < text_.size() && end - position < 24 && !is_space(text_[end])) ++end;
        if (end > position) {
            found = "'";
            for (char c : text_.substr(position, end - position)) {
                found += c >= ' ' && c < '\x7f' ? c : '?';
            }
            found += "'";
        }
        error_ = ParseError{line_, position - line_start_ + 1,
                            "expected " + std::move(expected) + ", found " + found};
        return false;
    }

    static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
    static bool is_word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    }

    void skip_blanks() {
        while (position_ < text_.size() && text_[position_] != '\n' && is_space(text_[position_])) {
            ++position_;
        }
        if (peek() == '#') {
            while (position_ < text_.size() && text_[position_] != '\n') ++position_;
        }
    }

    std::string_view word() {
        const size_t start = position_;
        while (position_ < text_.size() && is_word(text_[position_])) ++position_;
        return text_.substr(start, position_ - start);
    }

    Ok parse_line() {
        skip_blanks();
        if (peek() != '\n') {
            const size_t start = position_;
            const std::string_view name = word();
            if (name == "configure") {
                if (!parse_configure(start)) return false;
            } else if (!parse_operation(start, name)) {
                return false;
            }
        }
        ++position_;  // the newline, or one past the end
        ++line_;
        line_start_ = position_;
        return true;
    }

    // The next `name=`; false at the end of the line or with error_ set.
    bool next_operand(size_t& start, std::string_view& name, const char* expected) {
        const bool separated = position_ > 0 && is_space(peek());
        skip_blanks();
        start = position_;
        if (peek() == '\n') return false;
        name = separated ? word() : std::string_view{};
        if (name.empty()) return fail_at(start, expected);
        if (peek() != '=') return fail_at(position_, "'=' after '" + std::string(name) + "'");
        ++position_;
        return true;
    }

    Ok parse_configure(size_t start) {
        if (configured_ || !program_.operations.empty()) {
            return fail_at(start, configured_ ? "an operation (configure stands once)"
                                              : "an operation (configure stands first)");
        }
        configured_ = true;
        Configuration& configuration = program_.configuration;
        const std::string expected = expected_fields();
        unsigned seen = 0;
        size_t at = 0;
        std::string_view name;
        while (next_operand(at, name, expected.c_str())) {
            size_t which = 0;
            while (which < kFields && field_name(static_cast<Field>(which)) != name) ++which;
            if (which == kFields) return fail_at(at, expected);
            if ((seen >> which & 1) != 0) return fail_at(at, "each field once");
            seen |= 1u << which;
            if (!parse_field(configuration, static_cast<Field>(which))) return false;
        }
        return !error_;
    }

    Ok parse_field(Configuration& configuration, Field field) {
        uint64_t value = 0;
        bool on = false;
        uint8_t log2 = 0;
        switch (field_kind(field)) {
            case FieldKind::power:
                if (!parse_power(log2, true)) return false;
                value = log2;
                break;
            case FieldKind::toggle:
                if (!parse_switch(on)) return false;
                value = on ? 1 : 0;
                break;
            case FieldKind::number:
                if (!parse_number(value, field_max(field))) return false;
        }
        set_field(configuration, field, value);
        return true;
    }

    Ok parse_operation(size_t start, std::string_view name) {
        Operation operation;
        size_t code = 0;
        while (code < kCodes && shape(static_cast<Code>(code)).name != name) ++code;
        if (code == kCodes) return fail_at(start, "an operation");
        operation.code = static_cast<Code>(code);
        unsigned seen = 0;
        size_t at = 0;
        std::string_view operand_text;
        const std::string expected = expected_operands(operation.code);
        while (next_operand(at, operand_text, expected.c_str())) {
            size_t which = 0;
            while (which < kOperands &&
                   (operand_name(static_cast<Operand>(which)) != operand_text ||
                    !shape(operation.code).uses(static_cast<Operand>(which)))) {
                ++which;
            }
            if (which == kOperands) return fail_at(at, expected);
            if ((seen >> which & 1) != 0) return fail_at(at, "each operand once");
            seen |= 1u << which;
            if (!parse_operand(operation, static_cast<Operand>(which))) return false;
        }
        if (error_) return false;
        program_.operations.push_back(operation);
        return true;
    }

    Ok parse_operand(Operation& operation, Operand which) {
        if (which == Operand::alignment) return parse_power(operation.alignment, false);
        if (which == Operand::placement && accept("size")) return true;
        if (which == Operand::target && accept("null")) return true;
        if (which == Operand::root && accept("new")) return true;
        uint64_t value = 0;
        if (which == Operand::placement && accept("pool")) {
            value = 1;
        } else if (which == Operand::placement && accept("arena")) {
            value = 2;
        } else if (which == Operand::type && accept("unregistered")) {
            value = operand_max(which);
        } else if (which == Operand::count && accept("all")) {
            value = 255;
        } else if (!parse_number(value, operand_max(which))) {
            return false;
        }
        set_operand(operation, which, value);
        return true;
    }

    // Takes the word if it is exactly this one.
    bool accept(std::string_view expected) {
        const size_t start = position_;
        if (word() == expected) return true;
        position_ = start;
        return false;
    }

    Ok parse_switch(bool& value) {
        if (accept("on")) {
            value = true;
        } else if (accept("off")) {
            value = false;
        } else {
            return fail_at(position_, "on or off");
        }
        return true;
    }

    // A power of two as its log2; zero_allowed: 0 stays 0, and so 1 cannot be written but as 2^0.
    Ok parse_power(uint8_t& log2, bool zero_allowed) {
        const size_t start = position_;
        if (text_.substr(position_).starts_with("2^")) {
            position_ += 2;
            uint64_t exponent = 0;
            if (!parse_number(exponent, 255)) return false;
            log2 = static_cast<uint8_t>(exponent);
            return true;
        }
        uint64_t value = 0;
        if (!parse_number(value, std::numeric_limits<uint64_t>::max())) return false;
        if (value == 0 && zero_allowed) return true;
        if (!std::has_single_bit(value)) return fail_at(start, "a power of two");
        log2 = static_cast<uint8_t>(std::countr_zero(value));
        return true;
    }

    Ok parse_digits(uint64_t& value, uint64_t max) {
        const size_t start = position_;
        const bool hexadecimal = text_.substr(position_).starts_with("0x");
        const uint64_t base = hexadecimal ? 16 : 10;
        if (hexadecimal) position_ += 2;
        const size_t digits = position_;
        value = 0;
        for (; position_ < text_.size(); ++position_) {
            const char c = text_[position_];
            uint64_t digit = base;
            if (c >= '0' && c <= '9') digit = static_cast<uint64_t>(c - '0');
            if (hexadecimal && c >= 'a' && c <= 'f') digit = static_cast<uint64_t>(c - 'a') + 10;
            if (digit >= base) break;
            if (value > (max - digit) / base || digit > max) {
                return fail_at(start, "a number up to " + std::to_string(max));
            }
            value = value * base + digit;
        }
        if (position_ == digits || (position_ < text_.size() && is_word(text_[position_]))) {
            return fail_at(start, "a number");
        }
        return true;
    }

    Ok parse_number(uint64_t& value, uint64_t max) {
        const size_t start = position_;
        uint64_t base = max;
        if (text_.substr(position_).starts_with("2^")) {
            position_ += 2;
            uint64_t exponent = 0;
            if (!parse_digits(exponent, 63)) return false;
            base = uint64_t{1} << exponent;
        } else if (!accept("MAX")) {
            return parse_digits(value, max);
        }
        uint64_t distance = 0;
        const char sign = peek();
        if (sign == '+' || sign == '-') {
            ++position_;
            if (!parse_digits(distance, kTextDistanceMax)) return false;
        }
        // base and distance are each in range; their sum or difference may not be.
        const bool below = sign == '-';
        value = below ? base - distance : base + distance;
        if (below ? distance > base : value < base) return fail_at(start, "a number in range");
        if (value > max) return fail_at(start, "a number up to " + std::to_string(max));
        return true;
    }

    std::string_view text_;
    size_t position_ = 0;
    size_t line_ = 1;
    size_t line_start_ = 0;
    bool configured_ = false;
    Program program_;
    std::optional<ParseError> error_;
};

}  // namespace

std::string to_string(const ParseError& error) {
    return std::to_string(error.line) + ":" + std::to_string(error.column) + ": " + error.text;
}

std::variant<Program, ParseError> parse(std::string_view text) {
    return Parser(text).parse();
}

}  // namespace suite
