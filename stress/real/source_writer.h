// SourceWriter: lines of a generated program, made from templates. In a template
//   $i is the number of the function      $r a random number from 1 to 999
//   $v a random name                      $e the number of an earlier function, or of this one
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/random.h"

namespace real {

class SourceWriter {
 public:
    SourceWriter(uint64_t seed, uint64_t lines) : random_(seed), lines_wanted_(lines) {
        text_.reserve(static_cast<size_t>(lines) * 40);
    }

    [[nodiscard]] bool enough() const { return lines_ >= lines_wanted_; }
    [[nodiscard]] uint64_t functions() const { return functions_; }
    suite::Random& random() { return random_; }
    std::string take() { return std::move(text_); }

    void literal(std::string_view text) {
        text_ += text;
        for (const char byte : text) lines_ += byte == '\n' ? 1 : 0;
    }

    // One function.
    void function(std::string_view form) {
        const std::string name = random_name();
        for (size_t at = 0; at < form.size(); ++at) {
            if (form[at] != '$' || at + 1 == form.size()) {
                text_ += form[at];
                if (form[at] == '\n') lines_ += 1;
                continue;
            }
            at += 1;
            switch (form[at]) {
                case 'i':
                    text_ += std::to_string(functions_);
                    break;
                case 'r':
                    text_ += std::to_string(random_.between(1, 999));
                    break;
                case 'e':
                    text_ += std::to_string(random_.below(functions_ + 1));
                    break;
                default:
                    text_ += name;
            }
        }
        functions_ += 1;
    }

 private:
    // No reserved word: these end in a digit.
    std::string random_name() {
        static constexpr std::array<std::string_view, 12> kParts = {
            "item", "count", "state", "next",  "total", "line",
            "node", "value", "width", "depth", "text",  "index"};
        std::string name(random_.pick(kParts));
        if (random_.one_in(2)) name += random_.pick(kParts);
        return name + std::to_string(random_.below(100));
    }

    suite::Random random_;
    uint64_t lines_wanted_;
    uint64_t lines_ = 0;
    uint64_t functions_ = 0;
    std::string text_;
};

}  // namespace real
