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
//   SOURCE-FAIL      a refused request leaves everything as it was (but for refusal())
//
// The table: open addressing, linear probing, at most half full; one entry for each kChunkBytes of
// a chunk, so that an address inside a large one finds it as well. It grows by mapping a new one
// through the same seam; what maps the chunk has then been granted already and is given back if
// the table is refused.
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "chunk/geometry.h"

#include "morph/common.h"

namespace morph {

// arena_large, old_large and general_large are one object each.
enum class ChunkKind : uint32_t {
    arena = 1,
    arena_large,
    pool,
    young,
    old_blocks,
    old_runs,
    old_large,
    general_runs,
    general_large
};

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

// Why the last request was refused.
enum class Refusal : uint32_t { none, too_large, bound, hook, system };

class Source {
 public:
    // home_bytes: what map_home gave for the mapping this Source itself lives in, else 0. It counts
    // as metadata.
    explicit Source(const MorphMemoryLimits& limits, size_t home_bytes = 0);
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    ~Source();  // returns its own table; asserts that everything else was returned

    // An owner that lives in its own memory: map a home, construct the owner with its Source in
    // it; at the end destroy both, then return the home. bytes are rounded up to pages.
    [[nodiscard]] static void* map_home(const MorphMemoryLimits& limits, size_t bytes,
                                        Refusal* refusal);
    static void return_home(const MorphMemoryLimits& limits, void* home, size_t bytes);

    // Before a refusal is final: lets the owner give back what it holds idle (chunks kept in
    // reserve). relief returns whether it gave anything back; the request is then made once more.
    // It may call return_chunk and return_metadata, nothing else.
    void set_relief(bool (*relief)(void* user), void* user) {
        relief_ = relief;
        relief_user_ = user;
    }

    // A fresh, zeroed chunk of at least `bytes` (rounded up to pages, at least kChunkBytes unless
    // it is for one object), header filled in. nullptr: refused (SOURCE-FAIL).
    [[nodiscard]] Chunk* acquire_chunk(ChunkKind kind, void* owner, size_t bytes = kChunkBytes);
    void return_chunk(Chunk* chunk);

    // Zeroed, page-aligned memory for the library's own records, outside any chunk.
    [[nodiscard]] void* map_metadata(size_t bytes);
    void return_metadata(void* address, size_t bytes);

    // The chunk that covers address, if it is one of ours. Any address may be asked. O(1).
    [[nodiscard]] Chunk* find(const void* address) const {
        uintptr_t number = reinterpret_cast<uintptr_t>(address);
        uintptr_t unit = number >> MORPH_CHUNK_SHIFT;
        for (size_t slot = first_slot(unit);; slot = (slot + 1) & slot_mask_) {
            const Entry& entry = table_[slot];
            if (entry.unit != unit && entry.unit != 0) continue;
            Chunk* chunk = entry.chunk;  // nullptr in an empty slot, and for unit 0
            // A large chunk may end inside its last unit.
            if (chunk == nullptr || number - reinterpret_cast<uintptr_t>(chunk) >= chunk->bytes) {
                return nullptr;
            }
            return chunk;
        }
    }

    // For hot paths: whether address lies in a chunk of that kind, if its first slot of the table
    // tells (as it does for most); false says nothing. Not for kinds of one object.
    [[nodiscard]] bool surely_covers(const void* address, ChunkKind kind) const {
        uintptr_t unit = reinterpret_cast<uintptr_t>(address) >> MORPH_CHUNK_SHIFT;
        const Entry& entry = table_[first_slot(unit)];
        return MORPH_LIKELY(entry.unit == unit && unit != 0) && entry.chunk->kind == kind;
    }

    // Makes room in the table for that many bytes of chunks (256 GiB at most), so that it need not
    // grow soon. Best effort: a refusal changes nothing and is not an error.
    void expect(size_t bytes);

    // Why the last request was refused; none when none was.
    [[nodiscard]] Refusal refusal() const { return refusal_; }

    // Notes in errors that `bytes` were refused to `room` ("arena"), and why. Returns the code.
    MorphCode explain_refusal(ErrorState& errors, const char* room, size_t bytes) const;

    [[nodiscard]] size_t bytes_mapped() const { return bytes_mapped_; }
    [[nodiscard]] size_t bytes_mapped_peak() const { return bytes_mapped_peak_; }
    // Mapped in chunks of that kind.
    [[nodiscard]] size_t bytes_of(ChunkKind kind) const { return bytes_of_[index_of(kind)]; }
    [[nodiscard]] size_t bytes_of_metadata() const { return bytes_of_metadata_; }
    [[nodiscard]] size_t chunks() const { return chunks_; }

    // For a room that undoes a request because a second one was refused: the peak as it was.
    void restore_peak(size_t peak) { bytes_mapped_peak_ = peak; }

    // nullptr, or the id of the first broken invariant. O(chunks).
    [[nodiscard]] const char* check() const;

 private:
    // One unit (kChunkBytes of addresses) of a chunk. Empty: unit 0, chunk nullptr; no chunk lies
    // at address 0.
    struct Entry {
        uintptr_t unit;
        Chunk* chunk;
    };
    static constexpr size_t kFirstEntries = 16;  // in the Source itself: no mapping for 8 chunks
    static constexpr size_t kKinds = 9;

    static bool is_for_one_object(ChunkKind kind) {
        return kind == ChunkKind::arena_large || kind == ChunkKind::old_large ||
               kind == ChunkKind::general_large;
    }
    static size_t index_of(ChunkKind kind) { return static_cast<size_t>(kind) - 1; }
    [[nodiscard]] size_t first_slot(uintptr_t unit) const {
        // Fibonacci hashing: chunks lie side by side, their slots should not.
        return static_cast<size_t>((unit * uint64_t{0x9e3779b97f4a7c15}) >> slot_shift_);
    }
    [[nodiscard]] static size_t units_of(size_t bytes);

    [[nodiscard]] void* request(size_t bytes, size_t alignment);
    [[nodiscard]] void* try_request(size_t bytes, size_t alignment);
    void give_back(void* address, size_t bytes);
    void prefer_huge_pages_behind_the_first(void* address, size_t bytes) const;
    [[nodiscard]] bool reserve_units(size_t units);
    void insert(uintptr_t unit, Chunk* chunk);
    void erase(uintptr_t unit);
    [[nodiscard]] bool bytes_balance() const;
    [[nodiscard]] bool header_is_sound(const Chunk* chunk) const;

    MorphMemoryLimits limits_;
    bool (*relief_)(void* user) = nullptr;
    void* relief_user_ = nullptr;
    Entry* table_ = first_table_;
    size_t slot_mask_ = kFirstEntries - 1;
    unsigned slot_shift_ = 60;  // 64 - log2(slots)
    Refusal refusal_ = Refusal::none;
    size_t units_ = 0;  // entries in use, at most half of the slots
    size_t chunks_ = 0;
    size_t bytes_mapped_ = 0;
    size_t bytes_mapped_peak_ = 0;
    size_t bytes_of_[kKinds] = {};
    size_t bytes_of_metadata_ = 0;  // the table included
    uint64_t bytes_granted_ = 0;    // ever
    uint64_t bytes_returned_ = 0;   // ever
    uintptr_t last_place_ = 0;      // of the chunk mapped last: the next one may fit below
    Entry first_table_[kFirstEntries] = {};
};

}  // namespace morph
