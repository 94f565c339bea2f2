// Arena as the rooms above see it. The public face, and what it promises, is morph/arena.h.
//
//   first_                       current_                   spare
//   +--------+---------------+   +--------+-----------+--+   +--------+-------------+
//   | header | objects  | ^  |-->| header | objects   |  |-->| header | nothing     |--> nullptr
//   +--------+----------|-+--+   +--------+-----------|--+   +--------+-------------+
//                 where we left                     cursor
//
//   large_ --> newest mapping --> ... --> oldest        scope_ --> innermost mark --> ... -->
//   outermost
//
// Invariants (checked by Arena::check, cited by tests and mutants):
//   ARENA-CHAIN    chunks from first_ on are this arena's, in order of their index, doubly linked;
//                  current_ is one of them; the chunks counted are those in the chain
//   ARENA-CURSOR   cursor is a multiple of 8 between the begin of the current chunk's payload and
//                  its end, and so is the place where each earlier chunk was left
//   ARENA-LIMIT    limit is the end of the block the cursor is in; pinned (debug mode, sanitizers)
//                  it is the cursor; in debug mode the public head is NULL, NULL
//   ARENA-BYTES    payload bytes below the cursors == bytes_used + bytes_padding, large objects
//                  included; each chunk knows the sums of those before it
//   ARENA-LARGE    the large list holds exactly the large objects counted, each inside its mapping
//   ARENA-SCOPE    each mark lies below the cursor, inside the next inner one, in order of age
//   ARENA-GUARD    (debug mode) the bytes behind each object are as they were written
//   ARENA-LOG      (debug mode) the log holds one record for each live object, oldest first
#pragma once

#include <cstddef>
#include <cstdint>

#include "arena/debug_log.h"
#include "chunk/error.h"
#include "chunk/report.h"
#include "chunk/single_use.h"
#include "chunk/source.h"

#include "morph/arena.h"

namespace morph {

struct ArenaSettings {
    size_t block_size = 0;  // as MorphArenaConfig; 0: kChunkBytes
    bool debug = false;
    Reporter reporter{};
};

// Where the guard behind a debug-mode object was first overwritten, or nullptr.
[[nodiscard]] const unsigned char* first_damage(const DebugLog::Entry& entry, bool instrumented);

struct ArenaChunk;
struct LargeChunk;
struct MarkRecord;

// An empty arena holds no memory: the first chunk comes with the first object, or prepare().
// On a Source of its own or one that is shared; errors go where the owner says.
class Arena : public MorphArena {
 public:
    Arena(Source& source, ErrorState& errors, const ArenaSettings& settings);
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();  // checks guards in debug mode, then returns everything to the source

    // Gets the first chunk. false: refused, with the error noted.
    [[nodiscard]] bool prepare();

    [[nodiscard]] void* alloc(size_t size) { return morph_arena_alloc(this, size); }
    [[nodiscard]] void* alloc_slow(size_t size);
    [[nodiscard]] void* alloc_aligned(size_t size, size_t alignment);
    [[nodiscard]] void* alloc_zeroed(size_t size);
    void reset();
    [[nodiscard]] MorphArenaMark* mark();
    [[nodiscard]] MorphCode release(MorphArenaMark* mark);

    [[nodiscard]] MorphArenaStats stats() const;
    [[nodiscard]] bool contains(const void* address) const;
    [[nodiscard]] size_t bytes_used() const;
    [[nodiscard]] size_t bytes_reserved() const;

    // nullptr, or the id of the first broken invariant. O(chunks + scopes), debug: + objects.
    [[nodiscard]] const char* check() const;
    // check() of the arena and its source as a code, with the id in the error's text.
    [[nodiscard]] MorphCode verify();
    [[nodiscard]] MorphError last_error() const { return errors_.last; }
    [[nodiscard]] const Reporter& reporter() const { return reporter_; }

 private:
    enum class Contents : uint8_t { undefined, zero };
    struct Place {
        unsigned char* address = nullptr;
        Chunk* chunk = nullptr;
        bool fresh = false;  // zero as it came from the system
    };

    [[nodiscard]] void* place(size_t size, size_t alignment, Contents contents);
    // place, in a turn of its own: what the three calls of morph/arena.h end in.
    [[nodiscard]] void* serve(size_t size, size_t alignment, Contents contents, const char* call);
    [[nodiscard]] Place take(size_t footprint, size_t alignment);
    [[nodiscard]] bool fits_empty_chunk(size_t footprint, size_t alignment) const;
    [[nodiscard]] Place take_large(size_t footprint, size_t alignment);
    [[nodiscard]] bool move_to_next_chunk();
    void hand_out(const Place& taken, size_t size, size_t rounded, Contents contents);
    void set_cursor(ArenaChunk* chunk, unsigned char* position);

    void enter(ArenaChunk* chunk);
    void return_large_until(const LargeChunk* keep);
    void scrub_from(ArenaChunk* chunk, unsigned char* position);
    void scrub(ArenaChunk* chunk, unsigned char* from, const unsigned char* to) const;
    [[nodiscard]] bool guards_hold(size_t objects_kept) const;  // reports those that do not
    [[nodiscard]] MarkRecord* find_scope(const MorphArenaMark* mark, MarkRecord* record,
                                         size_t* closed, bool* broken) const;

    [[nodiscard]] unsigned char* left_at(const ArenaChunk* chunk) const;
    [[nodiscard]] size_t blocks_in_use(const ArenaChunk* chunk) const;
    [[nodiscard]] size_t bytes_below_cursor() const;
    [[nodiscard]] const char* check_chain() const;
    [[nodiscard]] const char* check_large() const;
    [[nodiscard]] const char* check_scopes() const;
    [[nodiscard]] const char* check_log() const;

    friend struct ArenaPeek;  // tests break things with it

    Source& source_;
    ErrorState& errors_;
    Reporter reporter_;
    // Cursor and limit: the public ones. In debug mode these are constant, so that an inline path
    // on another thread (see chunk/single_use.h) finds nothing to race for, and the true ones are
    // apart.
    MorphArena apart_ = {nullptr, nullptr};
    MorphArena& head_;
    size_t block_bytes_;
    size_t chunk_bytes_;  // kChunkBytes, or the block if that is larger
    bool debug_;
    bool instrumented_;  // ASan or Valgrind watches: every byte's state is told
    bool pinned_;        // debug or instrumented: limit stays at cursor
    ArenaChunk* first_ = nullptr;
    ArenaChunk* current_ = nullptr;  // nullptr: nothing is in use, all chunks are spare
    LargeChunk* large_ = nullptr;    // newest first
    MarkRecord* scope_ = nullptr;    // innermost
    size_t chunks_ = 0;
    size_t large_objects_ = 0;
    size_t large_bytes_ = 0;      // mapped for them
    size_t large_footprint_ = 0;  // of those: padding, objects and guards
    size_t padding_ = 0;
    size_t scopes_ = 0;
    size_t serial_ = 0;  // of marks
    DebugLog log_;
};

}  // namespace morph
