// Text form of a program: what people read, review and commit in corpora/.
//
//   # Comments run to the end of the line.
//   configure block=4096 debug=on bytes_max=1048576     (first, at most once; all optional)
//   allocate size=24 type=3
//   allocate_aligned size=100 type=0 alignment=64
//   free object=0
//
// One operation per line. An operand left out is zero; one that the operation does not take is an
// error. Numbers: decimal, 0x hexadecimal, 2^k, 2^k+d, 2^k-d, and for the operand's largest value
// MAX and MAX-n. Words: on, off; size, pool, arena (placement); unregistered (type MAX); all
// (count 255); null (target 0); new (root 0). Alignments are written as bytes and must be powers of
// two.
//
// TEXT-EXACT  parse(print(p)) == canonical(p)
// TEXT-TOTAL  parse accepts any bytes: a program, or an error with line and column (from 1) of the
//             first byte that does not fit, and what was expected there
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "fuzz/operation.h"

namespace suite {

// Largest d and n of the number forms.
inline constexpr uint64_t kTextDistanceMax = 4096;

struct ParseError {
    size_t line;
    size_t column;
    std::string text;  // "expected a number, found 'x'"
};

// "3:14: expected ...": ready to put behind a file name.
std::string to_string(const ParseError& error);

std::variant<Program, ParseError> parse(std::string_view text);

// One line without its newline; the part of print that explain and findings show.
std::string print(const Operation& operation);
// "" for the default configuration, else the configure line without its newline.
std::string print(const Configuration& configuration);
std::string print(const Program& program);

}  // namespace suite
