// Statistics as text, JSON and CSV.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "morph/mem.h"

namespace reference {

// all: types by id. Those without any allocation are left out.
std::string format_stats(const MorphMemStats& stats, std::span<const MorphMemTypeStats> all,
                         MorphMemFormat format);

// By the extension of a path: .csv, .txt, else JSON.
MorphMemFormat format_of_path(std::string_view path);

}  // namespace reference
