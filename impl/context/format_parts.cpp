#include "context/format_parts.h"

#include <cstring>

namespace morph {
namespace {

constexpr const char* kCountNames[] = {"allocations", "frees",        "bytes_allocated",
                                       "bytes_freed", "objects_live", "bytes_live"};
constexpr size_t kCounts = sizeof(kCountNames) / sizeof(kCountNames[0]);

struct CountList {
    explicit CountList(const MorphMemCounts& counts)
        : figures{{kCountNames[0], counts.allocations},     {kCountNames[1], counts.frees},
                  {kCountNames[2], counts.bytes_allocated}, {kCountNames[3], counts.bytes_freed},
                  {kCountNames[4], counts.objects_live},    {kCountNames[5], counts.bytes_live}} {}
    Figure figures[kCounts];
};

constexpr size_t kNameColumns = 24;
constexpr size_t kNumberColumns = 16;

}  // namespace

const char* yes_no(bool yes) {
    return yes ? "true" : "false";
}

// ------------------------------------------------------------------------------------ JSON

void json_figures(Writer& writer, std::span<const Figure> figures) {
    bool first = true;
    for (const Figure& figure : figures) {
        writer.text(first ? "\"" : ", \"");
        first = false;
        writer.text(figure.name);
        writer.text("\": ");
        writer.number(figure.value);
    }
}

void json_counts(Writer& writer, const MorphMemCounts& counts) {
    json_figures(writer, CountList(counts).figures);
}

void json_section(Writer& writer, const char* name, const MorphMemCounts& counts) {
    writer.text("  \"");
    writer.text(name);
    writer.text("\": {");
    json_counts(writer, counts);
    writer.text("},\n");
}

// ------------------------------------------------------------------------------------- CSV

void csv_figures(Writer& writer, const char* section, std::span<const Figure> figures) {
    for (const Figure& figure : figures) {
        writer.text(section);
        writer.text(",,,");
        writer.text(figure.name);
        writer.text(",");
        writer.number(figure.value);
        writer.text("\r\n");
    }
}

void csv_section(Writer& writer, const char* section, const MorphMemCounts& counts) {
    csv_figures(writer, section, CountList(counts).figures);
}

void csv_type(Writer& writer, uint32_t id, const char* name, const MorphMemCounts& counts) {
    for (const Figure& figure : CountList(counts).figures) {
        writer.text("type,");
        writer.number(id);
        writer.text(",");
        writer.csv_string(name);
        writer.text(",");
        writer.text(figure.name);
        writer.text(",");
        writer.number(figure.value);
        writer.text("\r\n");
    }
}

// ------------------------------------------------------------------------------------ text

void text_figures(Writer& writer, std::span<const Figure> figures) {
    for (const Figure& figure : figures) text_values(writer, figure.name, {&figure.value, 1});
}

void text_values(Writer& writer, std::string_view name, std::span<const uint64_t> values) {
    writer.text("  ");
    writer.name_column(name, kNameColumns);
    for (uint64_t value : values) writer.column(value, kNumberColumns);
    writer.text("\n");
}

void text_headings(Writer& writer, const char* title, std::span<const char* const> headings) {
    writer.name_column(title, kNameColumns + 2);
    for (const char* heading : headings) {
        writer.repeat(' ', kNumberColumns - strlen(heading));
        writer.text(heading);
    }
    writer.text("\n");
}

void text_counts_heading(Writer& writer, const char* title) {
    constexpr const char* kHeadings[] = {"live",  "bytes live", "allocated",
                                         "bytes", "freed",      "bytes freed"};
    text_headings(writer, title, kHeadings);
}

void text_counts(Writer& writer, std::string_view name, const MorphMemCounts& counts) {
    const uint64_t values[] = {counts.objects_live,    counts.bytes_live, counts.allocations,
                               counts.bytes_allocated, counts.frees,      counts.bytes_freed};
    text_values(writer, name, values);
}

}  // namespace morph
