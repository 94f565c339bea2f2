#include "reference/format.h"

#include <cstdio>
#include <utility>
#include <vector>

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

Figures heap_figures_of(const MorphHeapStats& stats) {
    return {{"minor_collections", stats.minor.count},
            {"minor_total_ns", stats.minor.total_ns},
            {"minor_p99_ns", stats.minor.p99_ns},
            {"minor_max_ns", stats.minor.max_ns},
            {"major_collections", stats.major.count},
            {"major_total_ns", stats.major.total_ns},
            {"major_p99_ns", stats.major.p99_ns},
            {"major_max_ns", stats.major.max_ns},
            {"objects_promoted", stats.objects_promoted},
            {"bytes_promoted", stats.bytes_promoted},
            {"objects_survived", stats.objects_survived},
            {"objects_pretenured", stats.objects_pretenured},
            {"collections_forced", stats.collections_forced},
            {"weak_references", stats.weak_references},
            {"weak_cleared", stats.weak_cleared},
            {"finalizers", stats.finalizers},
            {"finalizers_run", stats.finalizers_run},
            {"roots", stats.roots},
            {"global_roots", stats.global_roots},
            {"nursery_bytes", stats.nursery_bytes},
            {"major_threshold", stats.major_threshold},
            {"old_bytes", stats.old_bytes},
            {"large_objects", stats.large_objects},
            {"young_bytes_mapped", stats.young_bytes_mapped},
            {"old_bytes_mapped", stats.old_bytes_mapped},
            {"large_bytes_mapped", stats.large_bytes_mapped}};
}

const char* mode_name(const MorphMemStats& stats) {
    return stats.mode == MORPH_MODE_RUNTIME ? "runtime" : "compiler";
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
            {"arena", stats.arena, 0, "", MORPH_PLACE_BY_SIZE},
            {"young", stats.heap.young, 0, "", MORPH_PLACE_BY_SIZE}};
}

std::vector<Section> used_types(std::span<const MorphMemTypeStats> all) {
    std::vector<Section> types;
    for (uint32_t type = 0; type < all.size(); ++type) {
        const MorphMemTypeStats& stats = all[type];
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
    std::string out = std::string("{\"mode\": \"") + mode_name(stats) + "\", \"metrics\": ";
    out += stats.metrics ? "true" : "false";
    for (const Section& room : rooms_of(stats)) {
        out +=
            std::string(", \"") + room.name + "\": {" + json_figures(counts_of(room.counts)) + "}";
    }
    out += ", " + json_figures(figures_of(stats));
    if (stats.mode == MORPH_MODE_RUNTIME) {
        out += ", \"heap\": {" + json_figures(heap_figures_of(stats.heap)) + "}";
    }
    out += ", \"by_type\": [";
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
    if (stats.mode == MORPH_MODE_RUNTIME) {
        for (const auto& [name, value] : heap_figures_of(stats.heap)) row("heap,,,", name, value);
    }
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
    std::string out = std::string("morph memory (reference), ") + mode_name(stats);
    out += " mode, metrics ";
    out += stats.metrics ? "on\n" : "off\n";
    for (const auto& [name, value] : figures_of(stats)) {
        out += std::string(name) + ": " + std::to_string(value) + "\n";
    }
    if (stats.mode == MORPH_MODE_RUNTIME) {
        for (const auto& [name, value] : heap_figures_of(stats.heap)) {
            out += std::string("heap ") + name + ": " + std::to_string(value) + "\n";
        }
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

std::string format_stats(const MorphMemStats& stats, std::span<const MorphMemTypeStats> all,
                         MorphMemFormat format) {
    const std::vector<Section> types = used_types(all);
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
