// What objects outside the pool wear: debug mode's fills and guard, and the marks for ASan and
// Valgrind. The pool's objects wear the same; it dresses them itself.
//
//   live    | payload: fresh fill          | guard: all bytes to the end, at least kGuardBytes |
//   freed   | freed fill                                                                     |
//           |<------------------------------- room ----------------------------------------->|
#pragma once

#include <cstring>

#include "chunk/memory_marks.h"
#include "pool/pool.h"

namespace morph {

class Dress {
 public:
    Dress(bool debug, bool instrumented) : debug_(debug), instrumented_(instrumented) {}

    [[nodiscard]] bool debug() const { return debug_; }
    [[nodiscard]] bool instrumented() const { return instrumented_; }
    [[nodiscard]] bool plain() const { return !debug_ && !instrumented_; }
    // What every object has behind it, in bytes.
    [[nodiscard]] size_t guard() const { return debug_ ? kGuardBytes : 0; }

    void open() const {
        if (instrumented_) mark_pool_create(this);
    }
    void close() const {
        if (instrumented_) mark_pool_destroy(this);
    }

    void put_on(unsigned char* object, size_t size, size_t room) const {
        if (debug_) {
            MarkedAccess access(object, room, instrumented_);
            std::memset(object, kFreshFill, size);
            std::memset(object + size, kGuardFill, room - size);
        }
        if (instrumented_) mark_allocated(this, object, size);
    }

    void take_off(unsigned char* object, size_t room) const {
        if (debug_) {
            MarkedAccess access(object, room, instrumented_);
            std::memset(object, kFreedFill, room);
        }
        if (instrumented_) mark_freed(this, object, room);
    }

    // The object keeps its place. Its guard begins elsewhere.
    void alter(unsigned char* object, size_t old_size, size_t new_size, size_t room) const {
        size_t kept = old_size < new_size ? old_size : new_size;
        if (debug_) {
            MarkedAccess access(object + kept, room - kept, instrumented_);
            std::memset(object + kept, kFreshFill, new_size - kept);
            std::memset(object + new_size, kGuardFill, room - new_size);
        } else if (instrumented_) {
            mark_no_access(object + kept, room - kept);
        }
        if (!instrumented_) return;
        mark_resized(this, object, new_size);
        mark_undefined(object + kept, new_size - kept);
    }

    [[nodiscard]] bool guard_intact(const unsigned char* object, size_t size, size_t room) const {
        if (!debug_) return true;
        if (size > room || room - size < kGuardBytes) return false;
        MarkedAccess access(object + size, room - size, instrumented_);
        return all_bytes(object + size, room - size, kGuardFill);
    }

 private:
    const bool debug_;
    const bool instrumented_;
};

}  // namespace morph
