#include "stress/driver/feed.h"

#include <algorithm>
#include <cstdio>

namespace stress {

std::vector<Workload> chosen(const RunSettings& settings, uint64_t seed) {
    std::vector<Workload> list = workloads(settings.places, seed, settings.plan);
    const std::regex only(settings.only);
    std::erase_if(list, [&settings, &only](const Workload& workload) {
        const bool in_room =
            settings.rooms.empty() || std::find(settings.rooms.begin(), settings.rooms.end(),
                                                workload.room) != settings.rooms.end();
        return !in_room || !std::regex_search(workload.room + ": " + workload.name, only);
    });
    return list;
}

std::string choice_error(const RunSettings& settings) {
    const std::vector<std::string> known = rooms();
    for (const std::string& room : settings.rooms) {
        if (std::find(known.begin(), known.end(), room) != known.end()) continue;
        std::string text = "no room is called \"" + room + "\"; there are:";
        for (const std::string& name : known) text += ' ' + name;
        return text;
    }
    try {
        if (!chosen(settings, settings.seed).empty()) return {};
    } catch (const std::regex_error& error) {
        return "--only: " + std::string(error.what());
    }
    return "no workload of this plan is chosen by --only and --rooms";
}

const Task* Feed::peek() {
    while (waiting_.empty() && !over_) {
        if (settings_.rounds != 0 && round_ >= settings_.rounds) over_ = true;
        if (over_) break;
        const uint64_t seed = settings_.seed + round_;
        std::vector<Workload> list = chosen(settings_, seed);
        // Names hold seeds: what chooses one round's workloads may choose none of the next.
        if (list.empty()) over_ = true;
        round_ += 1;
        for (Workload& workload : list) {
            if (journal_.done(round_, workload.room, workload.name)) continue;
            waiting_.push_back({round_, seed, std::move(workload)});
        }
        if (!waiting_.empty()) {
            std::printf("round %llu, seed %llu: %zu workloads\n",
                        static_cast<unsigned long long>(round_),
                        static_cast<unsigned long long>(seed), waiting_.size());
        }
    }
    return waiting_.empty() ? nullptr : &waiting_.front();
}

Task Feed::take() {
    Task task = std::move(waiting_.front());
    waiting_.pop_front();
    return task;
}

}  // namespace stress
