// Source: the text that the front end parses, made in a process of its own.
//
// Making it takes memory of malloc, and leaves it there. So a child makes it, and hands it over as
// pages that are mapped here: what is measured later finds no heap that has been warmed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace compare {

class Source {
 public:
    // Of what make() returns in the child. Empty if that is empty, or there is no memory for it.
    explicit Source(const std::function<std::string()>& make);
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    ~Source();

    [[nodiscard]] std::string_view text() const { return {text_, size_}; }

 private:
    const char* text_ = nullptr;
    size_t size_ = 0;
};

// The files *.fox of a folder, joined in the order of their names, again and again until there are
// at least so many lines. Empty: there are none, or one cannot be read.
[[nodiscard]] std::string join_sources(const std::string& folder, uint64_t lines);

}  // namespace compare
