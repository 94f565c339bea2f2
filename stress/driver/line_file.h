// A file of lines that only grows, and of which a kill at any moment costs at most the line that
// was being written.
//
// LINES-WHOLE  append() returns when the line is on the disk, whole; what a kill left of a line is
//              cut off by the next open()
// LINES-ONE    one process at a time has the file open
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stress {

class LineFile {
 public:
    LineFile() = default;
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;
    ~LineFile();

    // Opens or creates directory/name (and directory), reads its lines. valid says what a line must
    // be; only the last one may be something else, and is cut off. Empty, or why it is refused.
    [[nodiscard]] std::string open(const std::string& directory, const std::string& name,
                                   const std::function<bool(std::string_view)>& valid,
                                   std::vector<std::string>* lines);
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    // line has no newline. false: not written, and the file is as it was.
    [[nodiscard]] bool append(std::string_view line);

 private:
    int descriptor_ = -1;
    long long size_ = 0;  // bytes, all of them whole lines
};

// Writes a file whole or not at all, and to the disk. false: it could not be.
[[nodiscard]] bool write_whole(const std::string& path, std::string_view text);

}  // namespace stress
