// Does a figure grow? The slope test of the soak.
//
//   figure |    first half: warm-up      |   second half: judged
//          |        ....  .   .    .     | .   .   .   .  .     slope: the median of the slopes
//          |  . ..                       |   .   .   .   .      between all pairs of points
//          +-----------------------------+------------------ units
//
// TREND-GROWS  a figure grows when both hold:
//                - slope x units of the run exceeds 1 MiB, and 1 % of the median
//                - Kendall's S of the second half lies 4 standard deviations or more above zero
//              The slope is the one of Theil and Sen over at most 256 medians of equal groups: a
//              third of the points may be anything without moving it.
// TREND-JUDGED fewer than 16 points in the second half tell nothing
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace soak {

inline constexpr double kGrowthMin = 1048576.0;  // bytes over a whole run
inline constexpr double kGrowthShare = 0.01;     // of the median
inline constexpr double kDeviationsMin = 4.0;
inline constexpr size_t kGroupsMax = 256;
inline constexpr size_t kPointsMin = 16;

struct Point {
    double unit = 0;   // number of the unit of work after which it was taken
    double bytes = 0;  // the mean since the point before
};

struct Trend {
    bool judged = false;
    bool grows = false;
    double slope = 0;   // bytes a unit
    double growth = 0;  // slope x units of the run
    double median = 0;  // of the second half
    double deviations = 0;
};

// Points in the order of their units.
[[nodiscard]] Trend trend_of(std::span<const Point> points);

}  // namespace soak
