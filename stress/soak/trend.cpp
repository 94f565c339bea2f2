#include "stress/soak/trend.h"

#include <algorithm>
#include <cmath>

namespace soak {

namespace {

double median_of(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// At most kGroupsMax points: medians of groups of equal size.
std::vector<Point> grouped(std::span<const Point> points) {
    const size_t per_group = (points.size() + kGroupsMax - 1) / kGroupsMax;
    std::vector<Point> groups;
    for (size_t begin = 0; begin + per_group <= points.size(); begin += per_group) {
        std::vector<double> units;
        std::vector<double> bytes;
        for (const Point& point : points.subspan(begin, per_group)) {
            units.push_back(point.unit);
            bytes.push_back(point.bytes);
        }
        groups.push_back({median_of(std::move(units)), median_of(std::move(bytes))});
    }
    return groups;
}

}  // namespace

Trend trend_of(std::span<const Point> points) {
    Trend trend;
    const std::span<const Point> second = points.subspan(points.size() / 2);
    if (second.size() < kPointsMin) return trend;
    const std::vector<Point> groups = grouped(second);
    std::vector<double> slopes;
    double rises = 0;
    for (size_t i = 0; i < groups.size(); ++i) {
        for (size_t j = i + 1; j < groups.size(); ++j) {
            const double units = groups[j].unit - groups[i].unit;
            const double bytes = groups[j].bytes - groups[i].bytes;
            if (units > 0) slopes.push_back(bytes / units);
            rises += bytes > 0 ? 1 : (bytes < 0 ? -1 : 0);
        }
    }
    if (slopes.empty()) return trend;
    std::vector<double> bytes;
    bytes.reserve(groups.size());
    for (const Point& group : groups) bytes.push_back(group.bytes);
    const auto n = static_cast<double>(groups.size());
    trend.judged = true;
    trend.slope = median_of(std::move(slopes));
    trend.growth = trend.slope * (points.back().unit - points.front().unit);
    trend.median = median_of(std::move(bytes));
    trend.deviations = rises / std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
    trend.grows = trend.growth > std::max(kGrowthMin, kGrowthShare * trend.median) &&
                  trend.deviations >= kDeviationsMin;
    return trend;
}

}  // namespace soak
