// Registers rows with Google Benchmark and computes medians of ratios.
#include "bench/duel.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

namespace bench {
namespace {

int rounds_by_default = 101;
bool quick = false;
std::vector<Measured> measured_rows;

int rounds_of(int rounds) {
    if (rounds == 0) return rounds_by_default;
    return quick ? std::max(1, rounds / 4) : rounds;
}

void run_duel(benchmark::State& state, const Duel& duel) {
    std::vector<double> ours;
    std::vector<double> theirs;
    std::vector<double> ratios;
    duel.theirs();  // warm-up: first touches, lazy binding, caches
    duel.ours();
    bool ours_first = false;
    for (auto _ : state) {
        ours_first = !ours_first;
        double mine = ours_first ? duel.ours() : 0;
        double peers = duel.theirs();
        if (!ours_first) mine = duel.ours();
        state.SetIterationTime(mine / 1e9);
        ours.push_back(mine);
        theirs.push_back(peers);
        ratios.push_back(mine / peers);
    }
    auto operations = static_cast<double>(duel.operations);
    Measured row{duel.work,
                 duel.peer,
                 "ns",
                 duel.target,
                 true,
                 quantile(ours, 0.5) / operations,
                 quantile(theirs, 0.5) / operations,
                 quantile(ratios, 0.5),
                 quantile(ratios, 0.25),
                 quantile(ratios, 0.75),
                 ratios};
    state.counters["ours"] = row.ours;
    state.counters["peer"] = row.theirs;
    state.counters["ratio"] = row.ratio;
    state.counters["ratio_low"] = row.low;
    state.counters["ratio_high"] = row.high;
    state.counters["target"] = row.target;
    measured_rows.push_back(std::move(row));
}

void run_figure(benchmark::State& state, const Figure& figure) {
    std::vector<double> values;
    for (auto _ : state) {
        values.push_back(figure.measure());
        state.SetIterationTime(1e-9);
    }
    const double value = quantile(values, 0.5);
    state.counters["value"] = value;
    state.counters["target"] = figure.target;
    state.SetLabel(figure.unit);
    measured_rows.push_back({figure.work, "", figure.unit, figure.target, false, value, 0, 0,
                             quantile(values, 0.25), quantile(values, 0.75), values});
}

}  // namespace

double quantile(std::vector<double> values, double part) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<size_t>(part * static_cast<double>(values.size() - 1))];
}

void add(Duel duel) {
    auto row = std::make_shared<Duel>(std::move(duel));
    benchmark::RegisterBenchmark((row->work + " | " + row->peer).c_str(),
                                 [row](benchmark::State& state) { run_duel(state, *row); })
        ->UseManualTime()
        ->Iterations(rounds_of(row->rounds));
}

void add(Figure figure) {
    auto row = std::make_shared<Figure>(std::move(figure));
    benchmark::RegisterBenchmark(row->work.c_str(),
                                 [row](benchmark::State& state) { run_figure(state, *row); })
        ->UseManualTime()
        ->Iterations(rounds_of(row->rounds));
}

const std::vector<Measured>& measured() {
    return measured_rows;
}

int default_rounds() {
    return rounds_by_default;
}
void set_default_rounds(int rounds) {
    rounds_by_default = rounds;
}
void set_quick() {
    quick = true;
    rounds_by_default = std::min(rounds_by_default, 31);
}

double cpu_now() {
    timespec time = {};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double now() {
    auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

}  // namespace bench
