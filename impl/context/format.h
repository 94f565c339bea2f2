// Statistics of a context as text, JSON and CSV, in memory or in a file.
#pragma once

#include "context/writer.h"

#include "morph/mem.h"

namespace morph {

// By extension: ".csv" CSV, ".txt" text, anything else JSON.
MorphMemFormat format_of_path(const char* path);

void write_stats(const MorphMemContext* context, MorphMemFormat format, Writer& writer);

// To a file, in the format of its name. MORPH_OK, or MORPH_ERROR_IO, which context has noted.
MorphCode dump_stats(MorphMemContext* context, const char* path);

}  // namespace morph
