#include "fuzz/morphcheck/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>

#include "fuzz/binary.h"
#include "fuzz/text.h"

namespace suite {
namespace {

struct Closer {
    void operator()(std::FILE* file) const {
        if (file != stdin && file != stdout) (void)std::fclose(file);
    }
};
using File = std::unique_ptr<std::FILE, Closer>;

std::optional<std::string> read_whole(const std::string& path, std::string* error) {
    const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
    std::string contents;
    char buffer[4096];
    size_t got = 0;
    if (file == nullptr) {
        *error = path + ": " + std::strerror(errno);
        return std::nullopt;
    }
    while ((got = std::fread(buffer, 1, sizeof buffer, file.get())) > 0) {
        contents.append(buffer, got);
    }
    if (std::ferror(file.get()) != 0) {
        *error = path + ": " + std::strerror(errno);  // a directory, for one
        return std::nullopt;
    }
    return contents;
}

bool looks_like_text(const std::string& path, const std::string& contents) {
    if (path.ends_with(".morph")) return true;
    return std::all_of(contents.begin(), contents.end(), [](char c) {
        return (c >= ' ' && c <= '~') || c == '\n' || c == '\t' || c == '\r';
    });
}

}  // namespace

std::optional<LoadedProgram> load_program(const std::string& path, std::string* error) {
    const std::optional<std::string> contents = read_whole(path, error);
    if (!contents) return std::nullopt;
    if (!looks_like_text(path, *contents)) {
        const auto* bytes = reinterpret_cast<const uint8_t*>(contents->data());
        return LoadedProgram{decode({bytes, contents->size()}), Form::binary};
    }
    auto result = parse(*contents);
    if (const auto* wrong = std::get_if<ParseError>(&result)) {
        *error = path + ":" + to_string(*wrong);
        return std::nullopt;
    }
    return LoadedProgram{std::get<Program>(std::move(result)), Form::text};
}

bool store_file(const std::string& path, const std::string& contents, std::string* error) {
    std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
    bool written = file != nullptr;
    if (written) {
        written = std::fwrite(contents.data(), 1, contents.size(), file) == contents.size();
        if (file == stdout ? std::fflush(file) != 0 : std::fclose(file) != 0) written = false;
    }
    if (!written) *error = path + ": " + std::strerror(errno);
    return written;
}

}  // namespace suite
