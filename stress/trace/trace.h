// Trace: the events of one process in memory, in the order in which they are replayed.
//
// TRACE-ORDER   sequence numbers ascend strictly; each object is allocated before it is resized and
//               freed, and nothing happens to it after it is freed
// TRACE-SLOT    objects that are live at the same time have different slots, and slots are below
//               Trace::slots, the most that were ever live at once
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stress/trace/format.h"

namespace trace {

struct Event {
    uint64_t sequence = 0;
    uint64_t object = 0;  // its name; of an allocation: its own sequence number; 0: none
    uint64_t size = 0;
    uint32_t thread = 0;
    uint32_t slot = 0;  // of the object (TRACE-SLOT)
    Kind kind = Kind::plain;
    uint8_t alignment = 0;  // Kind::aligned: log2

    friend bool operator==(const Event&, const Event&) = default;
};

inline bool allocates(Kind kind) {
    return kind == Kind::plain || kind == Kind::zeroed || kind == Kind::aligned;
}
// Has Event::object, and it is another event's.
inline bool refers(Kind kind) {
    return kind == Kind::resized || kind == Kind::freed;
}

struct Trace {
    FileHead head;
    std::vector<Event> events;
    uint32_t slots = 0;
    uint64_t missing = 0;  // sequence numbers that no event has: frames that were never written
    uint64_t orphans = 0;  // events left out, for their object was allocated by a missing one
    uint64_t cut_at = 0;   // where the file ends within a frame; 0: it ends with a whole one
};

// Why a file is refused.
struct Refusal {
    uint64_t offset = 0;  // in the plain file: of the frame, or of the byte
    std::string reason;
};

// Where a frame begins: to say where an event came from.
struct FramePlace {
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t offset = 0;
};

// Sorts what frames hold and brings it into order: establishes TRACE-ORDER and TRACE-SLOT. What is
// missing may be behind a reference to an unknown object; where nothing is missing, that is an
// error.
std::optional<Refusal> settle(Trace* trace, const std::vector<FramePlace>& frames);

// The trace as it was before its N + 1st event: references lead backwards, so any beginning is
// whole.
void cut(Trace* trace, uint64_t events);

}  // namespace trace
