#include "context/format.h"

#include "context/format_heap.h"
#include "context/format_parts.h"
#include "context/mode.h"

namespace morph {
namespace {

// The figures that stand alone, in the order in which all formats give them.
struct Figures {
    explicit Figures(const MorphMemStats& stats)
        : list{{"bytes_live_peak", stats.bytes_live_peak},
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
               {"arena_bytes_reserved", stats.arena_bytes_reserved}} {}
    Figure list[12];
};

const char* placement_name(MorphMemPlacement placement) {
    switch (placement) {
        case MORPH_PLACE_BY_SIZE:
            return "by size";
        case MORPH_PLACE_POOL:
            return "pool";
        case MORPH_PLACE_ARENA:
            return "arena";
    }
    return "unknown";  // unreachable: registering a type refuses other placements
}

// Calls show(id, stats) for each type of which there ever was an object.
template <typename Show>
void each_used_type(const MorphMemContext* context, Show show) {
    in_mode(context, [&](auto& its) {
        for (uint32_t type = 0; type < its.types(); ++type) {
            MorphMemTypeStats stats = its.type_stats(type);
            if (stats.counts.allocations != 0) show(type, stats);
        }
    });
}

bool is_runtime(const MorphMemStats& stats) {
    return stats.mode == MORPH_MODE_RUNTIME;
}

// Whether there is a heap to tell about.
bool has_heap(const MorphMemStats& stats) {
    return is_runtime(stats) || stats.v1;
}

// ------------------------------------------------------------------------------------ JSON

void json_type(Writer& writer, uint32_t id, const MorphMemTypeStats& type, bool runtime) {
    writer.text("{\"id\": ");
    writer.number(id);
    writer.text(", \"name\": ");
    writer.json_string(type.name);
    writer.text(runtime ? ", \"layout\": " : ", \"placement\": ");
    writer.json_string(runtime ? layout_name(type.layout) : placement_name(type.placement));
    writer.text(", ");
    json_counts(writer, type.counts);
    writer.text("}");
}

void write_json(const MorphMemContext* context, const MorphMemStats& stats, Writer& writer) {
    bool runtime = is_runtime(stats);
    writer.text(runtime ? "{\n  \"mode\": \"runtime\"" : "{\n  \"mode\": \"compiler\"");
    writer.text(",\n  \"v1\": ");
    writer.text(yes_no(stats.v1));
    writer.text(",\n  \"metrics\": ");
    writer.text(yes_no(stats.metrics));
    writer.text(",\n");
    json_section(writer, "total", stats.total);
    json_section(writer, "pool", stats.pool);
    json_section(writer, "arena", stats.arena);
    for (const Figure& figure : Figures(stats).list) {
        writer.text("  ");
        json_figures(writer, {&figure, 1});
        writer.text(",\n");
    }
    if (has_heap(stats)) {
        json_heap(writer, static_cast<const RuntimeContext&>(*context), stats.heap);
    }
    writer.text("  \"by_type\": [");
    bool first = true;
    each_used_type(context, [&](uint32_t id, const MorphMemTypeStats& type) {
        writer.text(first ? "\n    " : ",\n    ");
        first = false;
        json_type(writer, id, type, runtime);
    });
    writer.text(first ? "]\n}\n" : "\n  ]\n}\n");
}

// ------------------------------------------------------------------------------------- CSV

void write_csv(const MorphMemContext* context, const MorphMemStats& stats, Writer& writer) {
    writer.text("section,id,name,figure,value\r\n");
    const Figure switches[] = {{"v1", stats.v1 ? 1u : 0u}, {"metrics", stats.metrics ? 1u : 0u}};
    csv_figures(writer, "context", switches);
    csv_figures(writer, "context", Figures(stats).list);
    csv_section(writer, "total", stats.total);
    csv_section(writer, "pool", stats.pool);
    csv_section(writer, "arena", stats.arena);
    if (has_heap(stats)) csv_heap(writer, stats.heap);
    each_used_type(context, [&](uint32_t id, const MorphMemTypeStats& type) {
        csv_type(writer, id, type.name, type.counts);
    });
}

// ------------------------------------------------------------------------------------ text

void write_text(const MorphMemContext* context, const MorphMemStats& stats, Writer& writer) {
    bool runtime = is_runtime(stats);
    writer.text(runtime ? "morph memory, runtime mode" : "morph memory, compiler mode");
    writer.text(stats.metrics ? "\n" : ", metrics off\n");
    if (stats.v1) writer.text("system: V1\n");
    text_figures(writer, Figures(stats).list);
    if (has_heap(stats)) text_heap(writer, stats.heap, stats.metrics);
    if (!stats.metrics) return;
    text_counts_heading(writer, "objects");
    text_counts(writer, "total", stats.total);
    if (runtime && !stats.v1) {
        text_counts(writer, "young", stats.heap.young);
    } else if (!stats.v1) {
        text_counts(writer, "pools", stats.pool);
        text_counts(writer, "arena", stats.arena);
    }
    text_counts_heading(writer, "by type");
    each_used_type(context, [&](uint32_t, const MorphMemTypeStats& type) {
        text_counts(writer, type.name, type.counts);
    });
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.ends_with(end);
}

}  // namespace

MorphMemFormat format_of_path(const char* path) {
    if (ends_with(path, ".csv")) return MORPH_FORMAT_CSV;
    if (ends_with(path, ".txt")) return MORPH_FORMAT_TEXT;
    return MORPH_FORMAT_JSON;
}

void write_stats(const MorphMemContext* context, MorphMemFormat format, Writer& writer) {
    MorphMemStats stats = in_mode(context, [](auto& its) { return its.stats(); });
    switch (format) {
        case MORPH_FORMAT_TEXT:
            write_text(context, stats, writer);
            break;
        case MORPH_FORMAT_JSON:
            write_json(context, stats, writer);
            break;
        case MORPH_FORMAT_CSV:
            write_csv(context, stats, writer);
            break;
    }
    writer.flush();
}

}  // namespace morph
