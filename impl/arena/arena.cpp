#include "arena/arena.h"

#include <cstring>

#include "arena/layout.h"
#include "chunk/check.h"
#include "chunk/memory_marks.h"

namespace morph {
namespace {

// A request or an alignment above this part of a chunk does not move on to the next chunk.
constexpr size_t kLargePart = 16;

bool is_valid_alignment(size_t alignment) {
    return alignment != 0 && (alignment & (alignment - 1)) == 0 && alignment <= MORPH_MAX_ALIGNMENT;
}

size_t distance_to(const unsigned char* position, size_t alignment) {
    return (0 - reinterpret_cast<uintptr_t>(position)) & (alignment - 1);
}

// Nothing of a new chunk may be touched, but for its header. The header's unused end stays without
// access for good: whoever writes before the first object is found.
void guard_fresh_chunk(Chunk* chunk) {
    constexpr size_t kUsed = round_up(sizeof(ArenaChunk), MORPH_DEFAULT_ALIGNMENT);
    static_assert(sizeof(LargeChunk) <= kUsed && kUsed < kArenaHeaderBytes);
    mark_pool_create(chunk);
    mark_no_access(reinterpret_cast<unsigned char*>(chunk) + kUsed, chunk->bytes - kUsed);
}

}  // namespace

Arena::Arena(Source& source, ErrorState& errors, const ArenaSettings& settings)
    : MorphArena{nullptr, nullptr},
      source_(source),
      errors_(errors),
      reporter_(settings.reporter),
      head_(settings.debug ? apart_ : *this),
      block_bytes_(settings.block_size == 0 ? kChunkBytes : settings.block_size),
      chunk_bytes_(block_bytes_ > kChunkBytes ? block_bytes_ : kChunkBytes),
      debug_(settings.debug),
      instrumented_(marks_active()),
      pinned_(debug_ || instrumented_),
      log_(source) {}

Arena::~Arena() {
    if (debug_) (void)guards_hold(0);
    return_large_until(nullptr);
    while (first_ != nullptr) {
        ArenaChunk* chunk = first_;
        first_ = reinterpret_cast<ArenaChunk*>(chunk->chunk.next);
        if (instrumented_) mark_pool_destroy(chunk);
        source_.return_chunk(&chunk->chunk);
    }
}

bool Arena::prepare() {
    if (current_ != nullptr || move_to_next_chunk()) return true;
    source_.explain_refusal(errors_, "arena", chunk_bytes_);
    return false;
}

// The only place that moves the cursor, but for the inline fast path.
void Arena::set_cursor(ArenaChunk* chunk, unsigned char* position) {
    current_ = chunk;
    head_.cursor = position;
    if (pinned_ || chunk == nullptr) {
        head_.limit = position;
        return;
    }
    auto* base = reinterpret_cast<unsigned char*>(chunk);
    head_.limit = base + round_up(static_cast<size_t>(position - base), block_bytes_);
}

// Makes the first spare chunk, or else a new one, the current chunk. false: refused, nothing
// changed.
bool Arena::move_to_next_chunk() {
    Chunk* next = current_ == nullptr ? reinterpret_cast<Chunk*>(first_) : current_->chunk.next;
    if (next == nullptr) {
        next = source_.acquire_chunk(ChunkKind::arena, this, chunk_bytes_);
        if (next == nullptr) return false;
        if (instrumented_) guard_fresh_chunk(next);
        if (current_ == nullptr) {
            first_ = reinterpret_cast<ArenaChunk*>(next);
        } else {
            current_->chunk.next = next;
            next->previous = &current_->chunk;
        }
        chunks_ += 1;
    }
    enter(reinterpret_cast<ArenaChunk*>(next));
    return true;
}

void Arena::enter(ArenaChunk* chunk) {
    if (current_ == nullptr) {
        chunk->index = 0;
        chunk->used_before = 0;
        chunk->blocks_before = 0;
    } else {
        current_->left_at = head_.cursor;
        chunk->index = current_->index + 1;
        chunk->used_before = bytes_below_cursor();
        chunk->blocks_before = current_->blocks_before + blocks_in_use(current_);
    }
    set_cursor(chunk, begin_of(&chunk->chunk));
}

// Room for footprint bytes at the alignment, or nothing and no change.
Arena::Place Arena::take(size_t footprint, size_t alignment) {
    if (current_ != nullptr) {
        size_t room = static_cast<size_t>(end_of(&current_->chunk) - head_.cursor);
        size_t padding = distance_to(head_.cursor, alignment);
        if (padding <= room && footprint <= room - padding) {
            unsigned char* address = head_.cursor + padding;
            padding_ += padding;
            set_cursor(current_, address + footprint);
            return {address, &current_->chunk, false};
        }
    }
    size_t large = chunk_bytes_ / kLargePart;
    bool is_large = footprint > large || alignment > large;
    // The first request of all finds no chunk. It is placed as after a reset, which finds an empty
    // one: else the same program would map more the second time than the first.
    if (is_large && (current_ != nullptr || !fits_empty_chunk(footprint, alignment))) {
        return take_large(footprint, alignment);
    }
    if (!move_to_next_chunk()) return {};
    // Header, padding and footprint are at most 3/16 of the chunk, or were seen to fit.
    size_t padding = distance_to(head_.cursor, alignment);
    unsigned char* address = head_.cursor + padding;
    padding_ += padding;
    set_cursor(current_, address + footprint);
    return {address, &current_->chunk, false};
}

bool Arena::fits_empty_chunk(size_t footprint, size_t alignment) const {
    if (alignment > kChunkBytes) return false;  // where the next multiple lies is not known yet
    size_t offset = round_up(kArenaHeaderBytes, alignment);
    return offset <= chunk_bytes_ && footprint <= chunk_bytes_ - offset;
}

Arena::Place Arena::take_large(size_t footprint, size_t alignment) {
    // Chunks are kChunkBytes-aligned: up to there the object's place is known; beyond, the next
    // multiple of the alignment is at most one alignment away.
    size_t offset = alignment <= kChunkBytes ? round_up(kArenaHeaderBytes, alignment) : alignment;
    Chunk* chunk = source_.acquire_chunk(ChunkKind::arena_large, this, offset + footprint);
    if (chunk == nullptr) return {};
    auto* large = reinterpret_cast<LargeChunk*>(chunk);
    unsigned char* begin = begin_of(chunk);
    large->padding = distance_to(begin, alignment);
    large->object = begin + large->padding;
    large->footprint = large->padding + footprint;
    MORPH_CHECK(large->footprint <= static_cast<size_t>(end_of(chunk) - begin));
    large->older = large_;
    large_ = large;
    large_objects_ += 1;
    large_bytes_ += chunk->bytes;
    large_footprint_ += large->footprint;
    padding_ += large->padding;
    if (instrumented_) guard_fresh_chunk(chunk);
    return {large->object, chunk, true};
}

// Every allocation but those of the fast path.
void* Arena::place(size_t size, size_t alignment, Contents contents) {
    if (!is_valid_alignment(alignment)) {
        errors_.fail(MORPH_ERROR_INVALID_ARGUMENT,
                     "arena: alignment %s is not a power of two from 1 to %s",
                     Grouped(alignment).text, Grouped(MORPH_MAX_ALIGNMENT).text);
        return nullptr;
    }
    if (size > MORPH_MAX_REQUEST) {
        errors_.fail(MORPH_ERROR_TOO_LARGE, "arena: %s bytes refused: no request may exceed %s",
                     Grouped(size).text, Grouped(MORPH_MAX_REQUEST).text);
        return nullptr;
    }
    if (alignment < MORPH_DEFAULT_ALIGNMENT) alignment = MORPH_DEFAULT_ALIGNMENT;
    size_t rounded = size == 0 ? MORPH_DEFAULT_ALIGNMENT : round_up(size, MORPH_DEFAULT_ALIGNMENT);
    size_t peak = source_.bytes_mapped_peak();
    Place taken;
    if (!debug_) {
        taken = take(rounded, alignment);
    } else if (log_.reserve()) {
        taken = take(rounded + kGuardBytes, alignment);
        if (taken.address == nullptr) {
            log_.undo_reserve();
            source_.restore_peak(peak);
        }
    }
    if (taken.address == nullptr) {
        source_.explain_refusal(errors_, "arena", size);
        return nullptr;
    }
    hand_out(taken, size, rounded, contents);
    return taken.address;
}

// Fills, guards and marks what was taken.
void Arena::hand_out(const Place& taken, size_t size, size_t rounded, Contents contents) {
    if (debug_) {
        size_t guard_bytes = rounded - size + kGuardBytes;
        MarkedAccess guard(taken.address + size, guard_bytes, instrumented_);
        memset(taken.address + size, kGuardByte, guard_bytes);
        log_.append(taken.address, size);
        padding_ += kGuardBytes;
    }
    if (instrumented_) mark_allocated(taken.chunk, taken.address, size);
    if (contents == Contents::zero) {
        if (!taken.fresh) memset(taken.address, 0, size);
        if (instrumented_) mark_defined(taken.address, size);
    } else if (debug_) {
        memset(taken.address, kFreshByte, size);
        if (instrumented_) mark_undefined(taken.address, size);
    }
}

// Not inlined: the callers' common paths then need no stack frame.
[[gnu::noinline]] void* Arena::serve(size_t size, size_t alignment, Contents contents,
                                     const char* call) {
    return in_turn(reporter_, this, call, [=, this] { return place(size, alignment, contents); });
}

void* Arena::alloc_slow(size_t size) {
    return serve(size, MORPH_DEFAULT_ALIGNMENT, Contents::undefined, "morph_arena_alloc");
}

void* Arena::alloc_aligned(size_t size, size_t alignment) {
    // The common case: valid, and inside the block. Whatever wraps fails one of the tests.
    size_t padding = distance_to(cursor, alignment);
    size_t rounded = round_up(size, MORPH_DEFAULT_ALIGNMENT);
    size_t room = static_cast<size_t>(limit - cursor);
    if (is_valid_alignment(alignment) && padding < room && rounded - 1 < room - padding) {
        unsigned char* address = cursor + padding;
        cursor = address + rounded;
        padding_ += padding;
        return address;
    }
    return serve(size, alignment, Contents::undefined, "morph_arena_alloc_aligned");
}

void* Arena::alloc_zeroed(size_t size) {
    if (size < static_cast<size_t>(limit - cursor)) {
        void* object = alloc(size);
        if (object != nullptr) memset(object, 0, size);
        return object;
    }
    return serve(size, MORPH_DEFAULT_ALIGNMENT, Contents::zero, "morph_arena_alloc_zeroed");
}

}  // namespace morph
