// Source: the only way by which the library gets memory, and gives it back.
//
//   system <-- os/pages -- Source --+-- chunks: kChunkBytes-aligned, begin with a Chunk header
//                                   +-- metadata: page-granular, never classified by address
//
// Each arena, pool or context owns one Source (rooms below a context share the context's). It
// enforces the bound, asks the request hook before every request and tells the returned hook of
// every return, and knows which addresses are its own.
//
// Invariants (checked by Source::check, cited by tests and mutants):
//   SOURCE-BOUND     bytes_mapped() <= limits.bytes_max when that is not 0
//   SOURCE-BALANCE   granted bytes - returned bytes == bytes_mapped() == chunks + metadata
//   SOURCE-ALIGN     every chunk is kChunkBytes-aligned and its header names this source's owner
//   SOURCE-TABLE     find(a) is the chunk that covers a for every byte of every chunk, else nullptr
//   SOURCE-FAIL      a refused request leaves everything as it was
#pragma once

#include "chunk/geometry.h"

#include "morph/common.h"

namespace morph {

enum class ChunkKind : uint32_t { arena = 1, arena_large, pool };

// First bytes of every chunk. `owner` is the arena or pool the chunk serves; `next`/`previous` are
// the owner's to link with.
struct Chunk {
    ChunkKind kind;
    uint32_t magic;
    void* owner;
    size_t bytes;  // mapped: kChunkBytes, or more for large spans (a multiple of the page size)
    Chunk* next;
    Chunk* previous;
};

inline constexpr uint32_t kChunkMagic = 0x4d4f5248;

inline Chunk* chunk_of(const void* address) {
    return reinterpret_cast<Chunk*>(reinterpret_cast<uintptr_t>(address) & ~(kChunkBytes - 1));
}

class Source {
 public:
    explicit Source(const MorphMemoryLimits& limits);
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    ~Source();  // returns its own table; asserts that everything else was returned

    // A fresh, zeroed chunk of at least `bytes` (rounded up to pages, at least kChunkBytes unless
    // kind is arena_large), header filled in. nullptr: refused (SOURCE-FAIL).
    [[nodiscard]] Chunk* acquire_chunk(ChunkKind kind, void* owner, size_t bytes = kChunkBytes);
    void return_chunk(Chunk* chunk);

    // Zeroed, page-aligned memory for the library's own records, outside any chunk.
    [[nodiscard]] void* map_metadata(size_t bytes);
    void return_metadata(void* address, size_t bytes);

    // The chunk that covers address, if it is one of ours. Any address may be asked. O(1).
    [[nodiscard]] Chunk* find(const void* address) const;

    // Makes room in the table for that many bytes of chunks, so that it need not grow soon.
    // Best effort: a refusal changes nothing and is not an error.
    void expect(size_t bytes);

    [[nodiscard]] size_t bytes_mapped() const;
    [[nodiscard]] size_t bytes_mapped_peak() const;
    [[nodiscard]] size_t bytes_of(ChunkKind kind) const;  // mapped in chunks of that kind
    [[nodiscard]] size_t bytes_of_metadata() const;
    [[nodiscard]] size_t chunks() const;

    // nullptr, or the id of the first broken invariant. O(chunks).
    [[nodiscard]] const char* check() const;

 private:
    // The author of source.cpp fills this in.
};

}  // namespace morph
