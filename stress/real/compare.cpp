#include "stress/real/compare.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <vector>

#include "stress/driver/child.h"
#include "stress/pressure/attempts.h"

namespace real {
namespace {

constexpr int kRounds = 3;
constexpr auto kLimit = std::chrono::minutes(20);

struct Row {
    const char* allocator;
    std::vector<double> seconds;
    std::vector<double> megabytes;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// Its result lines; empty when it did not end well.
std::string run_once(Row* row, const Request& request) {
    const std::vector<std::string> command = {"/proc/self/exe",
                                              "--allocator",
                                              row->allocator,
                                              "--ledger",
                                              "off",
                                              "--size",
                                              std::to_string(request.size),
                                              "--seed",
                                              std::to_string(request.seed)};
    const stress::Outcome outcome =
        stress::run_child(command, std::chrono::steady_clock::now() + kLimit);
    const size_t at = outcome.output.find("figures ");
    double seconds = 0;
    unsigned long long resident = 0;
    if (outcome.exit_code != 0 || at == std::string::npos ||
        std::sscanf(outcome.output.c_str() + at, "figures seconds %lf resident %llu", &seconds,
                    &resident) != 2) {
        std::fprintf(stderr, "%s\n%s\n", stress::shell_line(command).c_str(),
                     outcome.output.c_str());
        return {};
    }
    row->seconds.push_back(seconds);
    row->megabytes.push_back(static_cast<double>(resident) / (1024.0 * 1024.0));
    return stress::result_lines(outcome.output);
}

}  // namespace

int compare(const Program& program, const Request& request) {
    std::array<Row, 3> rows = {Row{"malloc", {}, {}}, Row{"general", {}, {}},
                               Row{"context", {}, {}}};
    std::string results;
    for (int round = 0; round < kRounds; ++round) {
        for (Row& row : rows) {
            const std::string lines = run_once(&row, request);
            if (results.empty()) results = lines;
            if (lines.empty() || lines != results) {
                std::fprintf(stderr, "REAL-RESULTS: others on %s\n", row.allocator);
                return stress::Exit::broken;
            }
        }
    }
    std::printf("%s, %llu %s; medians of %d\n", program.name,
                static_cast<unsigned long long>(request.size), program.unit, kRounds);
    std::printf("| allocator | CPU seconds | / malloc | resident peak, MiB | / malloc |\n");
    std::printf("|---|---|---|---|---|\n");
    const double seconds = median(rows[0].seconds);
    const double megabytes = median(rows[0].megabytes);
    for (const Row& row : rows) {
        std::printf("| %s | %.2f | %.2f | %.1f | %.2f |\n", row.allocator, median(row.seconds),
                    median(row.seconds) / seconds, median(row.megabytes),
                    median(row.megabytes) / megabytes);
    }
    return stress::Exit::good;
}

}  // namespace real
