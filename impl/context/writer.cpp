#include "context/writer.h"

#include <cstring>

namespace morph {
namespace {

// Number of bytes of the UTF-8 character at the begin of text; 0 when there is no valid one.
size_t utf8_length(std::string_view text) {
    auto byte = [&](size_t index) {
        return index < text.size() ? static_cast<unsigned char>(text[index]) : 0u;
    };
    auto follows = [&](size_t index) { return (byte(index) & 0xC0) == 0x80; };
    unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (first == 0xE0 && byte(1) < 0xA0) return 0;  // longer than need be
        if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogates
        return follows(1) && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (first == 0xF0 && byte(1) < 0x90) return 0;
        if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
        return follows(1) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

struct Digits {
    explicit Digits(uint64_t value) {
        do {
            text[--begin] = static_cast<char>('0' + value % 10);
            value /= 10;
        } while (value != 0);
    }
    [[nodiscard]] size_t count() const { return sizeof(text) - begin; }

    char text[20];  // 2^64 has 20 digits
    size_t begin = sizeof(text);
};

}  // namespace

void Writer::flush() {
    if (pending_ > 0) emit_(user_, buffer_, pending_);
    pending_ = 0;
}

void Writer::text(std::string_view piece) {
    length_ += piece.size();
    while (!piece.empty()) {
        if (pending_ == sizeof(buffer_)) flush();
        size_t room = sizeof(buffer_) - pending_;
        size_t count = piece.size() < room ? piece.size() : room;
        memcpy(buffer_ + pending_, piece.data(), count);
        pending_ += count;
        piece.remove_prefix(count);
    }
}

void Writer::repeat(char character, size_t count) {
    for (; count > 0; --count) text({&character, 1});
}

void Writer::number(uint64_t value) {
    Digits digits(value);
    text({digits.text + digits.begin, digits.count()});
}

void Writer::column(uint64_t value, size_t width) {
    Digits digits(value);
    size_t count = digits.count();
    size_t columns = count + (count - 1) / 3;
    if (columns < width) repeat(' ', width - columns);
    for (size_t index = 0; index < count; ++index) {
        if (index > 0 && (count - index) % 3 == 0) text(",");
        text({digits.text + digits.begin + index, 1});
    }
}

void Writer::name_column(std::string_view name, size_t width) {
    size_t columns = 0;
    while (!name.empty()) {
        size_t bytes = utf8_length(name);
        auto first = static_cast<unsigned char>(name[0]);
        // U+0080 .. U+009F are control characters as well (0xC2, then 0x80 .. 0x9F).
        bool control = first < 0x20 || first == 0x7F ||
                       (bytes == 2 && first == 0xC2 && static_cast<unsigned char>(name[1]) < 0xA0);
        bool printable = bytes != 0 && !control;
        text(printable ? std::string_view(name.data(), bytes) : std::string_view("?"));
        name.remove_prefix(bytes == 0 ? 1 : bytes);
        columns += 1;
    }
    if (columns < width) repeat(' ', width - columns);
}

void Writer::json_string(std::string_view value) {
    constexpr char kHexDigits[] = "0123456789abcdef";
    text("\"");
    while (!value.empty()) {
        size_t bytes = utf8_length(value);
        auto first = static_cast<unsigned char>(value[0]);
        if (bytes == 0) {
            text("\\ufffd");
            value.remove_prefix(1);
            continue;
        }
        if (first == '"' || first == '\\') {
            text("\\");
            text({value.data(), 1});
        } else if (first < 0x20 || first == 0x7F) {
            const char escape[] = {
                '\\', 'u', '0', '0', kHexDigits[first >> 4], kHexDigits[first & 15]};
            text({escape, sizeof(escape)});
        } else {
            text({value.data(), bytes});
        }
        value.remove_prefix(bytes);
    }
    text("\"");
}

void Writer::csv_string(std::string_view value) {
    text("\"");
    constexpr std::string_view kFormulaStarts("=+-@\t\r\n");
    if (!value.empty() && kFormulaStarts.find(value[0]) != std::string_view::npos) text("'");
    for (char character : value) {
        if (character == '"') text("\"");
        text({&character, 1});
    }
    text("\"");
}

void MemoryReceiver::emit(void* user, const char* text, size_t length) {
    auto* receiver = static_cast<MemoryReceiver*>(user);
    if (receiver->buffer == nullptr || receiver->capacity == 0) return;
    size_t room = receiver->capacity - 1 - receiver->length;
    size_t count = length < room ? length : room;
    memcpy(receiver->buffer + receiver->length, text, count);
    receiver->length += count;
}

void MemoryReceiver::terminate() {
    if (buffer != nullptr && capacity > 0) buffer[length] = '\0';
}

}  // namespace morph
