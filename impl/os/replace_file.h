// ReplaceFile: writes a file that appears whole or not at all.
//
//   directory/.morph-PID-N   is written, brought to the disk, and renamed to
//   directory/name           which until then is what it was
//
// A path that leads to something that is no regular file (a terminal, a pipe, /dev/null) cannot be
// replaced and is written to directly. A symbolic link is followed: its target is replaced.
#pragma once

#include <cstddef>

#include "os/small_file.h"

namespace morph {

class ReplaceFile {
 public:
    // Check ok() before writing.
    explicit ReplaceFile(const char* path);
    ReplaceFile(const ReplaceFile&) = delete;
    ReplaceFile& operator=(const ReplaceFile&) = delete;
    ~ReplaceFile();  // without a successful commit() nothing is left behind

    [[nodiscard]] bool ok() const { return error_ == 0; }
    [[nodiscard]] int error() const { return error_; }  // errno of the first failure

    bool write(const char* bytes, size_t count);
    // Makes the file appear. Only once; false: the old file, if any, is untouched.
    bool commit();

 private:
    bool fail();
    void open_temporary(const char* path, unsigned permissions);
    void close_descriptor();
    void discard();

    PathBuffer target_;
    PathBuffer temporary_;  // empty: written to directly
    int descriptor_ = -1;
    int error_ = 0;
};

}  // namespace morph
