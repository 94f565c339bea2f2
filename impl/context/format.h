// Statistics of a context as text, JSON and CSV.
#pragma once

#include "context/context.h"
#include "context/writer.h"

namespace morph {

// By extension: ".csv" CSV, ".txt" text, anything else JSON.
MorphMemFormat format_of_path(const char* path);

void write_stats(const Context& context, MorphMemFormat format, Writer& writer);

}  // namespace morph
