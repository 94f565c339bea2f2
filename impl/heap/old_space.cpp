// The old space's three parts as one: which of them serves what, and who covers an address.
#include "heap/old_space.h"

#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"

namespace morph {

OldSpace::OldSpace(Source& source, void* owner, bool instrumented, bool fill_freed)
    : setting_{source, owner, instrumented, fill_freed},
      blocks_(setting_),
      runs_(setting_),
      large_(setting_) {
    set_small_bytes();
}

OldSpace::~OldSpace() = default;

void OldSpace::set_large_bytes(size_t bytes) {
    large_bytes_ = bytes;
    set_small_bytes();
}

void OldSpace::set_small_bytes() {
    size_t largest = large_bytes_ < kSlotBytesMax ? large_bytes_ : kSlotBytesMax;
    small_span_ = setting_.instrumented || largest < 16 ? 0 : largest - 15;
}

// Room in the part that serves such objects.
OldPlace OldSpace::take(Space* space, size_t size, size_t bytes, size_t alignment, size_t cards) {
    if (bytes <= large_bytes_) {
        uint32_t slot = aligned_slot_class(bytes, alignment);  // none where there are cards
        if (slot != kSlotClasses) {
            *space = Space::block;
            unsigned char* place = blocks_.take(slot);
            if (place == nullptr) return {nullptr, nullptr};
            return {place, blocks_.took_zero(slot) ? place : place + slot_class_bytes(slot)};
        }
        if (OldRuns::fits(bytes, alignment, cards)) {
            *space = Space::run;
            return runs_.allocate(bytes, alignment, cards);
        }
    }
    *space = Space::large;
    return large_.allocate(size, bytes, alignment, cards);
}

void* OldSpace::allocate_slowly(Header header, size_t size, size_t bytes, size_t alignment,
                                bool zeroed) {
    MORPH_CHECK(bytes >= 16 && bytes > size && bytes % 8 == 0);
    MORPH_CHECK((alignment & (alignment - 1)) == 0 && alignment >= 8);
    MORPH_CHECK(alignment <= MORPH_MAX_ALIGNMENT);
    size_t cards = (header & kCarded) != 0 ? card_count(size) : 0;
    MORPH_CHECK(cards == 0 || bytes > kCardedBytesMin);
    Space space;
    OldPlace place = take(&space, size, bytes, alignment, cards);
    if (place.header == nullptr) {
        // What nothing is allocated in may be what is missing.
        if (setting_.source.refusal() == Refusal::too_large || !release_spare()) return nullptr;
        place = take(&space, size, bytes, alignment, cards);
        if (place.header == nullptr) return nullptr;
    }
    auto* own = reinterpret_cast<Header*>(place.header);
    if (setting_.instrumented) mark_undefined(own, bytes);
    *own = (header & ~kSpaceMask) | kOld | Header{static_cast<uint64_t>(space)} << kSpaceShift;
    if (zeroed) {
        unsigned char* first = place.header + kHeaderBytes;
        unsigned char* end = place.header + bytes;
        unsigned char* zero_from = place.zero_from < first ? first : place.zero_from;
        if (zero_from > end) zero_from = end;
        memset(first, 0, static_cast<size_t>(zero_from - first));
        if (setting_.instrumented) {
            mark_defined(zero_from, static_cast<size_t>(end - zero_from));
        }
    }
    return own + 1;
}

void OldSpace::begin_marking() {
    MORPH_CHECK(!marking_);
    finish_sweep();
    marking_ = true;
}

void OldSpace::end_marking() {
    MORPH_CHECK(marking_);
    blocks_.end_marking();
    runs_.end_marking();
    large_.end_marking();
    marking_ = false;
}

void OldSpace::cancel_marking() {
    walk_marked(
        [](void*, Header* header) {
            void* object = object_at(header);
            switch (space_of(*header)) {
                case Space::block:
                    OldBlocks::unmark(object);
                    break;
                case Space::run:
                    OldRuns::unmark(object);
                    break;
                case Space::large:
                    LargeObjects::unmark(object);
                    break;
            }
            return true;
        },
        nullptr);
    marking_ = false;
}

void OldSpace::finish_sweep() {
    MORPH_CHECK(!marking_);
    blocks_.finish_sweep();
    runs_.finish_sweep();
}

void OldSpace::reset() {
    blocks_.reset();
    runs_.reset();
    large_.reset();
    marking_ = false;
}

bool OldSpace::release_spare() {
    bool blocks = blocks_.release_spare();
    bool runs = runs_.release_spare();
    return blocks || runs;
}

size_t OldSpace::bytes_of(const void* object) const {
    switch (space_of(*header_of(object))) {
        case Space::block:
            return OldBlocks::bytes_of(object);
        case Space::run:
            return OldRuns::bytes_of(object);
        case Space::large:
            break;
    }
    return LargeObjects::of(object)->bytes;
}

unsigned char* OldSpace::cards_of(const void* object) const {
    Header header = *header_of(object);
    MORPH_CHECK((header & kCarded) != 0 && space_of(header) != Space::block);
    unsigned char* end =
        space_of(header) == Space::run ? OldRuns::end_of(object) : LargeObjects::end_of(object);
    return end - card_count(size_of(object));
}

Header* OldSpace::find(const void* address) const {
    Chunk* chunk = setting_.source.find(address);
    if (chunk == nullptr || chunk->owner != setting_.owner) return nullptr;
    switch (chunk->kind) {
        case ChunkKind::old_blocks:
            return OldBlocks::find(address);
        case ChunkKind::old_runs:
            return OldRuns::find(address);
        case ChunkKind::old_large:
            return LargeObjects::find(chunk, address);
        default:
            return nullptr;
    }
}

bool OldSpace::is_live(const void* object) const {
    const Chunk* chunk = setting_.source.find(object);
    if (chunk == nullptr) return false;
    if (chunk->kind == ChunkKind::old_blocks) return OldBlocks::is_live(object);
    const Header* header = find(object);
    return header != nullptr && header + 1 == object;
}

bool OldSpace::walk(Visit visit, void* user) const {
    return blocks_.walk(visit, user) && runs_.walk(visit, user) && large_.walk(visit, user);
}

bool OldSpace::walk_marked(Visit visit, void* user) const {
    return blocks_.walk_marked(visit, user) && runs_.walk_marked(visit, user) &&
           large_.walk_marked(visit, user);
}

size_t OldSpace::bytes_used() const {
    return blocks_.bytes_used() + runs_.bytes_used() + large_.bytes_used();
}

const char* OldSpace::check(const void** where) const {
    OldFault fault;
    if (blocks_.check(fault, marking_) && runs_.check(fault, marking_)) {
        large_.check(fault, marking_);
    }
    if (where != nullptr) *where = fault.where;
    return fault.id;
}

}  // namespace morph
