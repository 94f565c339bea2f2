#include "bench/heap_curve.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "bench/cells.h"
#include "bench/duel.h"
#include "bench/heap_memory.h"
#include "bench/isolated.h"
#include "bench/pause_log.h"

namespace bench {
namespace {

constexpr size_t kUnitBytes = Churn::kUnitCells * sizeof(Cell);
constexpr uint64_t kStepUnits = 20000;  // 6 nurseries or so between two looks
constexpr uint64_t kUnitsMin = 16'000'000 / Churn::kUnitCells;
constexpr double kFlat = 1.15;
constexpr double kSamePause = 2;

struct Point {
    double ns;           // of processor time per allocation, everything included
    double minor_share;  // percent of the time that passes, in pauses
    double major_share;
    double minor_p50, minor_p99;  // microseconds
    double major;                 // milliseconds, median
    uint64_t majors;
    double mapped_over_live;
};

// How many major collections a measurement goes over: the large ones take long.
uint64_t cycles(size_t live_bytes) {
    return live_bytes >= size_t{512} << 20 ? 1 : 3;
}

// Where nothing is promoted, there are none: then after so many units it is enough.
uint64_t units_max(size_t live_bytes, unsigned kept_percent) {
    constexpr size_t kThreshold = size_t{32} << 20;  // of the first major collection
    return 4 * cycles(live_bytes) * (live_bytes + kThreshold) / kUnitBytes * 100 / kept_percent;
}

double sum(const std::vector<double>& values) {
    double total = 0;
    for (double value : values) total += value;
    return total;
}

Point measure(size_t live_bytes, unsigned kept_percent) {
    HeapOwner heap = make_heap();
    Churn churn(heap.get(), live_bytes / kUnitBytes, kept_percent);
    churn.fill();
    churn.run(kUnitsMin / 8);
    (void)morph_heap_collect_major(heap.get());
    PauseLog log(heap.get());
    uint64_t units = 0;
    uint64_t limit = units_max(live_bytes, kept_percent);
    size_t mapped = 0;
    double start = now();
    double cpu_start = cpu_now();
    while (units < kUnitsMin || (log.major().size() < cycles(live_bytes) && units < limit)) {
        churn.run(kStepUnits);
        units += kStepUnits;
        log.gather();
        mapped = std::max(mapped, morph_heap_stats(heap.get()).bytes_mapped);
    }
    double elapsed = now() - start;
    double computed = cpu_now() - cpu_start;
    auto allocations = static_cast<double>(units * Churn::kUnitCells);
    return {computed / allocations,
            100 * sum(log.minor()) / elapsed,
            100 * sum(log.major()) / elapsed,
            quantile(log.minor(), 0.5) / 1e3,
            quantile(log.minor(), 0.99) / 1e3,
            quantile(log.major(), 0.5) / 1e6,
            log.major().size(),
            static_cast<double>(mapped) / static_cast<double>(live_bytes)};
}

void print_line(size_t live_bytes, unsigned kept_percent, const Point& point) {
    std::printf("%6zu MB %5u %% %8.2f %8.1f %8.1f %10.1f %10.1f %10.2f %7llu %9.2f\n",
                live_bytes >> 20, kept_percent, point.ns, point.minor_share, point.major_share,
                point.minor_p50, point.minor_p99, point.major,
                static_cast<unsigned long long>(point.majors), point.mapped_over_live);
    std::fflush(stdout);
}

// The largest value over the median.
double excess(const std::vector<double>& values) {
    return *std::max_element(values.begin(), values.end()) / quantile(values, 0.5);
}

}  // namespace

int print_heap_curve(size_t live_bytes_max) {
    std::printf("%9s %7s %8s %8s %8s %10s %10s %10s %7s %9s\n", "live", "kept", "ns/alloc", "minor",
                "major", "minor p50", "minor p99", "major", "majors", "mapped/");
    std::printf("%9s %7s %8s %8s %8s %10s %10s %10s %7s %9s\n", "", "", "", "%", "%", "us", "us",
                "ms", "", "live");
    for (unsigned kept_percent : {1u, 10u}) {
        std::vector<double> costs;
        std::vector<double> pauses;
        for (size_t bytes = size_t{1} << 20; bytes <= live_bytes_max; bytes *= 4) {
            Point point = isolated([bytes, kept_percent] { return measure(bytes, kept_percent); });
            print_line(bytes, kept_percent, point);
            costs.push_back(point.ns);
            pauses.push_back(point.minor_p50);
        }
        double cost = excess(costs);
        double pause = excess(pauses);
        std::printf(
            "%u %% kept: cost per allocation at most %.2f x its median (to reach: %.2f), "
            "%s; minor pause at most %.2f x its median (%.0f), %s\n",
            kept_percent, cost, kFlat, cost <= kFlat ? "met" : "BEHIND", pause, kSamePause,
            pause <= kSamePause ? "met" : "BEHIND");
    }
    return 0;
}

}  // namespace bench
