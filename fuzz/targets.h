// What the fuzz targets of the language share (fuzz/targets/arena.cpp, pool.cpp, context.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fuzz/runner.h"

namespace suite {

// Runs the bytes as a program on subject `real` or, by the variant bit, `tiny`. A finding prints
// what it is, the program as text and the command that reproduces it, and aborts.
int fuzz_operations(const uint8_t* data, size_t size, std::string_view tiny, std::string_view real);

// The program that the bytes stand for, within the targets' bound of memory.
Program target_program(std::span<const uint8_t> bytes, const SubjectEntry& subject);

// The run itself, without what happens on a finding.
RunResult run_target_input(std::span<const uint8_t> bytes, const SubjectEntry& subject);

// Longest input that targets run: beyond it a run tells more of speed than of bugs.
inline constexpr size_t kTargetBytesMax = size_t{32} << 10;

}  // namespace suite
