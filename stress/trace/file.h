// Trace files: plain, compressed by zstd as a whole (zstd -d gives the plain one back), or text.
#pragma once

#include <optional>
#include <string>

#include "stress/trace/trace.h"

namespace trace {

// Larger files, after decompression, are refused: they would not fit in memory as events.
inline constexpr uint64_t kFileBytesMax = uint64_t{4} << 30;

enum class Form : uint8_t { plain, compressed, text };

// Whichever form it is. Offsets in refusals are of the plain file; those of text are lines.
std::optional<Refusal> load(const std::string& path, Trace* trace);

// Written beside it first, then moved to its name. false: error says why.
bool save(const std::string& path, const Trace& trace, Form form, std::string* error);

// What is compressed may end anywhere; then this gives what is there.
std::optional<Refusal> decompress(const std::string& data, std::string* plain);
std::string compress(const std::string& plain);

}  // namespace trace
