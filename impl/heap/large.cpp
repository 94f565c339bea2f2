// Large objects: mapped, and unmapped when a marking did not reach them.
#include "heap/large.h"

#include "chunk/memory_marks.h"
#include "heap/cards.h"

namespace morph {
namespace {

// In front of the payload: the object's record, the way back to it, the header.
constexpr size_t kLargeHead = sizeof(LargeObject) + sizeof(LargeObject*) + kHeaderBytes;

// A cache line at least, and what leaves room for kLargeHead.
constexpr size_t kLargeAlignmentMin = 64;

}  // namespace

OldPlace LargeObjects::allocate(size_t size, size_t bytes, size_t alignment, size_t cards) {
    if (alignment < kLargeAlignmentMin) alignment = kLargeAlignmentMin;
    // A mapping is kChunkBytes-aligned: the payload is at this offset or, for larger alignments, at
    // most there.
    size_t offset = (kLargeHead + alignment - 1) & ~(alignment - 1);
    size_t total;
    if (__builtin_add_overflow(offset, bytes, &total) ||
        __builtin_add_overflow(total, cards, &total)) {
        total = SIZE_MAX;  // refused as too large
    }
    Source& source = setting_.source;
    Chunk* chunk = source.acquire_chunk(ChunkKind::old_large, setting_.owner, total);
    if (chunk == nullptr) return {nullptr, nullptr};
    auto* large = static_cast<LargeObject*>(chunk);
    auto place = reinterpret_cast<uintptr_t>(large) + kLargeHead;
    auto* object = reinterpret_cast<void*>((place + alignment - 1) & ~(uintptr_t{alignment} - 1));
    Header* header = header_of(object);
    large->header = header;
    large->object_size = size;
    large->object_bytes = bytes;
    reinterpret_cast<LargeObject**>(header)[-1] = large;
    if (setting_.instrumented) {
        auto* first = reinterpret_cast<unsigned char*>(header) + bytes;
        auto* end = reinterpret_cast<unsigned char*>(large) + large->bytes - cards;
        mark_no_access(first, static_cast<size_t>(end - first));
    }
    large->next = first_;
    if (first_ != nullptr) first_->previous = large;
    first_ = large;
    count_ += 1;
    bytes_ += large->bytes;
    auto* begin = reinterpret_cast<unsigned char*>(header);
    return {begin, begin};
}

void LargeObjects::release(LargeObject* large) {
    if (large->previous != nullptr) {
        large->previous->next = large->next;
    } else {
        first_ = static_cast<LargeObject*>(large->next);
    }
    if (large->next != nullptr) large->next->previous = large->previous;
    count_ -= 1;
    bytes_ -= large->bytes;
    setting_.source.return_chunk(large);
}

void LargeObjects::end_marking() {
    for (LargeObject* large = first_; large != nullptr;) {
        auto* next = static_cast<LargeObject*>(large->next);
        if (!large->marked) {
            release(large);
        } else {
            large->marked = false;
        }
        large = next;
    }
}

void LargeObjects::reset() {
    while (first_ != nullptr) release(first_);
}

bool LargeObjects::walk(OldVisit visit, void* user) const {
    for (const LargeObject* large = first_; large != nullptr;
         large = static_cast<const LargeObject*>(large->next)) {
        if (!visit(user, large->header)) return false;
    }
    return true;
}

bool LargeObjects::walk_marked(OldVisit visit, void* user) const {
    for (const LargeObject* large = first_; large != nullptr;
         large = static_cast<const LargeObject*>(large->next)) {
        if (large->marked && !visit(user, large->header)) return false;
    }
    return true;
}

bool LargeObjects::check(OldFault& fault, bool marking) const {
    size_t count = 0;
    size_t bytes = 0;
    const Chunk* previous = nullptr;
    for (const Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
        auto* large = static_cast<const LargeObject*>(chunk);
        if (++count > count_ || setting_.source.find(large) != large ||
            large->previous != previous || large->kind != ChunkKind::old_large ||
            large->owner != setting_.owner) {
            return fault.broken("LARGE-LIST", large);
        }
        auto* begin = reinterpret_cast<const unsigned char*>(large);
        auto offset =
            reinterpret_cast<uintptr_t>(large->header) - reinterpret_cast<uintptr_t>(begin);
        if (offset < kLargeHead - kHeaderBytes || offset % 8 != 0 || offset > large->bytes ||
            large->object_bytes > large->bytes - offset) {
            return fault.broken("LARGE-OBJECT", large);
        }
        Header header = *large->header;
        size_t size = large->object_size;
        size_t cards = (header & kCarded) != 0 ? card_count(size) : 0;
        if (LargeObjects::of(object_at(large->header)) != large ||
            size_field(header) != (size < kHugeSize ? size : kHugeSize) ||
            object_bytes(size, 0) > large->object_bytes ||
            cards > large->bytes - offset - large->object_bytes) {
            return fault.broken("LARGE-OBJECT", large->header + 1);
        }
        if ((header & kOld) == 0 || space_of(header) != Space::large) {
            return fault.broken("OLD-ALLOCATED", large->header + 1);
        }
        if (large->marked && !marking) return fault.broken("OLD-MARKS", large->header + 1);
        bytes += large->bytes;
        previous = large;
    }
    if (count != count_) return fault.broken("LARGE-LIST", this);
    return bytes == bytes_ || fault.broken("OLD-BYTES", this);
}

}  // namespace morph
