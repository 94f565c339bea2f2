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
    state.counters["ours"] = quantile(ours, 0.5) / operations;
    state.counters["peer"] = quantile(theirs, 0.5) / operations;
    state.counters["ratio"] = quantile(ratios, 0.5);
    state.counters["ratio_low"] = quantile(ratios, 0.25);
    state.counters["ratio_high"] = quantile(ratios, 0.75);
    state.counters["target"] = duel.target;
}

void run_figure(benchmark::State& state, const Figure& figure) {
    std::vector<double> values;
    for (auto _ : state) {
        values.push_back(figure.measure());
        state.SetIterationTime(1e-9);
    }
    state.counters["value"] = quantile(values, 0.5);
    state.counters["target"] = figure.target;
    state.SetLabel(figure.unit);
}

}  // namespace

double quantile(std::vector<double> values, double part) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<size_t>(part * static_cast<double>(values.size() - 1))];
}

void add(Duel duel) {
    auto row = std::make_shared<Duel>(std::move(duel));
    int rounds = row->rounds != 0 ? row->rounds : rounds_by_default;
    benchmark::RegisterBenchmark((row->work + " | " + row->peer).c_str(),
                                 [row](benchmark::State& state) { run_duel(state, *row); })
        ->UseManualTime()
        ->Iterations(rounds);
}

void add(Figure figure) {
    auto row = std::make_shared<Figure>(std::move(figure));
    benchmark::RegisterBenchmark(row->work.c_str(),
                                 [row](benchmark::State& state) { run_figure(state, *row); })
        ->UseManualTime()
        ->Iterations(row->rounds);
}

int default_rounds() {
    return rounds_by_default;
}
void set_default_rounds(int rounds) {
    rounds_by_default = rounds;
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
