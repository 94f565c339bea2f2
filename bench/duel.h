// Rows of the benchmark table: a duel against a peer, or a figure of our own.
//
// Absolute times on a shared machine mean little. So a duel runs short slices of both sides in turn
// (swapping who goes first) and its result is the median of the slice-by-slice ratios, with the
// quartiles beside it. Google Benchmark runs and filters the rows, main.cpp prints them,
// rows_json.h writes them to a file.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace bench {

// One slice: does `operations` operations and returns the nanoseconds they took. Set-up and
// clean-up inside the slice stay outside the time it returns.
using Slice = std::function<double()>;

struct Duel {
    std::string work;   // "arena: allocate, profile sizes"
    std::string peer;   // "glibc malloc"
    double target;      // largest ratio ours / peer that meets the goal; 0: for information
    size_t operations;  // per slice
    Slice ours;
    Slice theirs;
    int rounds = 0;  // 0: the program's default (--rounds)
};

struct Figure {
    std::string work;
    std::string unit;
    double target;  // largest value that meets the goal; 0: for information
    std::function<double()> measure;
    int rounds = 1;  // the median of so many measurements
};

void add(Duel duel);
void add(Figure figure);

// What a row gave. Of a duel: low, high and samples are of the ratios; of a figure: of its values.
struct Measured {
    std::string work;
    std::string peer;  // empty: a figure
    std::string unit;  // a duel's: "ns", per operation
    double target;
    bool duel;
    double ours;  // medians
    double theirs;
    double ratio;
    double low;  // quartiles
    double high;
    std::vector<double> samples;  // one a round
};

// Rows that have run, in their order.
const std::vector<Measured>& measured();

// Each *_bench.cpp adds its rows in one of these; main.cpp calls them in the table's order.
void add_arena_rows();
void add_pool_rows();
void add_context_rows();
void add_heap_rows();
void add_pause_rows();
void add_collector_rows();

// Rounds of a duel that does not say; set from --rounds before any row is added.
int default_rounds();
void set_default_rounds(int rounds);

// A shorter run: rows that say how many rounds they take (they are the long ones) take a quarter,
// at least one. Set before any row is added.
void set_quick();

// Steady clock, nanoseconds.
double now();

// Time that this process has computed, nanoseconds: for long slices, which other programs on the
// machine would interrupt.
double cpu_now();

// The value that `part` of the values (0 .. 1) do not exceed; 0 when there are none.
double quantile(std::vector<double> values, double part);

// Keeps a value alive without letting the compiler see what becomes of it.
inline void keep(const void* value) {
    asm volatile("" : : "r"(value) : "memory");
}

}  // namespace bench
