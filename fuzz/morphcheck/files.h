// Files of programs: text or binary by what is in them.
#pragma once

#include <optional>
#include <string>

#include "fuzz/operation.h"

namespace suite {

enum class Form : uint8_t { text, binary };

struct LoadedProgram {
    Program program;
    Form form;
};

// "-" is standard input. A file is text when its name ends in .morph or all its bytes are printable
// ASCII and blanks; else binary. nullopt: error is a line with file, position and reason.
std::optional<LoadedProgram> load_program(const std::string& path, std::string* error);

// Replaces the file ("-": standard output). false: error tells why.
bool store_file(const std::string& path, const std::string& contents, std::string* error);

}  // namespace suite
