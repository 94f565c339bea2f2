#include "bench/compare/sample.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace compare {

namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
    return value.has_value() ? Json(*value) : Json(nullptr);
}

const char* name_of(Status status) {
    switch (status) {
        case Status::finished:
            return "finished";
        case Status::out_of_memory:
            return "out of memory";
        case Status::time_limit:
            return "time limit";
        case Status::failed:
            return "failed";
    }
    return "failed";
}

}  // namespace

void Sample::end(Status how, const char* why) {
    status = how;
    std::snprintf(message.data(), message.size(), "%s", why);
}

std::string format_sample(const Sample& sample) {
    Json json;
    json["seconds"] = sample.seconds;
    json["allocating_seconds"] = or_null(sample.allocating_seconds);
    json["allocating_with_first_touch_seconds"] =
        or_null(sample.allocating_with_first_touch_seconds);
    json["teardown_seconds"] = sample.teardown_seconds;
    json["peak_resident"] = sample.peak_resident;
    json["peak_asked"] = or_null(sample.peak_asked);
    json["lines"] = sample.lines;
    json["objects"] = sample.objects;
    json["payload"] = sample.payload;
    json["collections"] = or_null(sample.collections);
    json["longest_pause_ns"] = or_null(sample.longest_pause);
    const auto* first = sample.pauses.data();
    json["pauses_ns"] = std::vector<uint64_t>(first, first + sample.pause_count);
    char checksum[17];
    std::snprintf(checksum, sizeof checksum, "%016llx",
                  static_cast<unsigned long long>(sample.checksum));
    json["checksum"] = checksum;
    if (sample.ticks != 0) json["ticks"] = sample.ticks;
    return Json{{"sample", json}}.dump();
}

std::string format_timeline(const Sample& sample) {
    Json points = Json::array();
    for (uint32_t i = 0; i < sample.point_count; ++i) {
        const Point& point = sample.points[i];
        points.push_back({{"objects", point.objects},
                          {"payload", point.payload},
                          {"asked", or_null(point.asked)},
                          {"resident", point.resident}});
    }
    return Json{{"timeline", points}}.dump();
}

std::string format_error(const Sample& sample) {
    return Json{{"error", sample.message.data()}, {"status", name_of(sample.status)}}.dump();
}

}  // namespace compare
