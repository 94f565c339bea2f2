// The table's rows as a file that other programs read: bench/compare puts it beside its own cells.
//
//   { "micro": [ { "work": "...", "peer": "..." or "", "unit": "ns", "ours": x, "theirs": y or
//   null,
//                  "ratio": r or null, "low": q1, "high": q3, "target": t or null,
//                  "met": bool or null, "samples": [ratio or value of each round] } ] }
//
// A duel's low, high, target and samples are ratios; those of a figure are values of its unit.
#pragma once

#include <string>

#include "bench/duel.h"

namespace bench {

std::string rows_json(const std::vector<Measured>& rows);

// Replaces the file whole, so that a reader never finds half of it. False: it could not be written,
// and errno says why.
bool write_rows_json(const std::string& path, const std::vector<Measured>& rows);

}  // namespace bench
