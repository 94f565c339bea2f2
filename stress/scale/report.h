// The report of a run at scale: a table for people, JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "stress/scale/judge.h"

namespace scale {

struct Totals {
    unsigned cells = 0;  // that were run
    unsigned skipped = 0;
    unsigned failures = 0;
};
[[nodiscard]] Totals totals(const std::vector<Series>& all);

// For each series a table of its sizes, its ratios and fit, and what failed.
[[nodiscard]] std::string describe(const std::vector<Series>& all);

// {"series": [{"work", "mode", "bounds", "cells": [...], ...}], "cells", "skipped", "failures"}
[[nodiscard]] std::string to_json(const std::vector<Series>& all);

}  // namespace scale
