#include "bench/rows_json.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace bench {
namespace {

using Json = nlohmann::ordered_json;

// A figure that is not a number (0 / 0) is missing, as JSON has no word for it.
Json number(double value) {
    return std::isfinite(value) ? Json(value) : Json();
}

Json row_json(const Measured& row) {
    const double judged = row.duel ? row.ratio : row.ours;
    Json samples = Json::array();
    for (double sample : row.samples) samples.push_back(number(sample));
    return Json{{"work", row.work},
                {"peer", row.peer},
                {"unit", row.unit},
                {"ours", number(row.ours)},
                {"theirs", row.duel ? number(row.theirs) : Json()},
                {"ratio", row.duel ? number(row.ratio) : Json()},
                {"low", number(row.low)},
                {"high", number(row.high)},
                {"target", row.target == 0 ? Json() : Json(row.target)},
                {"met", row.target == 0 ? Json() : Json(judged <= row.target)},
                {"samples", samples}};
}

}  // namespace

std::string rows_json(const std::vector<Measured>& rows) {
    Json all = Json::array();
    for (const Measured& row : rows) all.push_back(row_json(row));
    // Names come from this program, but a file that cannot be read is worse than a strange letter.
    return Json{{"micro", all}}.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool write_rows_json(const std::string& path, const std::vector<Measured>& rows) {
    const std::string text = rows_json(rows);
    const std::string next = path + ".next";
    FILE* file = std::fopen(next.c_str(), "w");
    if (file == nullptr) return false;
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = std::fclose(file) == 0;
    if (written && closed && std::rename(next.c_str(), path.c_str()) == 0) return true;
    std::remove(next.c_str());
    return false;
}

}  // namespace bench
