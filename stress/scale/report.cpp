#include "stress/scale/report.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace scale {

namespace {

[[gnu::format(printf, 2, 3)]] void add(std::string* text, const char* form, ...) {
    char line[512];
    std::va_list arguments;
    va_start(arguments, form);
    std::vsnprintf(line, sizeof line, form, arguments);
    va_end(arguments);
    *text += line;
}

unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

double megabytes(uint64_t bytes) {
    return static_cast<double>(bytes) / 1048576.0;
}

void describe_cell(const Cell& cell, std::string* text) {
    const auto lines = static_cast<double>(cell.lines);
    if (cell.ending != Ending::good || cell.runs.empty()) {
        const bool skipped = cell.ending == Ending::skipped;
        const std::string why = cell.text.substr(0, cell.text.find('\n'));
        add(text, "  %8llu  %s: %.300s\n", number(cell.lines), skipped ? "skipped" : "FAILED",
            why.c_str());
        return;
    }
    const uint64_t mapped = mapped_peak(cell);
    add(text, "  %8llu  %4zu  %9.3f  %9.3f  %9.3f  %10.1f  %9.0f  %10.1f\n", number(cell.lines),
        cell.runs.size(), least_seconds(cell), median_seconds(cell),
        least_seconds(cell) / lines * 1e6, megabytes(mapped), static_cast<double>(mapped) / lines,
        megabytes(resident_peak(cell)));
}

void describe_series(const Series& series, std::string* text) {
    add(text, "%s, %s mode\n", series.work.c_str(), series.mode.c_str());
    add(text, "  %8s  %4s  %9s  %9s  %9s  %10s  %9s  %10s\n", "lines", "runs", "least s",
        "median s", "us/line", "mapped MiB", "B/line", "RSS MiB");
    for (const Cell& cell : series.cells) describe_cell(cell, text);
    const Verdict verdict = judge(series);
    if (verdict.memory_ratio > 0) {
        add(text,
            "  time per line %.2f x (at most %.2f), the last step %.2f x (%.2f), memory per line "
            "%.2f x (%.2f)\n",
            verdict.time_ratio, series.bounds.time, verdict.last_ratio, series.bounds.last,
            verdict.memory_ratio, series.bounds.memory);
        add(text, "  mapped = %.2f MiB + %.1f B x lines, within %.1f %%\n",
            verdict.fit.constant / 1048576.0, verdict.fit.slope, verdict.fit.deviation * 100);
    }
    for (const std::string& failure : verdict.failures) *text += "  FAILED " + failure + '\n';
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        if (byte == '"' || byte == '\\') {
            result += {'\\', byte};
        } else if (code < 0x20) {
            add(&result, "\\u%04x", code);
        } else {
            result += code < 0x80 ? byte : '?';  // a broken program may print anything
        }
    }
    return result + '"';
}

// JSON has no infinity.
double finite(double value) {
    return std::isfinite(value) ? value : -1;
}

void cell_to_json(const Cell& cell, std::string* json) {
    static constexpr const char* kEndings[] = {"good", "skipped", "failed"};
    add(json, "{\"lines\": %llu, \"ending\": \"%s\", \"text\": ", number(cell.lines),
        kEndings[static_cast<size_t>(cell.ending)]);
    *json += quoted(cell.text) + ", \"cpu_seconds\": [";
    const char* separator = "";
    for (const Figures& run : cell.runs) {
        add(json, "%s%.9f", separator, run.cpu_seconds);
        separator = ", ";
    }
    add(json, "], \"mapped_peak\": %llu, \"resident_peak\": %llu}", number(mapped_peak(cell)),
        number(resident_peak(cell)));
}

void series_to_json(const Series& series, std::string* json) {
    const Verdict verdict = judge(series);
    *json += "{\"work\": " + quoted(series.work) + ", \"mode\": " + quoted(series.mode);
    add(json, ", \"time_ratio\": %.4f, \"time_ratio_max\": %.4f", finite(verdict.time_ratio),
        series.bounds.time);
    add(json, ", \"last_ratio\": %.4f, \"last_ratio_max\": %.4f", finite(verdict.last_ratio),
        series.bounds.last);
    add(json, ", \"memory_ratio\": %.4f, \"memory_ratio_max\": %.4f", finite(verdict.memory_ratio),
        series.bounds.memory);
    add(json, ", \"mapped_constant\": %.1f, \"mapped_per_line\": %.3f, \"mapped_deviation\": %.4f",
        finite(verdict.fit.constant), finite(verdict.fit.slope), finite(verdict.fit.deviation));
    *json += ",\n  \"cells\": [";
    const char* separator = "";
    for (const Cell& cell : series.cells) {
        *json += separator;
        cell_to_json(cell, json);
        separator = ",\n    ";
    }
    *json += "],\n  \"failures\": [";
    separator = "";
    for (const std::string& failure : verdict.failures) {
        *json += separator + quoted(failure);
        separator = ", ";
    }
    *json += "]}";
}

}  // namespace

Totals totals(const std::vector<Series>& all) {
    Totals totals;
    for (const Series& series : all) {
        for (const Cell& cell : series.cells) {
            totals.cells += cell.ending == Ending::skipped ? 0 : 1;
            totals.skipped += cell.ending == Ending::skipped ? 1 : 0;
        }
        totals.failures += static_cast<unsigned>(judge(series).failures.size());
    }
    return totals;
}

std::string describe(const std::vector<Series>& all) {
    std::string text;
    for (const Series& series : all) describe_series(series, &text);
    return text;
}

std::string to_json(const std::vector<Series>& all) {
    std::string json = "{\"series\": [\n ";
    const char* separator = "";
    for (const Series& series : all) {
        json += separator;
        series_to_json(series, &json);
        separator = ",\n ";
    }
    const Totals sums = totals(all);
    add(&json, "\n], \"cells\": %u, \"skipped\": %u, \"failures\": %u}\n", sums.cells, sums.skipped,
        sums.failures);
    return json;
}

}  // namespace scale
