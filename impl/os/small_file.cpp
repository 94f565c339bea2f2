#include "os/small_file.h"

#include <cstring>

#if !defined(_WIN32)
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#endif

namespace morph {

void PathBuffer::append(std::string_view part) {
    if (part.empty()) return;
    // One byte is the terminator's; a NUL inside would silently shorten the path.
    bool fits = part.size() < kBytesMax - length_;
    if (!valid_ || !fits || std::memchr(part.data(), '\0', part.size()) != nullptr) {
        valid_ = false;
        return;
    }
    std::memcpy(text_ + length_, part.data(), part.size());
    length_ += part.size();
    text_[length_] = '\0';
}

void PathBuffer::clear() {
    cut(0);
    valid_ = true;
}

void PathBuffer::cut(size_t length) {
    if (length >= length_) return;
    length_ = length;
    text_[length_] = '\0';
}

#if defined(_WIN32)
LineReader::LineReader(const PathBuffer&) {}
LineReader::~LineReader() = default;
bool LineReader::fill() {
    return false;
}
#else
LineReader::LineReader(const PathBuffer& path) {
    if (!path.valid()) return;
    do {
        descriptor_ = open(path.text(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    } while (descriptor_ < 0 && errno == EINTR);
}

LineReader::~LineReader() {
    if (descriptor_ >= 0) close(descriptor_);
}

// More bytes behind end_; false at the end of the file and on any error.
bool LineReader::fill() {
    if (descriptor_ < 0) return false;
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    ssize_t got;
    do {
        got = read(descriptor_, buffer_ + end_, kLineBytesMax - end_);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    end_ += static_cast<size_t>(got);
    return true;
}
#endif

std::optional<std::string_view> LineReader::next() {
    for (;;) {
        char* start = buffer_ + begin_;
        auto* newline = static_cast<char*>(std::memchr(start, '\n', end_ - begin_));
        if (newline != nullptr) {
            begin_ = static_cast<size_t>(newline - buffer_) + 1;
            if (!skipping_) return std::string_view(start, static_cast<size_t>(newline - start));
            skipping_ = false;
            continue;
        }
        if (end_ - begin_ == kLineBytesMax) {
            begin_ = end_ = 0;
            skipping_ = true;
        }
        if (fill()) continue;
        // The last line may lack its newline.
        std::string_view last(buffer_ + begin_, end_ - begin_);
        begin_ = end_;
        if (skipping_ || last.empty()) return std::nullopt;
        return last;
    }
}

std::string_view take_until(std::string_view* rest, char separator) {
    size_t at = rest->find(separator);
    std::string_view head = *rest;
    if (at == std::string_view::npos) {
        rest->remove_prefix(rest->size());
        return head;
    }
    head.remove_suffix(head.size() - at);
    rest->remove_prefix(at + 1);
    return head;
}

std::optional<uint64_t> parse_decimal(std::string_view text) {
    if (text.empty()) return std::nullopt;
    uint64_t value = 0;
    for (char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        if (__builtin_mul_overflow(value, uint64_t{10}, &value)) return std::nullopt;
        if (__builtin_add_overflow(value, static_cast<uint64_t>(digit - '0'), &value)) {
            return std::nullopt;
        }
    }
    return value;
}

std::string_view trim(std::string_view text) {
    auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace morph
