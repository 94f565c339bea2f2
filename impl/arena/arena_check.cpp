// Figures and invariants of an arena.
#include "arena/arena.h"
#include "arena/layout.h"
#include "chunk/memory_marks.h"

namespace morph {

const unsigned char* first_damage(const DebugLog::Entry& entry, bool instrumented) {
    const unsigned char* guard = entry.object + entry.size;
    size_t rounded =
        entry.size == 0 ? MORPH_DEFAULT_ALIGNMENT : round_up(entry.size, MORPH_DEFAULT_ALIGNMENT);
    size_t bytes = rounded - entry.size + kGuardBytes;
    MarkedAccess access(guard, bytes, instrumented);
    for (size_t index = 0; index < bytes; ++index) {
        if (guard[index] != kGuardByte) return guard + index;
    }
    return nullptr;
}

// Where the objects of a chunk in use end.
unsigned char* Arena::left_at(const ArenaChunk* chunk) const {
    return chunk == current_ ? head_.cursor : chunk->left_at;
}

size_t Arena::blocks_in_use(const ArenaChunk* chunk) const {
    auto below = static_cast<size_t>(left_at(chunk) - begin_of(&chunk->chunk));
    return round_up(below + kArenaHeaderBytes, block_bytes_) / block_bytes_;
}

// Payload bytes in chunks: objects, padding, marks and guards.
size_t Arena::bytes_below_cursor() const {
    if (current_ == nullptr) return 0;
    return current_->used_before + static_cast<size_t>(head_.cursor - begin_of(&current_->chunk));
}

size_t Arena::bytes_used() const {
    return bytes_below_cursor() + large_footprint_ - padding_;
}

size_t Arena::bytes_reserved() const {
    size_t blocks = current_ == nullptr ? 0 : current_->blocks_before + blocks_in_use(current_);
    return blocks * block_bytes_ + large_bytes_;
}

MorphArenaStats Arena::stats() const {
    MorphArenaStats stats{};
    stats.bytes_used = bytes_used();
    stats.bytes_padding = padding_;
    stats.bytes_reserved = bytes_reserved();
    stats.bytes_mapped = source_.bytes_mapped();
    stats.bytes_mapped_peak = source_.bytes_mapped_peak();
    stats.blocks = (stats.bytes_reserved - large_bytes_) / block_bytes_;
    stats.chunks = chunks_;
    stats.large_objects = large_objects_;
    stats.scopes = scopes_;
    stats.utilisation = 1;
    if (stats.bytes_reserved != 0) {
        stats.utilisation =
            static_cast<double>(stats.bytes_used) / static_cast<double>(stats.bytes_reserved);
    }
    return stats;
}

bool Arena::contains(const void* address) const {
    const Chunk* chunk = source_.find(address);
    if (chunk == nullptr || chunk->owner != this) return false;
    auto* byte = static_cast<const unsigned char*>(address);
    if (chunk->kind == ChunkKind::arena_large) {
        auto* large = reinterpret_cast<const LargeChunk*>(chunk);
        return byte >= large->object && byte < begin_of(chunk) + large->footprint;
    }
    if (current_ == nullptr) return false;
    auto* own = reinterpret_cast<const ArenaChunk*>(chunk);
    if (own->index > current_->index) return false;  // spare
    return byte >= begin_of(chunk) && byte < left_at(own);
}

const char* Arena::check_chain() const {
    size_t chunks = 0;
    size_t used = 0;
    size_t blocks = 0;
    bool in_use = current_ != nullptr;
    const Chunk* previous = nullptr;
    for (const Chunk* chunk = reinterpret_cast<const Chunk*>(first_); chunk != nullptr;
         chunk = chunk->next) {
        if (source_.find(chunk) != chunk || chunk->kind != ChunkKind::arena) return "ARENA-CHAIN";
        if (chunk->owner != this || chunk->previous != previous) return "ARENA-CHAIN";
        if (chunk->bytes != chunk_bytes_ || chunks >= chunks_) return "ARENA-CHAIN";
        auto* own = reinterpret_cast<const ArenaChunk*>(chunk);
        if (in_use) {
            const unsigned char* left = left_at(own);
            if (own->index != chunks) return "ARENA-CHAIN";
            if (left < begin_of(chunk) || left > end_of(chunk)) return "ARENA-CURSOR";
            if (reinterpret_cast<uintptr_t>(left) % MORPH_DEFAULT_ALIGNMENT != 0) {
                return "ARENA-CURSOR";
            }
            if (own->used_before != used || own->blocks_before != blocks) return "ARENA-BYTES";
            used += static_cast<size_t>(left - begin_of(chunk));
            blocks += blocks_in_use(own);
            in_use = own != current_;
        }
        previous = chunk;
        chunks += 1;
    }
    return in_use || chunks != chunks_ ? "ARENA-CHAIN" : nullptr;
}

const char* Arena::check_large() const {
    size_t count = 0;
    size_t bytes = 0;
    size_t footprint = 0;
    for (const LargeChunk* large = large_; large != nullptr; large = large->older) {
        const Chunk* chunk = &large->chunk;
        if (count == large_objects_ || source_.find(chunk) != chunk) return "ARENA-LARGE";
        if (chunk->kind != ChunkKind::arena_large || chunk->owner != this) return "ARENA-LARGE";
        auto room = static_cast<size_t>(end_of(chunk) - begin_of(chunk));
        if (large->footprint > room || large->padding >= large->footprint) return "ARENA-LARGE";
        if (large->object != begin_of(chunk) + large->padding) return "ARENA-LARGE";
        count += 1;
        bytes += chunk->bytes;
        footprint += large->footprint;
    }
    bool exact = count == large_objects_ && bytes == large_bytes_ && footprint == large_footprint_;
    return exact ? nullptr : "ARENA-LARGE";
}

const char* Arena::check_scopes() const {
    size_t count = 0;
    const ArenaChunk* chunk_above = current_;
    const unsigned char* above = head_.cursor;
    size_t padding_above = padding_;
    for (const MarkRecord* scope = scope_; scope != nullptr; ++count) {
        // The record lies below what lies above it, in its chunk or an earlier one.
        auto* chunk = reinterpret_cast<const ArenaChunk*>(source_.find(scope));
        if (count == scopes_ || chunk == nullptr || chunk_above == nullptr) return "ARENA-SCOPE";
        if (chunk->chunk.owner != this || chunk->chunk.kind != ChunkKind::arena) {
            return "ARENA-SCOPE";
        }
        auto* place = reinterpret_cast<const unsigned char*>(scope);
        bool below = chunk->index < chunk_above->index ||
                     (chunk == chunk_above && place + sizeof(MarkRecord) <= above);
        if (!below || place < begin_of(&chunk->chunk)) return "ARENA-SCOPE";
        MarkedAccess access(scope, sizeof(MarkRecord), instrumented_);
        if (scope->check != (kMarkCheck ^ scope->handle)) return "ARENA-SCOPE";
        if (scope->handle - reinterpret_cast<uintptr_t>(scope) >= sizeof(MarkRecord)) {
            return "ARENA-SCOPE";
        }
        if (scope->padding + sizeof(MarkRecord) > padding_above) return "ARENA-SCOPE";
        if (scope->objects_logged > log_.count()) return "ARENA-SCOPE";
        chunk_above = scope->chunk;
        above = scope->cursor;
        padding_above = scope->padding;
        scope = scope->outer;
    }
    return count == scopes_ ? nullptr : "ARENA-SCOPE";
}

const char* Arena::check_log() const {
    size_t payload = 0;
    const char* broken = nullptr;
    log_.visit(0, [&](const DebugLog::Entry& entry) {
        size_t rounded = round_up(entry.size, MORPH_DEFAULT_ALIGNMENT);
        payload += rounded == 0 ? MORPH_DEFAULT_ALIGNMENT : rounded;
        if (!contains(entry.object)) {
            broken = "ARENA-LOG";
        } else if (first_damage(entry, instrumented_) != nullptr) {
            broken = "ARENA-GUARD";
        }
        return broken == nullptr;
    });
    if (broken != nullptr) return broken;
    return payload == bytes_used() ? nullptr : "ARENA-LOG";
}

const char* Arena::check() const {
    const char* broken = check_chain();
    if (broken == nullptr) broken = check_large();
    if (broken != nullptr) return broken;
    const unsigned char* end = head_.cursor;
    if (!pinned_ && current_ != nullptr) {
        auto* base = reinterpret_cast<const unsigned char*>(current_);
        end = base + round_up(static_cast<size_t>(head_.cursor - base), block_bytes_);
    }
    if (head_.limit != end) return "ARENA-LIMIT";
    if (debug_ && (cursor != nullptr || limit != nullptr)) return "ARENA-LIMIT";
    if (current_ == nullptr && head_.cursor != nullptr) return "ARENA-CURSOR";
    if (padding_ > bytes_below_cursor() + large_footprint_) return "ARENA-BYTES";
    broken = check_scopes();
    if (broken == nullptr && debug_) broken = check_log();
    return broken;
}

MorphCode Arena::verify() {
    const char* broken = source_.check();
    if (broken == nullptr) broken = check();
    if (broken == nullptr) return MORPH_OK;
    return errors_.fail(MORPH_ERROR_CORRUPTION, "arena: invariant %s is broken", broken);
}

}  // namespace morph
