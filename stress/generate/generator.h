// Programs in Fox from a seed: valid, of any length, with the statistics of real sources.
//
// What is aimed at, per line and as shares of nodes: 3.5 tokens, 3.0 nodes, 1.25 identifiers (6
// bytes at the median, 14 at p90, 41 at most), 0.2 strings (10 bytes at the median, 37 at p90, 241
// at p99); Identifier 33 %, ExpressionStatement 9, Call 7, Member 7, String 7, Block 6, SimpleType
// 5, Infix 5, Integer 4, Return 3, If 3, Var 2, Parameter 2, Function 2, Assignment 2. How near a
// generated program comes is measured by generator_test.cpp.
//
// GENERATE-VALID  the front end accepts every program
// GENERATE-SEED   equal seeds and line counts give equal programs
// GENERATE-LINES  a program has the lines asked for, exactly
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace fox {

// Streams a program in pieces of some lines; memory does not grow with the program.
void generate(uint64_t seed, uint64_t lines, const std::function<void(std::string_view)>& write);

[[nodiscard]] std::string generate(uint64_t seed, uint64_t lines);

}  // namespace fox
