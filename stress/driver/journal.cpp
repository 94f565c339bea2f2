#include "stress/driver/journal.h"

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <nlohmann/json.hpp>

namespace stress {

namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool has_numbers(const Json& json, std::initializer_list<const char*> keys) {
    return std::all_of(keys.begin(), keys.end(), [&json](const char* key) {
        return json.contains(key) && json[key].is_number_unsigned();
    });
}

bool has_texts(const Json& json, std::initializer_list<const char*> keys) {
    return std::all_of(keys.begin(), keys.end(), [&json](const char* key) {
        return json.contains(key) && json[key].is_string();
    });
}

bool is_header(const Json& json) {
    return json.is_object() && has_numbers(json, {"stress", "seed"}) &&
           has_texts(json, {"plan", "rooms", "only"});
}

bool is_entry(const Json& json) {
    return json.is_object() && has_numbers(json, {"round", "seed"}) &&
           has_texts(json, {"room", "name", "text", "again", "file"}) && json.contains("good") &&
           json["good"].is_boolean() && json.contains("seconds") && json["seconds"].is_number();
}

bool is_line(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    return is_header(json) || is_entry(json);
}

Json header_of(const Identity& identity) {
    return {{"stress", static_cast<unsigned>(kVersion)},
            {"seed", identity.seed},
            {"plan", identity.plan},
            {"rooms", identity.rooms},
            {"only", identity.only}};
}

Entry entry_of(const Json& json) {
    Entry entry;
    entry.round = json["round"];
    entry.seed = json["seed"];
    entry.room = json["room"];
    entry.name = json["name"];
    entry.good = json["good"];
    entry.seconds = json["seconds"];
    entry.text = json["text"];
    entry.again = json["again"];
    entry.file = json["file"];
    return entry;
}

Json json_of(const Entry& entry) {
    return {{"round", entry.round},
            {"seed", entry.seed},
            {"room", entry.room},
            {"name", entry.name},
            {"good", entry.good},
            {"seconds", entry.seconds},
            {"text", entry.text.substr(0, entry.text.find('\n'))},
            {"again", entry.again},
            {"file", entry.file}};
}

std::string key_of(uint64_t round, const std::string& room, const std::string& name) {
    return std::to_string(round) + ' ' + room + ' ' + name;
}

}  // namespace

std::string Journal::open(const std::string& directory, const Identity& identity) {
    std::vector<std::string> lines;
    const std::string refused = file_.open(directory, "journal.jsonl", is_line, &lines);
    if (!refused.empty()) return refused;
    directory_ = directory;
    const Json wanted = header_of(identity);
    if (lines.empty()) {
        return file_.append(text_of(wanted)) ? "" : directory + ": cannot write the journal";
    }
    const Json header = Json::parse(lines[0], nullptr, false);
    if (header != wanted) {
        return directory + " belongs to another run: " + lines[0] + ", not " + text_of(wanted) +
               "; give another --state, or the same arguments";
    }
    for (size_t i = 1; i < lines.size(); ++i) {
        const Json json = Json::parse(lines[i], nullptr, false);
        if (!is_entry(json)) return directory + ": a second head in line " + std::to_string(i + 1);
        remember(entry_of(json));
    }
    return {};
}

bool Journal::add(Entry entry) {
    bool written = true;
    if (!entry.good && file_.is_open()) {
        char name[32];
        std::snprintf(name, sizeof name, "/finding-%04zu.txt", findings_ + 1);
        entry.file = directory_ + name;
        written = write_whole(
            entry.file, "workload: " + entry.room + ": " + entry.name + "\nround " +
                            std::to_string(entry.round) + ", seed " + std::to_string(entry.seed) +
                            "\nagain:    " + entry.again + "\n\n" + entry.text + '\n');
    }
    if (file_.is_open()) written = file_.append(text_of(json_of(entry))) && written;
    remember(std::move(entry));
    return written;
}

void Journal::remember(Entry entry) {
    done_.insert(key_of(entry.round, entry.room, entry.name));
    findings_ += entry.good ? 0 : 1;
    entries_.push_back(std::move(entry));
}

bool Journal::done(uint64_t round, const std::string& room, const std::string& name) const {
    return done_.contains(key_of(round, room, name));
}

}  // namespace stress
