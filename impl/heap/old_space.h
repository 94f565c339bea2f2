// OldSpace: where objects stay at their address. Three parts, told apart by the header's `space`:
//
//   blocks  up to kSlotBytesMax with header: slots of one size class in kBlockBytes blocks
//   runs    up to large_bytes: whole units of 1 KiB of a chunk
//   large   above: a mapping of its own
//
// It knows memory, headers' space bits, allocation and marks; nothing of types, references or young
// objects. Marks: clear between collections in everything that is swept.
//
//   begin_marking()   finishes the sweep, so that all marks are clear
//   mark(object)      ... by the marker
//   end_marking()     what is not marked is dead from here on: runs and large ones are freed at
//                     once, blocks are swept when their class allocates, or by finish_sweep()
//
// Empty chunks: see release_spare().
//
// Invariants (checked by check(), cited by tests and mutants; the parts state more of their own):
//   OLD-ALLOCATED  an object's allocation bit is set from its allocation until it is swept
//   OLD-MARKS      no mark is set in what is swept
//   OLD-BYTES      bytes_used() is the sum of what live objects take (slots, runs, mappings),
//                  those that end_marking() found dead not included
//   OLD-EMPTY      no swept block but the current one of a class is empty and kept in that class
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/source.h"
#include "heap/cards.h"
#include "heap/header.h"
#include "heap/large.h"
#include "heap/old_blocks.h"
#include "heap/old_runs.h"

namespace morph {

class OldSpace {
 public:
    // owner: what the chunks name as theirs. instrumented: marks_active(), freed memory loses
    // access. fill_freed: freed slots are filled with a pattern (debug mode).
    OldSpace(Source& source, void* owner, bool instrumented, bool fill_freed);
    OldSpace(const OldSpace&) = delete;
    OldSpace& operator=(const OldSpace&) = delete;
    ~OldSpace();  // returns everything

    // Room for an object of `size` bytes that takes object_bytes(size, trailer) == bytes in all,
    // at an address that is a multiple of alignment (8 or more). Its header is written: `header`
    // (type, size, flags as given) with kOld and its space bits. zeroed: bytes behind the header
    // are zero; otherwise undefined. Accessible under instrumentation for its `bytes` from the
    // header on. nullptr: the source refused (its refusal tells why); nothing has changed.
    [[nodiscard]] void* allocate(Header header, size_t size, size_t bytes, size_t alignment,
                                 bool zeroed);

    // Before objects of more than this many bytes in all are given mappings of their own.
    void set_large_bytes(size_t bytes);

    void begin_marking();
    // Marks; false: it was marked already. The object must be one of ours, allocated.
    bool mark(void* object);
    [[nodiscard]] bool is_marked(const void* object) const;
    void end_marking();
    // Instead of it: all marks are clear, and nothing is dead that was not before.
    void cancel_marking();
    void finish_sweep();

    // Size as requested (large objects whose header does not hold it).
    [[nodiscard]] size_t size_of(const void* object) const;
    // Bytes it takes: slot, run or mapping.
    [[nodiscard]] size_t bytes_of(const void* object) const;

    // The header of the allocated object that covers address (from its header to the end of its
    // slot, run or mapping), any address, else nullptr. It may be dead and not yet swept: ask
    // is_live.
    [[nodiscard]] Header* find(const void* address) const;
    // Not found dead by the last marking.
    [[nodiscard]] bool is_live(const void* object) const;

    // visit(user, header) for each object not found dead by the last marking (between
    // begin_marking and end_marking: for each allocated one), until it returns false: then false.
    using Visit = bool (*)(void* user, Header* header);
    bool walk(Visit visit, void* user) const;
    // The same, marked ones only, during marking.
    bool walk_marked(Visit visit, void* user) const;

    void reset();  // frees all objects; keeps chunks until the next finish_sweep() or marking

    // Returns every chunk in which nothing is allocated; whether there was one. (Those that a
    // marking emptied are kept for reuse; the end of its sweep returns them, but for one of blocks
    // and one of runs.) allocate() does it before it gives up.
    bool release_spare();

    // Cards of a carded object (kCarded: runs and large ones only, see cards.h). Byte for each
    // kCardBytes of the object, 0 clean.
    [[nodiscard]] unsigned char* cards_of(const void* object) const;

    [[nodiscard]] size_t bytes_used() const;
    [[nodiscard]] size_t blocks() const { return blocks_.count(); }
    [[nodiscard]] size_t runs() const { return runs_.count(); }
    [[nodiscard]] size_t large_objects() const { return large_.count(); }

    // nullptr, or the id of the first broken invariant, and where.
    [[nodiscard]] const char* check(const void** where) const;

 private:
    friend struct OldSpacePeek;
    friend struct HeapPeek;  // tests break things with it

    void* allocate_slowly(Header header, size_t size, size_t bytes, size_t alignment, bool zeroed);
    OldPlace take(Space* space, size_t size, size_t bytes, size_t alignment, size_t cards);
    void set_small_bytes();

    OldSetting setting_;
    OldBlocks blocks_;
    OldRuns runs_;
    LargeObjects large_;
    size_t large_bytes_ = kChunkBytes / 2;
    size_t small_span_;  // from 16 bytes on so many sizes in bytes are served inline; may be none
    bool marking_ = false;
};

inline void* OldSpace::allocate(Header header, size_t size, size_t bytes, size_t alignment,
                                bool zeroed) {
    // (Compilers must be told the bound that small_span_ keeps.)
    if (MORPH_LIKELY(bytes - 16 < small_span_) && MORPH_LIKELY(alignment <= 8) &&
        bytes <= kSlotBytesMax) {
        uint32_t slot = slot_class(bytes);
        unsigned char* place = blocks_.take(slot);
        if (MORPH_LIKELY(place != nullptr)) {
            auto* own = reinterpret_cast<Header*>(place);
            *own = header | kOld;  // Space::block is 0
            if (zeroed && !blocks_.took_zero(slot)) {
                __builtin_memset(own + 1, 0, bytes - kHeaderBytes);
            }
            return own + 1;
        }
    }
    return allocate_slowly(header, size, bytes, alignment, zeroed);
}

inline bool OldSpace::mark(void* object) {
    Space space = space_of(*header_of(object));
    if (MORPH_LIKELY(space == Space::block)) return OldBlocks::mark(object);
    return space == Space::run ? OldRuns::mark(object) : LargeObjects::mark(object);
}

inline bool OldSpace::is_marked(const void* object) const {
    Space space = space_of(*header_of(object));
    if (MORPH_LIKELY(space == Space::block)) return OldBlocks::is_marked(object);
    return space == Space::run ? OldRuns::is_marked(object) : LargeObjects::is_marked(object);
}

inline size_t OldSpace::size_of(const void* object) const {
    Header header = *header_of(object);
    size_t size = size_field(header);
    return size < kHugeSize ? size : LargeObjects::of(object)->object_size;
}

}  // namespace morph
