// What the fuzz targets of the language share (fuzz/targets/arena.cpp, pool.cpp, v1.cpp, ...).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fuzz/runner.h"
#include "fuzz/shape.h"

namespace suite {

// Runs the bytes as a program on subject `real` or, by the variant bit, `tiny`. A finding prints
// what it is, the program as text and the command that reproduces it, and aborts.
int fuzz_operations(const uint8_t* data, size_t size, std::string_view tiny, std::string_view real);

// The program that the bytes stand for, within the targets' bound of memory.
Program target_program(std::span<const uint8_t> bytes, const SubjectEntry& subject);

// The same for a program made of the bytes.
int fuzz_program(const Program& program, std::span<const uint8_t> bytes,
                 const SubjectEntry& subject);

// The run itself, without what happens on a finding.
RunResult run_target_input(std::span<const uint8_t> bytes, const SubjectEntry& subject);
RunResult run_target_program(const Program& program, std::span<const uint8_t> bytes,
                             const SubjectEntry& subject);

// The built-in subject of that name; there being none ends the process.
const SubjectEntry& subject_or_die(std::string_view name);

// Longest input that targets run: beyond it a run tells more of speed than of bugs.
inline constexpr size_t kTargetBytesMax = size_t{32} << 10;

}  // namespace suite
