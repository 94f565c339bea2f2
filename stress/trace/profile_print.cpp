// A profile as text and as JSON.
#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "stress/trace/profile.h"
#include "stress/trace/text.h"

namespace trace {
namespace {

constexpr size_t kThreadsShown = 8;

__attribute__((format(printf, 2, 3))) void put(std::string* text, const char* format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    *text += line;
}

std::string bytes_of(uint64_t bytes) {
    const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    auto value = static_cast<double>(bytes);
    size_t unit = 0;
    while (value >= 10240 && unit + 1 < std::size(units)) value /= 1024, ++unit;
    char text[40];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

double percent(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

void put_histogram(std::string* text, const char* title, const Histogram& histogram) {
    uint64_t all = 0;
    uint64_t sum = 0;
    for (size_t bucket = 0; bucket < histogram.count.size(); ++bucket) {
        all += histogram.count[bucket];
        sum += histogram.sum[bucket];
    }
    put(text, "%s\n  %14s %12s %8s %14s %8s\n", title, "from", "count", "%", "bytes", "%");
    for (size_t bucket = 0; bucket < histogram.count.size(); ++bucket) {
        if (histogram.count[bucket] == 0) continue;
        const double share = percent(histogram.count[bucket], all);
        put(text, "  %14" PRIu64 " %12" PRIu64 " %7.2f%% %14s %7.2f%%  ", Histogram::lowest(bucket),
            histogram.count[bucket], share, bytes_of(histogram.sum[bucket]).c_str(),
            percent(histogram.sum[bucket], sum));
        text->append(static_cast<size_t>(share / 2 + 0.5), '#');
        *text += '\n';
    }
}

void put_resizes(std::string* text, const Profile& profile) {
    put(text,
        "realloc: %" PRIu64 " grew, %" PRIu64 " shrank, %" PRIu64 " kept their size; %" PRIu64
        " objects, one of them %" PRIu64 " times; %s to copy if each moved\n",
        profile.grown, profile.shrunk, profile.same_size, profile.resized_objects,
        profile.resizes_most, bytes_of(profile.bytes_kept).c_str());
}

void put_threads(std::string* text, const Profile& profile) {
    put(text, "threads: %zu; %" PRIu64 " objects freed by another than allocated them\n",
        profile.threads.size(), profile.freed_elsewhere);
    if (profile.threads.size() < 2) return;
    std::vector<std::pair<uint64_t, uint32_t>> busiest;
    for (const auto& [thread, events] : profile.threads) busiest.emplace_back(events, thread);
    std::sort(busiest.rbegin(), busiest.rend());
    for (size_t index = 0; index < std::min(kThreadsShown, busiest.size()); ++index) {
        put(text, "  thread %" PRIu32 ": %" PRIu64 " events\n", busiest[index].second,
            busiest[index].first);
    }
}

nlohmann::json json_of(const Histogram& histogram) {
    nlohmann::json list = nlohmann::json::array();
    for (size_t bucket = 0; bucket < histogram.count.size(); ++bucket) {
        if (histogram.count[bucket] == 0) continue;
        list.push_back({{"from", Histogram::lowest(bucket)},
                        {"count", histogram.count[bucket]},
                        {"bytes", histogram.sum[bucket]}});
    }
    return list;
}

}  // namespace

std::string print_profile(const Profile& profile) {
    std::string text;
    put(&text, "%s: %" PRIu64 " events:", profile.name.c_str(), profile.events);
    for (size_t kind = 0; kind < profile.kinds.size(); ++kind) {
        if (profile.kinds[kind] == 0) continue;
        put(&text, " %" PRIu64 " %s", profile.kinds[kind], kind_name(static_cast<Kind>(kind)));
    }
    text += '\n';
    if (profile.missing != 0) {
        put(&text,
            "missing: %" PRIu64 " events were never written, %" PRIu64
            " more were left out because of them\n",
            profile.missing, profile.orphans);
    }
    put(&text,
        "asked for: %s; live at most: %s (at event %" PRIu64 "), %" PRIu64
        " objects; live at the end: %s, %" PRIu64 " objects\n",
        bytes_of(profile.bytes_allocated).c_str(), bytes_of(profile.peak_bytes).c_str(),
        profile.peak_bytes_event, profile.peak_objects, bytes_of(profile.end_bytes).c_str(),
        profile.end_objects);
    put_threads(&text, profile);
    put_resizes(&text, profile);
    for (const auto& [log2, count] : profile.alignments) {
        put(&text, "aligned to 2^%u: %" PRIu64 "\n", log2, count);
    }
    put_histogram(&text, "sizes, bytes", profile.sizes);
    text += "most frequent sizes:";
    for (const Frequent& one : profile.frequent) {
        put(&text, " %" PRIu64 " (%" PRIu64 ")", one.size, one.count);
    }
    text += '\n';
    put_histogram(&text, "lives, allocations from birth to death", profile.life_allocations);
    put_histogram(&text, "lives, bytes allocated from birth to death", profile.life_bytes);
    put_histogram(&text, "realloc, new size in percent of the old", profile.growth_percent);
    return text;
}

std::string json_profile(const Profile& profile) {
    nlohmann::json json;
    json["name"] = profile.name;
    json["events"] = profile.events;
    for (size_t kind = 0; kind < profile.kinds.size(); ++kind) {
        json["kinds"][kind_name(static_cast<Kind>(kind))] = profile.kinds[kind];
    }
    json["missing"] = profile.missing;
    json["orphans"] = profile.orphans;
    json["bytes_allocated"] = profile.bytes_allocated;
    json["peak"] = {{"bytes", profile.peak_bytes},
                    {"event", profile.peak_bytes_event},
                    {"objects", profile.peak_objects}};
    json["end"] = {{"bytes", profile.end_bytes}, {"objects", profile.end_objects}};
    json["freed_elsewhere"] = profile.freed_elsewhere;
    json["realloc"] = {{"grown", profile.grown},
                       {"shrunk", profile.shrunk},
                       {"same_size", profile.same_size},
                       {"objects", profile.resized_objects},
                       {"most", profile.resizes_most},
                       {"bytes_kept", profile.bytes_kept},
                       {"growth_percent", json_of(profile.growth_percent)}};
    for (const auto& [thread, events] : profile.threads) {
        json["threads"].push_back({{"thread", thread}, {"events", events}});
    }
    for (const auto& [log2, count] : profile.alignments) {
        json["alignments"].push_back({{"log2", log2}, {"count", count}});
    }
    for (const Frequent& one : profile.frequent) {
        json["frequent"].push_back({{"size", one.size}, {"count", one.count}});
    }
    json["sizes"] = json_of(profile.sizes);
    json["life_allocations"] = json_of(profile.life_allocations);
    json["life_bytes"] = json_of(profile.life_bytes);
    return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace trace
