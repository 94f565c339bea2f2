// Freeing: reset, mark and release, and what they share.
#include <cstring>
#include <new>

#include "arena/arena.h"
#include "arena/layout.h"
#include "chunk/check.h"
#include "chunk/memory_marks.h"

namespace morph {
namespace {

// The bytes of a record in which a handle may lie. 64 is a power of two, so serials spread evenly.
constexpr size_t kHandles = sizeof(MarkRecord);

// Records carry no access in instrumented builds: a stray write into one is found.
MarkRecord read_record(const MarkRecord* record, bool instrumented) {
    MarkedAccess access(record, sizeof(MarkRecord), instrumented);
    return *record;
}

}  // namespace

void Arena::reset() {
    if (debug_) {
        (void)guards_hold(0);
        log_.shrink(0);
    }
    return_large_until(nullptr);
    scope_ = nullptr;
    scopes_ = 0;
    if (first_ != nullptr) {
        if (pinned_) scrub_from(first_, begin_of(&first_->chunk));
        first_->used_before = 0;
        first_->blocks_before = 0;
        set_cursor(first_, begin_of(&first_->chunk));
    }
    padding_ = 0;
}

MorphArenaMark* Arena::mark() {
    MORPH_CHECK(current_ != nullptr);  // who gives out marks has called prepare()
    MarkRecord record{};
    record.outer = scope_;
    record.chunk = current_;
    record.cursor = head_.cursor;
    record.padding = padding_;
    record.large = large_;
    record.objects_logged = log_.count();
    Place taken = take(sizeof(MarkRecord), MORPH_DEFAULT_ALIGNMENT);
    if (taken.address == nullptr) {
        source_.explain_refusal(errors_, "arena: mark", sizeof(MarkRecord));
        return nullptr;
    }
    record.handle = reinterpret_cast<uintptr_t>(taken.address) + serial_ % kHandles;
    record.check = kMarkCheck ^ record.handle;
    MarkedAccess access(taken.address, sizeof(MarkRecord), instrumented_);
    scope_ = new (taken.address) MarkRecord(record);
    padding_ += sizeof(MarkRecord);
    scopes_ += 1;
    serial_ += 1;
    return reinterpret_cast<MorphArenaMark*>(record.handle);
}

// The scope that the user's mark stands for, with a copy of its record and the number of scopes
// that close with it. nullptr: none; *broken tells whether a record was overwritten.
MarkRecord* Arena::find_scope(const MorphArenaMark* mark, MarkRecord* record, size_t* closed,
                              bool* broken) const {
    *closed = 0;
    *broken = false;
    for (MarkRecord* scope = scope_; scope != nullptr; scope = record->outer) {
        *record = read_record(scope, instrumented_);
        *closed += 1;
        *broken = record->check != (kMarkCheck ^ record->handle) ||
                  record->handle - reinterpret_cast<uintptr_t>(scope) >= kHandles;
        if (*broken) return nullptr;
        if (record->handle == reinterpret_cast<uintptr_t>(mark)) return scope;
    }
    return nullptr;
}

MorphCode Arena::release(MorphArenaMark* mark) {
    MarkRecord record{};
    size_t closed = 0;
    bool broken = false;
    if (find_scope(mark, &record, &closed, &broken) == nullptr) {
        if (broken) {
            return errors_.fail(MORPH_ERROR_CORRUPTION,
                                "arena: ARENA-SCOPE is broken: a mark was overwritten");
        }
        return errors_.fail(MORPH_ERROR_SCOPE,
                            "arena: %p is no live scope of this arena (released, reset or foreign)",
                            static_cast<void*>(mark));
    }
    if (debug_) {
        if (!guards_hold(record.objects_logged)) {
            return errors_.fail(MORPH_ERROR_CORRUPTION,
                                "arena: ARENA-GUARD is broken: nothing was released");
        }
        log_.shrink(record.objects_logged);
    }
    return_large_until(record.large);
    scope_ = record.outer;
    scopes_ -= closed;
    padding_ = record.padding;
    if (pinned_) scrub_from(record.chunk, record.cursor);
    set_cursor(record.chunk, record.cursor);
    return MORPH_OK;
}

void Arena::return_large_until(const LargeChunk* keep) {
    while (large_ != keep) {
        LargeChunk* large = large_;
        large_ = large->older;
        large_objects_ -= 1;
        large_bytes_ -= large->chunk.bytes;
        large_footprint_ -= large->footprint;
        if (instrumented_) mark_pool_destroy(large);
        source_.return_chunk(&large->chunk);
    }
}

// Everything from the position on is free: filled in debug mode, without access for the tools.
void Arena::scrub_from(ArenaChunk* chunk, unsigned char* position) {
    for (ArenaChunk* each = chunk; each != nullptr;) {
        scrub(each, position, left_at(each));
        if (each == current_) return;
        each = reinterpret_cast<ArenaChunk*>(each->chunk.next);
        if (each != nullptr) position = begin_of(&each->chunk);
    }
}

void Arena::scrub(ArenaChunk* chunk, unsigned char* from, const unsigned char* to) const {
    size_t bytes = static_cast<size_t>(to - from);
    if (instrumented_) {
        unsigned char* begin = begin_of(&chunk->chunk);
        mark_pool_trim(chunk, begin, static_cast<size_t>(from - begin));
    }
    if (bytes == 0) return;
    if (debug_) {
        MarkedAccess access(from, bytes, instrumented_);
        memset(from, kFreedByte, bytes);
    } else {
        mark_no_access(from, bytes);
    }
}

bool Arena::guards_hold(size_t objects_kept) const {
    bool hold = true;
    log_.visit(objects_kept, [&](const DebugLog::Entry& entry) {
        const unsigned char* damage = first_damage(entry, instrumented_);
        if (damage == nullptr) return true;
        hold = false;
        errors_.fail(MORPH_ERROR_CORRUPTION, "arena: ARENA-GUARD is broken behind %p",
                     static_cast<void*>(entry.object));
        reporter_.report(MORPH_REPORT_GUARD_OVERWRITTEN, entry.object, entry.size, 0,
                         "arena object %p of %s bytes: byte %s behind its end was overwritten",
                         static_cast<void*>(entry.object), Grouped(entry.size).text,
                         Grouped(static_cast<size_t>(damage - entry.object) - entry.size).text);
        return true;
    });
    return hold;
}

}  // namespace morph
