// DeathLog: a line for each object that a collection found dead, in a file that is opened, appended
// to and closed each time. The first system did so always; here it is an option, off by default.
//
//   7f31a2c41058 48 3        address, size in bytes, type
//
// A write that fails (no space, the directory gone) is noted once in the ErrorState given to open,
// and the program goes on: later lines are tried all the same. It costs what it cost: three system
// calls for each dead object.
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "os/small_file.h"

namespace morph {

class DeathLog {
 public:
    DeathLog() = default;
    DeathLog(const DeathLog&) = delete;
    DeathLog& operator=(const DeathLog&) = delete;
    ~DeathLog() = default;

    // nullptr: no log. Else path is copied and the file is made where there is none; an existing
    // one is appended to. errors must outlive the log. MORPH_ERROR_INVALID_CONFIGURATION: the path
    // is empty or too long; MORPH_ERROR_IO: the file cannot be written.
    MorphCode open(const char* path, ErrorState& errors);
    [[nodiscard]] bool on() const { return errors_ != nullptr; }

    // Only while on().
    void record(const void* object, size_t size, uint32_t type);

    [[nodiscard]] uint64_t lines() const { return lines_; }        // written
    [[nodiscard]] uint64_t failures() const { return failures_; }  // lines that were not

 private:
    PathBuffer path_;
    ErrorState* errors_ = nullptr;
    uint64_t lines_ = 0;
    uint64_t failures_ = 0;
};

}  // namespace morph
