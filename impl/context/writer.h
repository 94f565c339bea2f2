// Writer: text in small pieces, without malloc and stdio, to wherever an Emit sends it.
//
// Pieces gather in a small buffer and go out when it is full and at flush(). length() counts all of
// them, whether or not the receiver took them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace morph {

class Writer {
 public:
    using Emit = void (*)(void* user, const char* text, size_t length);

    Writer(Emit emit, void* user) : emit_(emit), user_(user) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { flush(); }

    void text(std::string_view piece);
    void repeat(char character, size_t count);
    void number(uint64_t value);
    // With its thousands apart, flush right in width columns.
    void column(uint64_t value, size_t width);
    // Flush left in width columns; control characters become '?'.
    void name_column(std::string_view name, size_t width);
    // In quotes, as JSON wants it; what is not UTF-8 becomes U+FFFD.
    void json_string(std::string_view value);
    // In quotes, quotes doubled. A value that a spreadsheet would take for a formula gets an
    // apostrophe before it.
    void csv_string(std::string_view value);

    void flush();
    [[nodiscard]] size_t length() const { return length_; }

 private:
    Emit emit_;
    void* user_;
    size_t length_ = 0;
    size_t pending_ = 0;
    char buffer_[512];
};

// Receives text in memory: as much as fits in capacity with a terminator, as snprintf does.
struct MemoryReceiver {
    char* buffer;
    size_t capacity;
    size_t length = 0;  // written, without the terminator

    static void emit(void* user, const char* text, size_t length);
    void terminate();
};

}  // namespace morph
