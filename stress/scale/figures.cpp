#include "stress/scale/figures.h"

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace scale {

double cpu_seconds() {
    timespec time = {};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::string format(const Figures& figures) {
    char line[160];
    std::snprintf(line, sizeof line,
                  "figures cpu_seconds %.9f mapped_peak %" PRIu64 " resident_peak %" PRIu64 "\n",
                  figures.cpu_seconds, figures.mapped_peak, figures.resident_peak);
    return line;
}

std::optional<Figures> find_figures(std::string_view output) {
    constexpr std::string_view kBegin = "figures ";
    std::optional<Figures> found;
    while (!output.empty()) {
        const size_t end = output.find('\n');
        if (end == std::string_view::npos) break;  // cut off
        const std::string line(output.substr(0, end));
        output.remove_prefix(end + 1);
        if (!line.starts_with(kBegin)) continue;
        Figures figures;
        int length = 0;
        const int fields = std::sscanf(
            line.c_str(),
            "figures cpu_seconds %lf mapped_peak %" SCNu64 " resident_peak %" SCNu64 "%n",
            &figures.cpu_seconds, &figures.mapped_peak, &figures.resident_peak, &length);
        const bool whole = fields == 3 && static_cast<size_t>(length) == line.size();
        if (whole && std::isfinite(figures.cpu_seconds) && figures.cpu_seconds >= 0)
            found = figures;
    }
    return found;
}

}  // namespace scale
