// Work: what each real program does on a Memory, and how it ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stress/real/memory.h"

namespace real {

enum class Ending : uint8_t { good, out_of_memory, broken };

struct Request {
    uint64_t size = 0;  // lines of source, or rows
    uint64_t seed = 1;
    // False: the program's state is left as it is, for the caller to throw away its memory.
    bool close = true;
    // False: without the steps that work on packaged sources.
    bool library = true;
};

struct Report {
    Ending ending = Ending::good;
    std::string wrong;    // what is broken
    std::string results;  // lines "result ...", when the ending is good
};

struct Program {
    const char* name;
    const char* about;
    const char* unit;  // of size
    Sizes sizes;
    uint64_t classic;  // size
    bool abandons;     // it can be left without being closed
    Report (*run)(Memory& memory, const Request& request);
};

// FNV-1a, goes on from hash.
constexpr uint64_t kHashStart = 0xcbf29ce484222325u;
constexpr uint64_t digest(uint64_t hash, std::string_view bytes) {
    for (const char byte : bytes) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    }
    return hash;
}

// An ending for lack of memory, and a wrong one when nothing was refused.
inline Report failed(const Memory& memory, bool says_memory, const std::string& text) {
    if (says_memory && memory.refused()) return {Ending::out_of_memory, text, {}};
    return {Ending::broken, text, {}};
}

}  // namespace real
