// build/bin/bench: runs every row, prints the table and its verdict.
//
// The exit status does not depend on the figures: a noisy machine is not a broken build. Google
// Benchmark's own flags work (--benchmark_filter=REGEX, --benchmark_out=FILE). --json=FILE keeps
// the rows in a file as well, which is there and whole after every row (rows_json.h). --curve
// prints another table instead (heap_curve.h).
#include <benchmark/benchmark.h>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench/duel.h"
#include "bench/heap_curve.h"
#include "bench/rows_json.h"

namespace {

class TableReporter : public benchmark::BenchmarkReporter {
 public:
    // json: empty for none.
    explicit TableReporter(std::string json) : json_(std::move(json)) {}

    // False when the file could not be written.
    bool saved() const { return saved_; }

    bool ReportContext(const Context&) override {
        std::printf("%-46s %-22s %10s %10s %8s %15s %8s  %s\n", "work", "against", "ours", "peer",
                    "ratio", "quartiles", "target", "verdict");
        return true;
    }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.error_occurred) {
                std::printf("%-46s error: %s\n", run.benchmark_name().c_str(),
                            run.error_message.c_str());
                behind_ += 1;
            } else {
                report(run);
            }
            rows_ += 1;
        }
        std::fflush(stdout);
        save();
    }

    void Finalize() override { std::printf("bench: %d rows, %d behind target\n", rows_, behind_); }

 private:
    void save() {
        if (json_.empty() || !saved_ || bench::write_rows_json(json_, bench::measured())) return;
        std::fprintf(stderr, "bench: cannot write %s: %s\n", json_.c_str(), std::strerror(errno));
        saved_ = false;
    }

    void report(const Run& run) {
        // Google Benchmark appends "/iterations:N/manual_time" to the registered name.
        std::string name = run.run_name.function_name;
        size_t bar = name.find(" | ");
        std::string work = name.substr(0, bar);
        std::string peer = bar == std::string::npos ? "" : name.substr(bar + 3);
        double target = run.counters.at("target");
        bool duel = run.counters.count("ratio") != 0;
        double judged = duel ? run.counters.at("ratio") : run.counters.at("value");
        bool met = target == 0 || judged <= target;
        if (!met) behind_ += 1;
        const char* verdict = target == 0 ? "" : met ? "met" : "BEHIND";
        std::string goal = target == 0 ? "" : format("%.4g", target);
        if (duel) {
            double ours = run.counters.at("ours");
            double theirs = run.counters.at("peer");
            double low = run.counters.at("ratio_low");
            double high = run.counters.at("ratio_high");
            std::printf("%-46s %-22s %7.2f ns %7.2f ns %8.3f %7.3f-%7.3f %8s  %s\n", work.c_str(),
                        peer.c_str(), ours, theirs, judged, low, high, goal.c_str(), verdict);
        } else {
            std::printf("%-46s %-22s %10.4g %-10s %8s %15s %8s  %s\n", work.c_str(), "", judged,
                        run.report_label.c_str(), "", "", goal.c_str(), verdict);
        }
    }

    static std::string format(const char* pattern, double value) {
        char text[32];
        std::snprintf(text, sizeof text, pattern, value);
        return text;
    }

    std::string json_;
    bool saved_ = true;
    int rows_ = 0;
    int behind_ = 0;
};

// Takes an option of this program out of the arguments, the rest is Google Benchmark's: what stands
// behind the name, or NULL.
const char* take(const char* name, int* count, char** arguments) {
    const size_t length = std::strlen(name);
    for (int i = 1; i < *count; i++) {
        if (std::strncmp(arguments[i], name, length) != 0) continue;
        const char* value = arguments[i] + length;
        for (int j = i; j + 1 < *count; j++) arguments[j] = arguments[j + 1];
        *count -= 1;
        return value;
    }
    return nullptr;
}

bool take_rounds(int* count, char** arguments) {
    const char* text = take("--rounds=", count, arguments);
    if (text == nullptr) return true;
    int rounds = std::atoi(text);
    if (rounds < 1 || rounds > 100000) {
        std::fprintf(stderr, "bench: --rounds takes a number from 1 to 100000, not '%s'\n", text);
        return false;
    }
    bench::set_default_rounds(rounds);
    return true;
}

// --curve [--curve-max=SIZE]: bytes up to which it goes. 0: not asked for, SIZE_MAX: not
// understood.
size_t curve_wanted(int count, char** arguments) {
    if (count < 2 || std::strcmp(arguments[1], "--curve") != 0) return 0;
    if (count == 2) return size_t{1} << 30;
    static constexpr char kMax[] = "--curve-max=";
    constexpr size_t kMaxLength = sizeof kMax - 1;
    if (count == 3 && std::strncmp(arguments[2], kMax, kMaxLength) == 0) {
        char* end = nullptr;
        unsigned long long number = std::strtoull(arguments[2] + kMaxLength, &end, 10);
        unsigned shift = *end == 'G' ? 30 : 20;
        bool unit = (*end == 'G' || *end == 'M') && end[1] == '\0';
        if (unit && number >= 1 && number <= 1024) return size_t{number} << shift;
    }
    std::fprintf(stderr, "bench: --curve takes --curve-max=SIZE, from 1M to 1024G, and no more\n");
    return SIZE_MAX;
}

void print_help() {
    std::printf(
        "usage: bench [--rounds=N] [--quick] [--json=FILE] [--benchmark_filter=REGEX]\n"
        "             [--benchmark_list_tests] [--benchmark_out=FILE]\n"
        "Runs every row of the table side by side with its peer and prints medians of ratios.\n"
        "  --rounds=N   slices of each side per row (default %d)\n"
        "  --quick      fewer of them, for all rows\n"
        "  --json=FILE  every row with its samples, target and verdict, written as they come\n"
        "       bench --curve [--curve-max=SIZE]\n"
        "Prints what an allocation and a minor collection cost by the size of the live data, from\n"
        "1 MB up to SIZE (default 1G; 512M, 4G ...).\n",
        bench::default_rounds());
}

}  // namespace

int main(int count, char** arguments) {
    if (size_t bytes = curve_wanted(count, arguments); bytes != 0) {
        return bytes == SIZE_MAX ? 2 : bench::print_heap_curve(bytes);
    }
    if (!take_rounds(&count, arguments)) return 2;
    if (const char* rest = take("--quick", &count, arguments); rest != nullptr) {
        if (*rest != '\0') {
            std::fprintf(stderr, "bench: --quick takes no value\n");
            return 2;
        }
        bench::set_quick();
    }
    const char* json = take("--json=", &count, arguments);
    if (json != nullptr && *json == '\0') {
        std::fprintf(stderr, "bench: --json= needs the name of a file\n");
        return 2;
    }
    benchmark::Initialize(&count, arguments, print_help);
    if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
    bench::add_arena_rows();
    bench::add_pool_rows();
    bench::add_context_rows();
    bench::add_heap_rows();
    bench::add_pause_rows();
    bench::add_collector_rows();
    TableReporter table(json == nullptr ? "" : json);
    benchmark::RunSpecifiedBenchmarks(&table);
    // Rows own objects of the peers: they go before the peers' libraries do.
    benchmark::ClearRegisteredBenchmarks();
    benchmark::Shutdown();
    return table.saved() ? 0 : 1;
}
