// Small text files of the kernel (/proc, /sys), read without malloc and stdio.
//
// What these files say may be anything: every limit here is a fixed buffer, and what does not fit
// is left out as a whole rather than cut, so that half a line or half a path is never taken for
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace morph {

// A path in a fixed buffer. Once something did not fit, it stays invalid.
class PathBuffer {
 public:
    static constexpr size_t kBytesMax = 4096;

    void append(std::string_view part);
    void clear();
    // Cuts back to an earlier length(); the parts up to there must have fitted.
    void cut(size_t length);
    [[nodiscard]] size_t length() const { return length_; }
    [[nodiscard]] bool valid() const { return valid_; }
    [[nodiscard]] const char* text() const { return text_; }  // terminated
    [[nodiscard]] std::string_view view() const { return {text_, length_}; }

 private:
    char text_[kBytesMax] = {};
    size_t length_ = 0;
    bool valid_ = true;
};

// The lines of a file, one after the other. A line longer than the buffer is skipped.
class LineReader {
 public:
    static constexpr size_t kLineBytesMax = 4096;

    explicit LineReader(const PathBuffer& path);
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;
    ~LineReader();

    // The next line without its newline; valid until the next call. nullopt: no more, or no file.
    [[nodiscard]] std::optional<std::string_view> next();

 private:
    bool fill();

    int descriptor_ = -1;
    char buffer_[kLineBytesMax];
    size_t begin_ = 0;  // of what has not been given out
    size_t end_ = 0;
    bool skipping_ = false;  // inside a line that did not fit
};

// Splits off the text before separator; the rest keeps what is behind it. The whole when there is
// no separator.
std::string_view take_until(std::string_view* rest, char separator);

// A decimal number and nothing else. nullopt for anything else, and when it exceeds 64 bits.
std::optional<uint64_t> parse_decimal(std::string_view text);

std::string_view trim(std::string_view text);

}  // namespace morph
