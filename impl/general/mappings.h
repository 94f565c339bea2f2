// Mappings: objects too large for runs, each in a chunk of its own that goes back when it is freed.
//
//   chunk  +--------------+- - - - - - -+----------------------------+--------------------+
//          | MappedChunk  | alignment   | object, size bytes         | slack, guard       |
//          +--------------+- - - - - - -+----------------------------+--------------------+
//                                                                     to the page's end, or more
//
// An object that grew got an eighth more than it asked for, if that is to be had: growing it step
// by step costs a copy for each doubling or so. One that shrinks stays until less than half of the
// mapping is used.
//
// Invariants (checked by Mappings::check, cited by tests):
//   MAPPING-LIST    the list holds each mapping once
//   MAPPING-OBJECT  the object lies in its mapping behind the head, guard included
//   MAPPING-GUARD   debug mode: bytes behind the object are as they were filled
#pragma once

#include "chunk/error.h"
#include "chunk/report.h"
#include "general/dress.h"

namespace morph {

struct alignas(64) MappedChunk : Chunk {
    unsigned char* object;
    size_t size;
};
static_assert(sizeof(MappedChunk) == 64, "objects lie behind it, so at a line of the cache");

inline size_t room_of(const MappedChunk* chunk) {
    return chunk->bytes -
           static_cast<size_t>(chunk->object - reinterpret_cast<const unsigned char*>(chunk));
}

class Mappings {
 public:
    Mappings(Source& source, ErrorState& errors, const Reporter& reporter, const Dress& dress);
    Mappings(const Mappings&) = delete;
    Mappings& operator=(const Mappings&) = delete;
    ~Mappings();  // returns every mapping

    // All bytes are zero but in debug mode. nullptr: refused, and errors tells why. size and
    // alignment are at most MORPH_MAX_REQUEST and MORPH_MAX_ALIGNMENT. spare: bytes behind it for
    // growing, if they are to be had.
    [[nodiscard]] void* allocate(size_t size, size_t alignment, size_t spare);
    // The mapping whose object begins at address; nullptr: it begins elsewhere. chunk is one of
    // ours and covers address.
    [[nodiscard]] static MappedChunk* locate(Chunk* chunk, const void* address) {
        auto* large = static_cast<MappedChunk*>(chunk);
        return large->object == address ? large : nullptr;
    }
    [[nodiscard]] bool inspect(const MappedChunk* chunk);
    // Both after inspect. resize: false when it does not fit; nothing has changed then.
    [[nodiscard]] bool resize(MappedChunk* chunk, size_t new_size) const;
    void release(MappedChunk* chunk);
    void reset();  // returns every mapping

    [[nodiscard]] const MappedChunk* first() const { return first_; }
    [[nodiscard]] const char* check() const;

 private:
    friend struct MappingsPeek;  // tests break things with it

    Source& source_;
    ErrorState& errors_;
    const Reporter& reporter_;
    const Dress& dress_;
    MappedChunk* first_ = nullptr;
};

}  // namespace morph
