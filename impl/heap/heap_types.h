// HeapTypes: the types of one heap: what allocating, tracing and counting need of each.
//
//   one mapping   | MorphHeapType x capacity | TypeLayout x capacity | HeapTypeRecord x capacity |
//                   public, inline alloc       tracing                 counts, name
//   offsets       | next | offset offset ... | spare |  segments that never move, newest first
//
// The mapping doubles, and offsets get further segments; both are mapped before anything changes,
// so a refused registration leaves everything as it was.
//
// HEAPTYPES-ROOM    1 <= count() <= capacity, count() <= MORPH_MAX_TYPES; the head shows the same
// HEAPTYPES-HEADER  a type's header is its id, and nothing else
// HEAPTYPES-INLINE  sizes served inline are those from max(1, size_required) to inline_max; none of
//                   a weak type
// HEAPTYPES-LAYOUT  offsets ascend, are multiples of 8, and lie in the struct
// HEAPTYPES-NAME    every name is terminated and not empty
// HEAPTYPES-COUNT   of no type was more freed than allocated
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "chunk/source.h"
#include "heap/header.h"
#include "heap/metadata_block.h"

#include "morph/heap.h"

namespace morph {

// What tracing reads of a type: half a cache line.
struct alignas(32) TypeLayout {
    static constexpr uint32_t kScattered = UINT32_MAX;

    MorphLayout layout;
    uint32_t offset_count;   // OFFSETS, STRUCTS
    uint32_t element_bytes;  // STRUCTS
    uint32_t adjacent_from;  // OFFSETS, STRUCTS: the first offset if they follow each other in
                             // steps of 8, else kScattered
    union {
        const uint32_t* offsets;  // OFFSETS, STRUCTS
        void* visit_user;         // CUSTOM
    };
    MorphCustomVisit visit;  // CUSTOM

    [[nodiscard]] bool has_references() const {
        return layout != MORPH_LAYOUT_DATA && layout != MORPH_LAYOUT_WEAK;
    }
};
static_assert(sizeof(TypeLayout) == 32);

constexpr bool has_offsets(MorphLayout layout) {
    return layout == MORPH_LAYOUT_OFFSETS || layout == MORPH_LAYOUT_STRUCTS;
}

// size_min of a type that is never served inline: no nursery has room for that size, the one that
// passes the first test of morph_heap_alloc when size_span is 0.
inline constexpr uint64_t kNeverInline = uint64_t{1} << 63;

struct alignas(64) HeapTypeRecord {
    uint64_t frees;  // found dead
    uint64_t bytes_freed;
    uint64_t young_objects;  // live in the young generation, as the collector keeps it
    uint64_t young_bytes;
    uint64_t survived_objects;  // scratch of one collection
    uint64_t survived_bytes;
    uint64_t marked_objects;
    uint64_t marked_bytes;
    char name[64];
    uint64_t size_required;     // least size of an object
    uint64_t promoted_objects;  // scratch of one collection
    uint64_t promoted_bytes;
    uint64_t allocations_seen;  // by the last collection, and those born old since
    uint64_t bytes_seen;
    MorphMemPlacement placement;
};

class HeapTypes {
 public:
    HeapTypes(Source& source, ErrorState& errors, MorphHeap& head);
    HeapTypes(const HeapTypes&) = delete;
    HeapTypes& operator=(const HeapTypes&) = delete;
    ~HeapTypes();

    // Maps the first records and registers MORPH_TYPE_NONE. Once, before anything else.
    [[nodiscard]] MorphCode open();

    // The new id, or MORPH_TYPE_INVALID with the reason in errors.
    [[nodiscard]] uint32_t add(const MorphMemTypeInfo& info);

    // From now on sizes up to bytes (below kHugeSize) may be served inline; 0: none. O(types).
    void set_inline_max(size_t bytes);
    [[nodiscard]] size_t inline_max() const { return inline_max_; }

    [[nodiscard]] uint32_t count() const { return count_; }
    [[nodiscard]] const TypeLayout& layout(uint32_t type) const { return layouts_[type]; }
    [[nodiscard]] MorphHeapType& head_record(uint32_t type) { return heads_[type]; }
    [[nodiscard]] HeapTypeRecord& operator[](uint32_t type) { return records_[type]; }
    [[nodiscard]] const HeapTypeRecord& operator[](uint32_t type) const { return records_[type]; }

    // Least size of an object: OFFSETS: the last offset + 8; WEAK: 16; others: 0.
    [[nodiscard]] uint64_t size_required(uint32_t type) const {
        return records_[type].size_required;
    }
    [[nodiscard]] MorphMemCounts counts(uint32_t type) const;
    [[nodiscard]] MorphMemCounts total() const;  // of all types. O(types)
    void clear_scratch();                        // survived_*, marked_*. O(types)
    void free_all();                             // every object of every type is found dead

    // nullptr, or the id of the first broken invariant, and the type.
    [[nodiscard]] const char* check(uint32_t* which = nullptr) const;

 private:
    friend struct TablePeek;

    struct Segment {
        Segment* next;
        size_t bytes;  // mapped
        size_t used;   // offsets
        size_t room;   // offsets
        [[nodiscard]] uint32_t* offsets() { return reinterpret_cast<uint32_t*>(this + 1); }
    };

    [[nodiscard]] MorphCode validate(const MorphMemTypeInfo& info);
    [[nodiscard]] MorphCode validate_offsets(const MorphMemTypeInfo& info);
    [[nodiscard]] bool make_room(size_t offsets);
    void adopt(MetadataBlock& fresh);
    void add_segment(MetadataBlock& fresh);
    void fill_layout(const MorphMemTypeInfo& info, uint32_t type);
    void set_inline(uint32_t type);
    [[nodiscard]] const char* check_type(uint32_t type) const;
    [[nodiscard]] const char* check_layout(uint32_t type) const;

    Source& source_;
    ErrorState& errors_;
    MorphHeap& head_;
    MetadataBlock block_;
    MorphHeapType* heads_ = nullptr;
    TypeLayout* layouts_ = nullptr;
    HeapTypeRecord* records_ = nullptr;
    Segment* segments_ = nullptr;
    uint32_t count_ = 0;
    uint32_t capacity_ = 0;
    size_t inline_max_ = 0;
};

}  // namespace morph
