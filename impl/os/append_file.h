// Text at the end of a file that is opened and closed each time.
#pragma once

#include <string_view>

namespace morph::os {

// Appends text, whole or in part; makes the file where there is none. 0, or an errno. Never waits
// for a reader of a pipe (EAGAIN, ENXIO), never raises a signal for a file grown too large (EFBIG).
[[nodiscard]] int append_to_file(const char* path, std::string_view text);

}  // namespace morph::os
