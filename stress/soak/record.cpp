#include "stress/soak/record.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace soak {

namespace {

using Json = nlohmann::json;

// More points than a life of a week has (see kPointShare in soak.cpp): no growth of our own.
constexpr size_t kPointsReserved = 16384;

bool is_unsigned(const Json& json, const char* key) {
    return json.contains(key) && json[key].is_number_unsigned();
}

bool is_point(const Json& json) {
    return json.is_array() && json.size() == 3 && json[0].is_number() && json[1].is_number() &&
           json[2].is_number();
}

bool is_line(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return false;
    if (json.contains("soak")) return is_unsigned(json, "soak") && is_unsigned(json, "seed");
    if (json.contains("life")) return is_unsigned(json, "first");
    if (json.contains("finding")) {
        return json["finding"].is_string() && is_unsigned(json, "unit") &&
               is_unsigned(json, "seed");
    }
    return json.contains("points") && json["points"].is_array() &&
           std::all_of(json["points"].begin(), json["points"].end(), is_point);
}

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A vector that will not ask for memory again, nor touch a page for the first time.
void reserve(std::vector<Point>* points) {
    points->resize(kPointsReserved);
    std::fill(points->begin(), points->end(), Point{1, 1});
    points->clear();
}

void read(const Json& json, std::vector<Life>* lives, std::vector<Finding>* findings,
          uint64_t* last_unit) {
    if (json.contains("life")) {
        lives->emplace_back();
        lives->back().first = json["first"];
    } else if (json.contains("finding")) {
        findings->push_back({json["unit"], json["seed"], json["finding"]});
        *last_unit = std::max(*last_unit, findings->back().unit);
    } else if (json.contains("points") && !lives->empty()) {
        for (const Json& point : json["points"]) {
            const double unit = point[0];
            lives->back().resident.push_back({unit, point[1]});
            lives->back().mapped.push_back({unit, point[2]});
            *last_unit = std::max(*last_unit, static_cast<uint64_t>(unit));
        }
    }
}

}  // namespace

std::string Record::open(const std::string& directory, uint64_t seed) {
    if (!directory.empty()) {
        std::vector<std::string> lines;
        std::string refused = file_.open(directory, "soak.jsonl", is_line, &lines);
        if (!refused.empty()) return refused;
        const std::string head = text_of(Json{{"soak", 1u}, {"seed", seed}});
        if (lines.empty()) {
            append(head);
        } else if (lines[0] != head) {
            return directory + " belongs to another run: " + lines[0] + ", not " + head +
                   "; give another --state, or the same seed";
        }
        for (size_t i = 1; i < lines.size(); ++i) {
            read(Json::parse(lines[i], nullptr, false), &lives_, &findings_, &last_unit_);
        }
    }
    lives_.emplace_back();
    lives_.back().first = last_unit_ + 1;
    reserve(&lives_.back().resident);
    reserve(&lives_.back().mapped);
    append(text_of(Json{{"life", lives_.size()}, {"first", lives_.back().first}}));
    return written_ ? "" : directory + ": cannot write soak.jsonl";
}

void Record::append(const std::string& line) {
    if (file_.is_open() && !file_.append(line)) written_ = false;
}

void Record::add(double unit, double resident, double mapped) {
    lives_.back().resident.push_back({unit, resident});
    lives_.back().mapped.push_back({unit, mapped});
}

void Record::add(const Finding& finding) {
    findings_.push_back(finding);
    append(
        text_of(Json{{"unit", finding.unit}, {"seed", finding.seed}, {"finding", finding.text}}));
}

void Record::flush() {
    const Life& life = lives_.back();
    if (flushed_ == life.resident.size()) return;
    Json points = Json::array();
    for (; flushed_ < life.resident.size(); ++flushed_) {
        points.push_back({life.resident[flushed_].unit, life.resident[flushed_].bytes,
                          life.mapped[flushed_].bytes});
    }
    append(text_of(Json{{"points", std::move(points)}}));
}

}  // namespace soak
