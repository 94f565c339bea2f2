#include "general/mappings.h"

#include "chunk/check.h"

namespace morph {

Mappings::Mappings(Source& source, ErrorState& errors, const Reporter& reporter, const Dress& dress)
    : source_(source), errors_(errors), reporter_(reporter), dress_(dress) {}

Mappings::~Mappings() {
    reset();
}

void* Mappings::allocate(size_t size, size_t alignment, size_t spare) {
    MORPH_CHECK(size <= MORPH_MAX_REQUEST && alignment <= MORPH_MAX_ALIGNMENT);
    if (alignment < sizeof(MappedChunk)) alignment = sizeof(MappedChunk);
    // The chunk is aligned to kChunkBytes: to less than that, the object lies right at the end of
    // the first `alignment` bytes, and otherwise not behind it. An object without bytes needs an
    // address in the mapping all the same.
    size_t bytes = alignment + (size == 0 ? 1 : size) + dress_.guard();
    Chunk* fresh = nullptr;
    if (spare != 0) fresh = source_.acquire_chunk(ChunkKind::general_large, this, bytes + spare);
    if (fresh == nullptr) fresh = source_.acquire_chunk(ChunkKind::general_large, this, bytes);
    if (fresh == nullptr) {
        source_.explain_refusal(errors_, "general", bytes);
        return nullptr;
    }
    auto* chunk = static_cast<MappedChunk*>(fresh);
    uintptr_t place = reinterpret_cast<uintptr_t>(chunk) + sizeof(MappedChunk) + alignment - 1;
    chunk->object = reinterpret_cast<unsigned char*>(place & ~(alignment - 1));
    chunk->size = size;
    chunk->next = first_;
    if (first_ != nullptr) first_->previous = chunk;
    first_ = chunk;
    size_t room = room_of(chunk);
    MORPH_CHECK(room >= size + dress_.guard());
    if (dress_.instrumented()) mark_no_access(chunk + 1, chunk->bytes - sizeof(MappedChunk));
    dress_.put_on(chunk->object, size, room);
    return chunk->object;
}

bool Mappings::resize(MappedChunk* chunk, size_t new_size) const {
    size_t room = room_of(chunk);
    if (new_size > room || room - new_size < dress_.guard()) return false;
    dress_.alter(chunk->object, chunk->size, new_size, room);
    chunk->size = new_size;
    return true;
}

void Mappings::release(MappedChunk* chunk) {
    if (chunk->previous != nullptr) {
        chunk->previous->next = chunk->next;
    } else {
        MORPH_CHECK(first_ == chunk);
        first_ = static_cast<MappedChunk*>(chunk->next);
    }
    if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
    if (dress_.instrumented()) mark_freed(&dress_, chunk->object, room_of(chunk));
    source_.return_chunk(chunk);
}

void Mappings::reset() {
    while (first_ != nullptr) {
        (void)inspect(first_);
        release(first_);
    }
}

bool Mappings::inspect(const MappedChunk* chunk) {
    if (dress_.guard_intact(chunk->object, chunk->size, room_of(chunk))) return true;
    const void* object = chunk->object;
    reporter_.report(MORPH_REPORT_GUARD_OVERWRITTEN, object, chunk->size, 0,
                     "general: bytes behind %p were written (%zu bytes)", object, chunk->size);
    errors_.fail(MORPH_ERROR_CORRUPTION, "MAPPING-GUARD: bytes behind %p were written", object);
    return false;
}

const char* Mappings::check() const {
    const Chunk* previous = nullptr;
    size_t bytes = 0;
    for (const MappedChunk* chunk = first_; chunk != nullptr;
         chunk = static_cast<const MappedChunk*>(chunk->next)) {
        if (chunk->kind != ChunkKind::general_large || chunk->owner != this ||
            chunk->previous != previous || source_.find(chunk) != chunk) {
            return "MAPPING-LIST";
        }
        const auto* begin = reinterpret_cast<const unsigned char*>(chunk + 1);
        bool inside = chunk->object >= begin && source_.find(chunk->object) == chunk &&
                      room_of(chunk) >= dress_.guard() &&
                      chunk->size <= room_of(chunk) - dress_.guard();
        if (!inside) return "MAPPING-OBJECT";
        if (!dress_.guard_intact(chunk->object, chunk->size, room_of(chunk))) {
            return "MAPPING-GUARD";
        }
        previous = chunk;
        bytes += chunk->bytes;
    }
    return bytes == source_.bytes_of(ChunkKind::general_large) ? nullptr : "MAPPING-LIST";
}

}  // namespace morph
