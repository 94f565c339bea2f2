#include "stress/trace/trace.h"

#include <algorithm>
#include <unordered_map>

namespace trace {
namespace {

Refusal refuse(uint64_t sequence, const std::vector<FramePlace>& frames, const std::string& why) {
    Refusal refusal;
    refusal.reason = "event " + std::to_string(sequence) + ' ' + why;
    for (const FramePlace& frame : frames) {
        // Frames of several threads interleave: the shortest one around the number.
        if (frame.first > sequence || sequence > frame.last) continue;
        refusal.offset = frame.offset;
        break;
    }
    return refusal;
}

// Live objects and their slots.
class Slots {
 public:
    // The object's slot; nothing when it is not live.
    [[nodiscard]] std::optional<uint32_t> find(uint64_t object) const {
        const auto place = live_.find(object);
        return place == live_.end() ? std::nullopt : std::optional(place->second);
    }
    uint32_t add(uint64_t object) {
        uint32_t slot = count_;
        if (free_.empty()) {
            ++count_;
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        live_.emplace(object, slot);
        return slot;
    }
    void remove(uint64_t object) {
        const auto place = live_.find(object);
        free_.push_back(place->second);
        live_.erase(place);
    }
    [[nodiscard]] uint32_t count() const { return count_; }

 private:
    std::unordered_map<uint64_t, uint32_t> live_;
    std::vector<uint32_t> free_;
    uint32_t count_ = 0;
};

}  // namespace

std::optional<Refusal> settle(Trace* trace, const std::vector<FramePlace>& frames) {
    std::vector<Event>& events = trace->events;
    const auto before = [](const Event& left, const Event& right) {
        return left.sequence < right.sequence;
    };
    if (!std::is_sorted(events.begin(), events.end(), before)) {
        std::sort(events.begin(), events.end(), before);
    }
    Slots slots;
    size_t kept = 0;
    uint64_t previous = 0;
    for (Event& event : events) {
        if (event.sequence == previous) return refuse(previous, frames, "comes twice");
        trace->missing += event.sequence - previous - 1;
        previous = event.sequence;
        if (allocates(event.kind)) {
            event.object = event.sequence;
            event.slot = slots.add(event.object);
        } else if (refers(event.kind)) {
            const std::optional<uint32_t> slot = slots.find(event.object);
            if (!slot.has_value()) {
                if (trace->missing == 0) {
                    return refuse(
                        event.sequence, frames,
                        "is about object " + std::to_string(event.object) + ", which is not live");
                }
                ++trace->orphans;
                continue;
            }
            event.slot = *slot;
            if (event.kind == Kind::freed) slots.remove(event.object);
        }
        events[kept++] = event;
    }
    events.resize(kept);
    trace->slots = slots.count();
    return std::nullopt;
}

void cut(Trace* trace, uint64_t events) {
    if (events < trace->events.size()) trace->events.resize(events);
}

}  // namespace trace
