#include "reference/format.h"

#include <cstdio>
#include <utility>

namespace reference {
namespace {

using Figures = std::vector<std::pair<const char*, uint64_t>>;

Figures counts_of(const MorphMemCounts& counts) {
    return {{"allocations", counts.allocations},         {"frees", counts.frees},
            {"bytes_allocated", counts.bytes_allocated}, {"bytes_freed", counts.bytes_freed},
            {"objects_live", counts.objects_live},       {"bytes_live", counts.bytes_live}};
}

Figures figures_of(const MorphMemStats& stats) {
    return {{"bytes_live_peak", stats.bytes_live_peak},
            {"resizes", stats.resizes},
            {"resets", stats.resets},
            {"failures", stats.failures},
            {"types", stats.types},
            {"bytes_mapped", stats.bytes_mapped},
            {"bytes_mapped_peak", stats.bytes_mapped_peak},
            {"pool_bytes_mapped", stats.pool_bytes_mapped},
            {"arena_bytes_mapped", stats.arena_bytes_mapped},
            {"metadata_bytes_mapped", stats.metadata_bytes_mapped},
            {"arena_bytes_used", stats.arena_bytes_used},
            {"arena_bytes_reserved", stats.arena_bytes_reserved}};
}

// A part of the whole: the total, a room, or a type.
struct Section {
    const char* name;
    MorphMemCounts counts;
    uint32_t type;
    std::string type_name;
    MorphMemPlacement placement;
};

std::vector<Section> rooms_of(const MorphMemStats& stats) {
    return {{"total", stats.total, 0, "", MORPH_PLACE_BY_SIZE},
            {"pool", stats.pool, 0, "", MORPH_PLACE_BY_SIZE},
            {"arena", stats.arena, 0, "", MORPH_PLACE_BY_SIZE}};
}

std::vector<Section> types_of(const Model& model) {
    std::vector<Section> types;
    for (uint32_t type = 0; type < model.types(); ++type) {
        const MorphMemTypeStats stats = model.type_figures(type);
        if (stats.counts.allocations == 0) continue;
        types.push_back({"type", stats.counts, type, stats.name, stats.placement});
    }
    return types;
}

// Names are ASCII where they come from this project; any other byte is shown as its number.
std::string json_string(const std::string& text) {
    std::string quoted = "\"";
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", byte);
        const bool plain = byte >= 0x20 && byte < 0x7f && letter != '"' && letter != '\\';
        quoted += plain ? std::string(1, letter) : std::string(escape);
    }
    return quoted + "\"";
}

// Quotes doubled. What a spreadsheet would take for a formula gets an apostrophe before it.
std::string csv_string(const std::string& text) {
    std::string quoted = "\"";
    if (!text.empty() && std::string("=+-@\t\r\n").find(text[0]) != std::string::npos) {
        quoted += '\'';
    }
    for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    return quoted + "\"";
}

// "name": value, "name": value
std::string json_figures(const Figures& figures) {
    std::string list;
    for (const auto& [name, value] : figures) {
        list += (list.empty() ? "\"" : ", \"") + std::string(name) + "\": " + std::to_string(value);
    }
    return list;
}

std::string as_json(const MorphMemStats& stats, const std::vector<Section>& types) {
    std::string out = "{\"mode\": \"compiler\", \"metrics\": ";
    out += stats.metrics ? "true" : "false";
    for (const Section& room : rooms_of(stats)) {
        out +=
            std::string(", \"") + room.name + "\": {" + json_figures(counts_of(room.counts)) + "}";
    }
    out += ", " + json_figures(figures_of(stats)) + ", \"by_type\": [";
    constexpr const char* kPlacements[] = {"by size", "pool", "arena"};
    for (const Section& type : types) {
        out += (&type == types.data() ? "\n{\"id\": " : ",\n{\"id\": ") + std::to_string(type.type);
        out += ", \"name\": " + json_string(type.type_name);
        out += std::string(", \"placement\": \"") + kPlacements[type.placement] + "\", ";
        out += json_figures(counts_of(type.counts)) + "}";
    }
    return out + "]}\n";
}

std::string as_csv(const MorphMemStats& stats, const std::vector<Section>& types) {
    std::string out = "section,id,name,figure,value\r\n";
    const auto row = [&out](const std::string& begin, const char* name, uint64_t value) {
        out += begin + name + "," + std::to_string(value) + "\r\n";
    };
    row("context,,,", "metrics", stats.metrics ? 1 : 0);
    for (const auto& [name, value] : figures_of(stats)) row("context,,,", name, value);
    for (const Section& room : rooms_of(stats)) {
        for (const auto& [name, value] : counts_of(room.counts)) {
            row(std::string(room.name) + ",,,", name, value);
        }
    }
    for (const Section& type : types) {
        const std::string begin =
            "type," + std::to_string(type.type) + "," + csv_string(type.type_name) + ",";
        for (const auto& [name, value] : counts_of(type.counts)) row(begin, name, value);
    }
    return out;
}

std::string as_text(const MorphMemStats& stats, const std::vector<Section>& types) {
    std::string out = "morph memory (reference), compiler mode, metrics ";
    out += stats.metrics ? "on\n" : "off\n";
    for (const auto& [name, value] : figures_of(stats)) {
        out += std::string(name) + ": " + std::to_string(value) + "\n";
    }
    std::vector<Section> sections = rooms_of(stats);
    sections.insert(sections.end(), types.begin(), types.end());
    for (const Section& section : sections) {
        out += section.name;
        if (!section.type_name.empty()) out += " " + csv_string(section.type_name);
        out += ":";
        for (const auto& [name, value] : counts_of(section.counts)) {
            out += std::string(" ") + name + " " + std::to_string(value);
        }
        out += "\n";
    }
    return out;
}

}  // namespace

std::string format_stats(const MorphMemStats& stats, const Model& model, MorphMemFormat format) {
    const std::vector<Section> types = types_of(model);
    if (format == MORPH_FORMAT_TEXT) return as_text(stats, types);
    if (format == MORPH_FORMAT_CSV) return as_csv(stats, types);
    return as_json(stats, types);
}

MorphMemFormat format_of_path(std::string_view path) {
    if (path.ends_with(".csv")) return MORPH_FORMAT_CSV;
    if (path.ends_with(".txt")) return MORPH_FORMAT_TEXT;
    return MORPH_FORMAT_JSON;
}

}  // namespace reference
