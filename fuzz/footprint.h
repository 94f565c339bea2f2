// Footprint: how much a correct subject may hold from the system, given what has been live.
//
// The bound follows from the policies that the public headers document. It holds for every correct
// implementation of them, and a chunk lost on each cycle, or growth by doubling, breaks it soon.
// docs/checkers.md derives it; in short:
//
//   pool    8/5 of the slots, class by class at its own peak (a block is taken only when all
//           blocks of its class are full) + a block for each class + 2 chunks
//   arena   8/7 of the peak volume in whole chunks (no more than 1/16 of a chunk is left unused
//           when the next is taken) + 2 chunks; and live objects large enough for a mapping of
//           their own, with their page and alignment
//   both    + 1/32 for tables, 160 KiB, 1 KiB for each type, and in debug mode 96 bytes for each
//           object of the arena
//   general the pool's; and of larger objects three times the peak volume (fragments, an eighth to
//           grow into, half a mapping idle) + 4 chunks
//   heap    the percentage and slack that the subject states
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "fuzz/live_objects.h"
#include "fuzz/subject.h"

namespace suite {

class Footprint {
 public:
    Footprint(const Abilities& abilities, const Configuration& configuration, size_t chunk_bytes,
              Kind kind = Kind::context);

    void add(const Shadow& shadow);
    void remove(const Shadow& shadow);  // must be as it was added
    void add_mark();
    void remove_mark();
    void add_type() { ++types_; }
    void reset();  // nothing is live; peaks stay

    [[nodiscard]] bool checked() const;
    [[nodiscard]] uint64_t bound() const;

 private:
    struct ClassUse {
        uint64_t live = 0;
        uint64_t peak = 0;
    };
    static constexpr uint64_t kMarkBytes = 64;
    static constexpr size_t kClasses = 2 * MORPH_SIZE_CLASSES;  // narrow and wide types apart

    [[nodiscard]] static size_t class_of(const reference::Object& object);
    [[nodiscard]] uint64_t volume_of(const Shadow& shadow) const;
    [[nodiscard]] uint64_t large_bytes_of(const Shadow& shadow) const;
    void add_volume(uint64_t bytes);

    uint64_t percent_;
    uint64_t slack_;
    uint64_t chunk_;
    uint64_t unit_;  // of an arena: the larger of chunk and block
    bool debug_;
    bool general_;
    std::array<ClassUse, kClasses> classes_ = {};
    uint64_t slots_peak_ = 0;  // bytes: the sum of each class's own peak
    uint64_t classes_used_ = 0;
    uint64_t volume_ = 0;  // of the arena: objects, their padding and guards, marks
    uint64_t volume_peak_ = 0;
    uint64_t large_ = 0;  // of live objects that may have a mapping of their own
    uint64_t arena_objects_ = 0;
    uint64_t arena_objects_peak_ = 0;
    uint64_t types_ = 0;
    uint64_t live_bytes_ = 0;  // heap_like
    uint64_t live_bytes_peak_ = 0;
};

}  // namespace suite
