// What the three parts of the old space share.
#pragma once

#include "chunk/source.h"
#include "heap/header.h"

namespace morph {

// Largest slot, header included, that a block is divided into.
inline constexpr size_t kSlotBytesMax = kBlockBytes / 8;

// Debug mode: what freed memory is filled with.
inline constexpr unsigned char kOldFreedFill = 0xdd;

// Where a part gets its memory, and how it treats it.
struct OldSetting {
    Source& source;
    void* owner;        // what the chunks name as theirs
    bool instrumented;  // marks_active(): freed memory loses access
    bool fill_freed;    // debug mode: freed memory is filled with kOldFreedFill
};

// A part's memory for an object: where its header goes, and from where on the bytes behind it are
// known to be zero.
struct OldPlace {
    unsigned char* header;  // nullptr: refused
    unsigned char* zero_from;
};

using OldVisit = bool (*)(void* user, Header* header);

// The first broken invariant that a check found.
struct OldFault {
    const char* id = nullptr;
    const void* where = nullptr;
    // Notes it, unless there is one already. Gives false.
    bool broken(const char* which, const void* at) {
        if (id == nullptr) {
            id = which;
            where = at;
        }
        return false;
    }
};

}  // namespace morph
