#include "context/format.h"

#include <cstring>

namespace morph {
namespace {

// The figures that stand alone, in the order in which all formats give them.
struct Figure {
    const char* name;
    uint64_t value;
};

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

constexpr const char* kCountNames[] = {"allocations", "frees",        "bytes_allocated",
                                       "bytes_freed", "objects_live", "bytes_live"};
constexpr size_t kCounts = sizeof(kCountNames) / sizeof(kCountNames[0]);

struct CountList {
    explicit CountList(const MorphMemCounts& counts)
        : values{counts.allocations, counts.frees,        counts.bytes_allocated,
                 counts.bytes_freed, counts.objects_live, counts.bytes_live} {}
    uint64_t values[kCounts];
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
    return "unknown";
}

const char* yes_no(bool yes) {
    return yes ? "true" : "false";
}

// Calls show(id, stats) for each type of which there ever was an object.
template <typename Show>
void each_used_type(const Context& context, Show show) {
    for (uint32_t type = 0; type < context.types(); ++type) {
        MorphMemTypeStats stats = context.type_stats(type);
        if (stats.counts.allocations != 0) show(type, stats);
    }
}

// ------------------------------------------------------------------------------------ JSON

void json_counts(Writer& writer, const MorphMemCounts& counts) {
    CountList list(counts);
    for (size_t index = 0; index < kCounts; ++index) {
        writer.text(index == 0 ? "\"" : ", \"");
        writer.text(kCountNames[index]);
        writer.text("\": ");
        writer.number(list.values[index]);
    }
}

void json_section(Writer& writer, const char* name, const MorphMemCounts& counts) {
    writer.text("  \"");
    writer.text(name);
    writer.text("\": {");
    json_counts(writer, counts);
    writer.text("},\n");
}

void write_json(const Context& context, const MorphMemStats& stats, Writer& writer) {
    writer.text("{\n  \"mode\": \"compiler\",\n  \"metrics\": ");
    writer.text(yes_no(stats.metrics));
    writer.text(",\n");
    json_section(writer, "total", stats.total);
    json_section(writer, "pool", stats.pool);
    json_section(writer, "arena", stats.arena);
    for (const Figure& figure : Figures(stats).list) {
        writer.text("  \"");
        writer.text(figure.name);
        writer.text("\": ");
        writer.number(figure.value);
        writer.text(",\n");
    }
    writer.text("  \"by_type\": [");
    bool first = true;
    each_used_type(context, [&](uint32_t id, const MorphMemTypeStats& type) {
        writer.text(first ? "\n    {\"id\": " : ",\n    {\"id\": ");
        first = false;
        writer.number(id);
        writer.text(", \"name\": ");
        writer.json_string(type.name);
        writer.text(", \"placement\": ");
        writer.json_string(placement_name(type.placement));
        writer.text(", ");
        json_counts(writer, type.counts);
        writer.text("}");
    });
    writer.text(first ? "]\n}\n" : "\n  ]\n}\n");
}

// ------------------------------------------------------------------------------------- CSV

// One shape for all rows: section, id, name, figure, value.
void csv_row(Writer& writer, const char* section, const char* figure, uint64_t value) {
    writer.text(section);
    writer.text(",,,");
    writer.text(figure);
    writer.text(",");
    writer.number(value);
    writer.text("\r\n");
}

void csv_section(Writer& writer, const char* section, const MorphMemCounts& counts) {
    CountList list(counts);
    for (size_t index = 0; index < kCounts; ++index) {
        csv_row(writer, section, kCountNames[index], list.values[index]);
    }
}

void write_csv(const Context& context, const MorphMemStats& stats, Writer& writer) {
    writer.text("section,id,name,figure,value\r\n");
    csv_row(writer, "context", "metrics", stats.metrics ? 1 : 0);
    for (const Figure& figure : Figures(stats).list) {
        csv_row(writer, "context", figure.name, figure.value);
    }
    csv_section(writer, "total", stats.total);
    csv_section(writer, "pool", stats.pool);
    csv_section(writer, "arena", stats.arena);
    each_used_type(context, [&](uint32_t id, const MorphMemTypeStats& type) {
        CountList list(type.counts);
        for (size_t index = 0; index < kCounts; ++index) {
            writer.text("type,");
            writer.number(id);
            writer.text(",");
            writer.csv_string(type.name);
            writer.text(",");
            writer.text(kCountNames[index]);
            writer.text(",");
            writer.number(list.values[index]);
            writer.text("\r\n");
        }
    });
}

// ------------------------------------------------------------------------------------ text

constexpr size_t kNameColumns = 24;
constexpr size_t kNumberColumns = 16;

void text_figure(Writer& writer, const char* name, uint64_t value) {
    writer.text("  ");
    writer.name_column(name, kNameColumns);
    writer.column(value, kNumberColumns);
    writer.text("\n");
}

void text_row(Writer& writer, std::string_view name, const MorphMemCounts& counts) {
    writer.text("  ");
    writer.name_column(name, kNameColumns);
    for (uint64_t value : {counts.objects_live, counts.bytes_live, counts.allocations,
                           counts.bytes_allocated, counts.frees, counts.bytes_freed}) {
        writer.column(value, kNumberColumns);
    }
    writer.text("\n");
}

void text_heading(Writer& writer, const char* title) {
    writer.name_column(title, kNameColumns + 2);
    for (const char* heading :
         {"live", "bytes live", "allocated", "bytes", "freed", "bytes freed"}) {
        writer.repeat(' ', kNumberColumns - strlen(heading));
        writer.text(heading);
    }
    writer.text("\n");
}

void write_text(const Context& context, const MorphMemStats& stats, Writer& writer) {
    writer.text("morph memory, compiler mode");
    writer.text(stats.metrics ? "\n" : ", metrics off\n");
    for (const Figure& figure : Figures(stats).list) text_figure(writer, figure.name, figure.value);
    if (!stats.metrics) return;
    text_heading(writer, "objects");
    text_row(writer, "total", stats.total);
    text_row(writer, "pools", stats.pool);
    text_row(writer, "arena", stats.arena);
    text_heading(writer, "by type");
    each_used_type(context, [&](uint32_t, const MorphMemTypeStats& type) {
        text_row(writer, type.name, type.counts);
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

void write_stats(const Context& context, MorphMemFormat format, Writer& writer) {
    MorphMemStats stats = context.stats();
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
