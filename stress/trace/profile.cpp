#include "stress/trace/profile.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace trace {
namespace {

constexpr size_t kFrequentMax = 12;

struct Life {
    uint64_t size = 0;
    uint64_t allocations_before = 0;
    uint64_t bytes_before = 0;
    uint64_t resizes = 0;
    uint32_t thread = 0;
};

// Walks the events once; lives_ holds the live objects by slot.
class Walk {
 public:
    explicit Walk(const Trace& trace) : lives_(trace.slots) {}

    void step(const Event& event) {
        ++profile_.kinds[static_cast<size_t>(event.kind)];
        ++profile_.threads[event.thread];
        if (allocates(event.kind)) allocate(event);
        if (event.kind == Kind::resized) resize(event);
        if (event.kind == Kind::freed) free(event);
        if (live_bytes_ > profile_.peak_bytes) {
            profile_.peak_bytes = live_bytes_;
            profile_.peak_bytes_event = event.sequence;
        }
        profile_.peak_objects = std::max(profile_.peak_objects, live_objects_);
    }

    Profile finish() {
        profile_.end_bytes = live_bytes_;
        profile_.end_objects = live_objects_;
        for (const auto& [size, count] : sizes_) profile_.frequent.push_back({size, count});
        std::sort(profile_.frequent.begin(), profile_.frequent.end(),
                  [](const Frequent& left, const Frequent& right) {
                      return left.count != right.count ? left.count > right.count
                                                       : left.size < right.size;
                  });
        if (profile_.frequent.size() > kFrequentMax) profile_.frequent.resize(kFrequentMax);
        return std::move(profile_);
    }

 private:
    void allocate(const Event& event) {
        lives_[event.slot] = {event.size, ++allocations_, bytes_ += event.size, 0, event.thread};
        ++sizes_[event.size];
        profile_.sizes.add(event.size);
        if (event.kind == Kind::aligned) ++profile_.alignments[event.alignment];
        profile_.bytes_allocated += event.size;
        live_bytes_ += event.size;
        ++live_objects_;
    }

    void resize(const Event& event) {
        Life& life = lives_[event.slot];
        const uint64_t old = life.size;
        profile_.bytes_kept += std::min(old, event.size);
        ++(event.size > old   ? profile_.grown
           : event.size < old ? profile_.shrunk
                              : profile_.same_size);
        if (old != 0) profile_.growth_percent.add(event.size * 100 / old, event.size);
        if (life.resizes == 0) ++profile_.resized_objects;
        profile_.resizes_most = std::max(profile_.resizes_most, ++life.resizes);
        if (event.size > old) {
            profile_.bytes_allocated += event.size - old;
            bytes_ += event.size - old;
        }
        live_bytes_ += event.size - old;
        life.size = event.size;
    }

    void free(const Event& event) {
        const Life& life = lives_[event.slot];
        profile_.life_allocations.add(allocations_ - life.allocations_before, life.size);
        profile_.life_bytes.add(bytes_ - life.bytes_before, life.size);
        if (life.thread != event.thread) ++profile_.freed_elsewhere;
        live_bytes_ -= life.size;
        --live_objects_;
    }

    Profile profile_;
    std::vector<Life> lives_;
    std::unordered_map<uint64_t, uint64_t> sizes_;
    uint64_t allocations_ = 0;
    uint64_t bytes_ = 0;
    uint64_t live_bytes_ = 0;
    uint64_t live_objects_ = 0;
};

}  // namespace

void Histogram::add(uint64_t value, uint64_t weight) {
    const auto bucket = static_cast<size_t>(std::bit_width(value));
    ++count[bucket];
    sum[bucket] += weight;
}

Profile profile(const Trace& trace) {
    Walk walk(trace);
    for (const Event& event : trace.events) walk.step(event);
    Profile profile = walk.finish();
    profile.name.assign(trace.head.name.data(),
                        strnlen(trace.head.name.data(), trace.head.name.size()));
    profile.events = trace.events.size();
    profile.missing = trace.missing;
    profile.orphans = trace.orphans;
    return profile;
}

}  // namespace trace
