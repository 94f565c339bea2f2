// Pieces that the statistics of both modes are written with.
#pragma once

#include <span>

#include "context/writer.h"

#include "morph/mem.h"

namespace morph {

// A figure that stands alone.
struct Figure {
    const char* name;
    uint64_t value;
};

const char* yes_no(bool yes);

// "name": value for each, with commas between them.
void json_figures(Writer& writer, std::span<const Figure> figures);
// The six counts, likewise.
void json_counts(Writer& writer, const MorphMemCounts& counts);
//   "name": {six counts},
void json_section(Writer& writer, const char* name, const MorphMemCounts& counts);

// One shape for all rows: section, id, name, figure, value.
void csv_figures(Writer& writer, const char* section, std::span<const Figure> figures);
void csv_section(Writer& writer, const char* section, const MorphMemCounts& counts);
void csv_type(Writer& writer, uint32_t id, const char* name, const MorphMemCounts& counts);

void text_figures(Writer& writer, std::span<const Figure> figures);
// A table: title and headings, then rows of a name and values.
void text_headings(Writer& writer, const char* title, std::span<const char* const> headings);
void text_values(Writer& writer, std::string_view name, std::span<const uint64_t> values);
void text_counts_heading(Writer& writer, const char* title);
void text_counts(Writer& writer, std::string_view name, const MorphMemCounts& counts);

}  // namespace morph
