// Statistics as text, JSON and CSV.
#pragma once

#include <string>

#include "reference/model.h"

namespace reference {

// stats: of the whole context; types are asked of the model. Types without any allocation are left
// out.
std::string format_stats(const MorphMemStats& stats, const Model& model, MorphMemFormat format);

// By the extension of a path: .csv, .txt, else JSON.
MorphMemFormat format_of_path(std::string_view path);

}  // namespace reference
