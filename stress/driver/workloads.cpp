#include "stress/driver/workloads.h"

#include <algorithm>
#include <cstddef>

#include "stress/driver/lists.h"

namespace stress {

namespace {

struct Room {
    const char* name;
    void (*add)(const Places&, uint64_t, Plan, std::vector<Workload>*);
};

// In the order of a round.
constexpr Room kRooms[] = {
    {"front-end", add_front_end}, {"collector", add_collector}, {"pressure", add_pressure},
    {"threads", add_threads},     {"real", add_real},           {"traces", add_traces},
    {"soak", add_soak},           {"scale", add_scale},
};

std::vector<Workload> list_of(const Room& room, const Places& places, uint64_t seed, Plan plan) {
    std::vector<Workload> list;
    room.add(places, seed, plan, &list);
    if (plan == Plan::brief && !list.empty()) {
        const size_t first = static_cast<size_t>((seed - 1) % list.size());
        std::rotate(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(first), list.end());
    }
    for (Workload& workload : list) {
        workload.room = room.name;
        if (workload.seconds_max <= 0) {
            workload.seconds_max = plan == Plan::brief ? kBriefSecondsMax : kFullSecondsMax;
        }
    }
    return list;
}

}  // namespace

std::vector<std::string> rooms() {
    std::vector<std::string> names;
    for (const Room& room : kRooms) names.emplace_back(room.name);
    return names;
}

std::vector<Workload> workloads(const Places& places, uint64_t seed, Plan plan) {
    std::vector<std::vector<Workload>> lists;
    size_t longest = 0;
    for (const Room& room : kRooms) {
        lists.push_back(list_of(room, places, seed, plan));
        longest = std::max(longest, lists.back().size());
    }
    std::vector<Workload> round;
    for (size_t i = 0; i < longest; ++i) {
        for (std::vector<Workload>& list : lists) {
            if (i < list.size()) round.push_back(std::move(list[i]));
        }
    }
    return round;
}

}  // namespace stress
