// What is noted of one object, and its dress: debug mode's fills and guards, and the marks for
// ASan and Valgrind. None of it is on the way of a plain pool.
//
//   slot, live   | payload: fresh fill | guard, at least 8 | slack note | <- debug mode
//   slot, free   | freed fill                                           |
#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "pool/pool.h"

namespace morph {

void Pool::note_tag(Slot slot, size_t size, uint32_t type) {
    bool slack = size != slot.block->slot_size;
    write_tag(slot.block, slot.index, type | (slack ? kWideSlack : 0));
}

// An object of size bytes is handed out.
void Pool::dress(Slot slot, size_t size) {
    size_t slot_size = slot.block->slot_size;
    MORPH_CHECK(size <= slot_size);
    {
        MarkedAccess access(slot.address, slot_size, instrumented_);
        if (debug_) {
            std::memset(slot.address, kFreshFill, size);
            std::memset(slot.address + size, kGuardFill, slot_size - size);
        }
        write_slack(slot.address + slot_size, slot_size - size);
    }
    if (instrumented_) mark_allocated(this, slot.address, size);
}

// The object is freed; its tag and bit are the caller's.
void Pool::undress(Slot slot) {
    size_t slot_size = slot.block->slot_size;
    if (debug_) {
        MarkedAccess access(slot.address, slot_size, instrumented_);
        std::memset(slot.address, kFreedFill, slot_size);
    }
    if (instrumented_) mark_freed(this, slot.address, slot_size);
}

void Pool::resize_in_place(Slot slot, const ObjectInfo& old, size_t new_size) {
    size_t slot_size = slot.block->slot_size;
    size_t kept = old.size < new_size ? old.size : new_size;
    note_tag(slot, new_size, old.type);
    {
        // Only what lies behind the kept bytes, so that Valgrind goes on knowing those.
        MarkedAccess access(slot.address + kept, slot_size - kept, instrumented_);
        if (debug_) {
            std::memset(slot.address + kept, kFreshFill, new_size - kept);
            std::memset(slot.address + new_size, kGuardFill, slot_size - new_size);
        }
        write_slack(slot.address + slot_size, slot_size - new_size);
    }
    if (instrumented_) mark_undefined(slot.address + kept, new_size - kept);
}

// As describe, with access to the slack's note, which is taken away again.
ObjectInfo Pool::describe_dressed(Slot slot) const {
    if (!instrumented_) return describe(slot);
    size_t slot_size = slot.block->slot_size;
    unsigned char* end = slot.address + slot_size;
    if ((tag_of(slot.block, slot.index) & kWideSlack) == 0) return describe(slot);
    mark_defined(end - 1, 1);
    if (end[-1] == 0) mark_defined(end - 3, 2);
    ObjectInfo info = describe(slot);
    // A broken note (POOL-TAG) may say anything.
    size_t size = info.size < slot_size ? info.size : slot_size;
    mark_no_access(slot.address + size, slot_size - size);
    return info;
}

bool Pool::guard_intact(Slot slot, const ObjectInfo& info) const {
    size_t slot_size = slot.block->slot_size;
    if (info.size > slot_size - kGuardBytes) return false;
    size_t slack = slot_size - info.size;
    MarkedAccess access(slot.address + info.size, slack, instrumented_);
    return all_bytes(slot.address + info.size, slack - slack_note_bytes(slack), kGuardFill);
}

// Describes a live object; in debug mode reports an overwritten guard: then false, error noted.
bool Pool::inspect_live(Slot slot, ObjectInfo* info) {
    *info = describe_dressed(slot);
    if (!debug_ || guard_intact(slot, *info)) return true;
    const void* object = slot.address;
    reporter_.report(MORPH_REPORT_GUARD_OVERWRITTEN, object, info->size, info->type,
                     "pool: bytes behind %p were written (slot of %u bytes, type %u)", object,
                     slot.block->slot_size, info->type);
    errors_.fail(MORPH_ERROR_CORRUPTION, "POOL-GUARD: bytes behind %p were written", object);
    return false;
}

// Freed memory that is to be used again. Once reported it is filled anew: the damage is told once.
bool Pool::inspect_freed(const void* begin, size_t bytes) {
    auto* memory = static_cast<unsigned char*>(const_cast<void*>(begin));
    {
        MarkedAccess access(begin, bytes, instrumented_);
        if (all_bytes(memory, bytes, kFreedFill)) return true;
        while (*memory == kFreedFill) memory++;
        std::memset(memory, kFreedFill,
                    bytes - static_cast<size_t>(memory - static_cast<const unsigned char*>(begin)));
    }
    const void* where = memory;
    reporter_.report(MORPH_REPORT_WRITE_AFTER_FREE, where, 0, 0,
                     "pool: %p was written after it was freed", where);
    errors_.fail(MORPH_ERROR_CORRUPTION, "POOL-FREED: %p was written after it was freed", where);
    return false;
}

}  // namespace morph
