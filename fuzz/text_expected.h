// What the parser says that it expected: lists of names, from the tables.
#pragma once

#include <string>

#include "fuzz/fields.h"
#include "fuzz/shape.h"

namespace suite {

// "block=, debug=, ... or the end"
inline std::string expected_fields() {
    std::string result;
    for (size_t i = 0; i < kFields; ++i) {
        result += std::string(field_name(static_cast<Field>(i))) + "=, ";
    }
    result.resize(result.size() - 2);
    return result + " or the end";
}

// "size=, type= or the end of the line"
inline std::string expected_operands(Code code) {
    std::string result;
    for (size_t i = 0; i < kOperands; ++i) {
        if (!shape(code).uses(static_cast<Operand>(i))) continue;
        result += std::string(operand_name(static_cast<Operand>(i))) + "=, ";
    }
    if (result.empty()) return "the end of the line";
    result.resize(result.size() - 2);
    return result + " or the end of the line";
}

}  // namespace suite
