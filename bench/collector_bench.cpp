// The heap against Boehm's collector on the collector workloads, the same code on both sides.
//
// Each slice is a process of its own (isolated.h): one run to warm up, then timed ones in the same
// heap, of which it gives the mean; by processor time, so that other programs do not count. Both
// sides must give the same result (trees made, nodes counted, cache hits). Both have the same bound
// on all memory they map, 2.5 times the peak of what is live: objects at that peak times the bytes
// that one takes in Boehm's heap, where they are never smaller than in ours (it rounds up to 16
// bytes, after adding one byte). Each side is set up to use the bound: Boehm's heap is grown to it
// beforehand; our nursery may grow to a fifth of it (a young generation takes 2.6 nurseries), and
// the first major collection comes when the old space has a third. The rows "default settings" have
// our heap as it comes, under the same bound.
//
//   GCBench             the stretch tree: nodes(18) of 24 bytes, 32 as they lie
//   binary trees        the stretch tree: nodes(19) of 16 bytes, 32 as they lie
//   LRU cache           64 MiB of payload; what that is as it lies is measured, when it is full
//
// "time in the collector" is what minor and major pauses take of the time that the server works on
// its requests after the cache has been filled and as many requests have been served before; lazy
// sweeping is part of allocation and not in it. "space over live" is the largest amount mapped at
// the end of a collection in that time, over the payload that a major collection leaves, minus 1.
// Both at the default settings; "tight" is a nursery of 512 KB and growth by 10 % between major
// collections, which shows how far one can be had for the other.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "bench/boehm_memory.h"
#include "bench/duel.h"
#include "bench/heap_memory.h"
#include "bench/isolated.h"
#include "stress/collector/binary_trees.h"
#include "stress/collector/gc_bench.h"
#include "stress/collector/lru_cache.h"

namespace bench {
namespace {

using collector::Outcome;

constexpr double kBoundOverLive = 2.5;
constexpr size_t kLruLive = size_t{64} << 20;
constexpr uint64_t kLruRequests = 1500000;

constexpr uint64_t nodes(unsigned depth) {
    return (uint64_t{2} << depth) - 1;
}

constexpr size_t bound(double live) {
    return static_cast<size_t>(kBoundOverLive * live);
}

struct GcBenchWork {
    static constexpr const char* kName = "heap: GCBench";
    static constexpr size_t kBytesMax = bound(32.0 * nodes(18));
    static constexpr int kRuns = 4;

    static constexpr size_t objects() {
        size_t count = nodes(18) + nodes(16) + 1;
        for (unsigned depth = 4; depth <= 16; depth += 2) {
            count += 2 * (2 * nodes(18) / nodes(depth)) * nodes(depth);
        }
        return count;
    }
    template <typename Memory>
    static Outcome run(Memory& memory) {
        return collector::GcBench<Memory>(memory, {}).run();
    }
};

struct TreesWork {
    static constexpr const char* kName = "heap: binary trees, depth 18";
    static constexpr size_t kBytesMax = bound(32.0 * nodes(19));
    static constexpr int kRuns = 2;

    static constexpr size_t objects() {
        size_t count = nodes(19) + nodes(18);
        for (unsigned depth = 4; depth <= 18; depth += 2) {
            count += (size_t{1} << (18 - depth + 4)) * nodes(depth);
        }
        return count;
    }
    template <typename Memory>
    static Outcome run(Memory& memory) {
        return collector::BinaryTrees<Memory>(memory, {}).run();
    }
};

struct Timed {
    double ns;
    uint64_t result;
};

template <typename Work, typename Memory>
Timed run_warm(Memory& memory) {
    uint64_t result = 0;
    double start = 0;
    for (int run = 0; run <= Work::kRuns; run++) {
        if (run == 1) start = cpu_now();
        Outcome outcome = Work::run(memory);
        if (outcome.wrong != nullptr) fail(Work::kName, outcome.wrong);
        if (run != 0 && outcome.result != result) fail(Work::kName, "not the same result again");
        result = outcome.result;
    }
    return {(cpu_now() - start) / Work::kRuns, result};
}

// Wraps one side: a child for each slice, whose result must be that of all the others. bytes_max()
// is asked before the child begins.
template <typename BytesMax, typename Measure>
Slice side(const char* name, const std::shared_ptr<uint64_t>& expected, const BytesMax& bytes_max,
           Measure measure) {
    return [name, expected, bytes_max, measure] {
        size_t bytes = bytes_max();
        Timed timed = isolated([&measure, bytes] { return measure(bytes); });
        if (*expected == 0) *expected = timed.result;
        if (timed.result != *expected) fail(name, "the two sides give different results");
        return timed.ns;
    };
}

template <typename Work>
MorphHeapSettings to_the_bound() {
    MorphHeapSettings settings = {};
    settings.nursery_bytes_max = Work::kBytesMax / 5;
    settings.major_threshold = Work::kBytesMax / 3;
    return settings;
}

template <typename Work>
void add_duel(const char* name, double target, const MorphHeapSettings& settings, int rounds) {
    auto expected = std::make_shared<uint64_t>(0);
    auto bytes_max = [] { return Work::kBytesMax; };
    add(Duel{name, "Boehm", target, Work::objects(),
             side(name, expected, bytes_max,
                  [settings](size_t bytes) {
                      HeapOwner heap = make_heap(settings, bytes);
                      HeapMemory memory(heap.get());
                      return run_warm<Work>(memory);
                  }),
             side(name, expected, bytes_max,
                  [](size_t bytes) {
                      BoehmMemory memory(bytes);
                      return run_warm<Work>(memory);
                  }),
             rounds});
}

// ---------------------------------------------------------------------------------- LRU cache

template <typename Memory>
using Lru = collector::LruCache<Memory>;

template <typename Memory>
Outcome checked(Outcome outcome) {
    if (outcome.wrong != nullptr) fail("heap: LRU cache", outcome.wrong);
    return outcome;
}

collector::LruCacheSettings lru_settings() {
    collector::LruCacheSettings settings;
    settings.live_bytes = kLruLive;
    settings.requests = kLruRequests;
    return settings;
}

// Serves its requests twice after filling: once to warm up, once timed.
template <typename Memory>
Timed serve_twice(Memory& memory) {
    Lru<Memory> server(memory, lru_settings());
    checked<Memory>(server.fill());
    checked<Memory>(server.serve());
    double start = cpu_now();
    Outcome outcome = checked<Memory>(server.serve());
    return {cpu_now() - start, outcome.result};
}

// Bytes that the full cache takes in Boehm's heap.
size_t lru_bytes_as_they_lie() {
    return isolated([] {
        BoehmMemory memory(0);
        Lru<BoehmMemory> server(memory, lru_settings());
        checked<BoehmMemory>(server.fill());
        GC_gcollect();
        return GC_get_heap_size() - GC_get_free_bytes();
    });
}

struct Served {
    double share;     // of the time in the collector, percent
    double overhead;  // percent
};

Served serve_and_measure(const MorphHeapSettings& settings) {
    return isolated([settings] {
        HeapOwner heap = make_heap(settings);
        HeapMemory memory(heap.get());
        Lru<HeapMemory> server(memory, lru_settings());
        checked<HeapMemory>(server.fill());
        checked<HeapMemory>(server.serve());
        MorphHeapStats before = morph_heap_stats(heap.get());
        double start = now();
        checked<HeapMemory>(server.serve());
        double elapsed = now() - start;
        MorphHeapStats after = morph_heap_stats(heap.get());
        std::array<MorphTimelineSample, MORPH_TIMELINE_SAMPLES> samples;
        size_t count = morph_heap_timeline(heap.get(), samples.data(), samples.size());
        size_t mapped = after.bytes_mapped;
        for (size_t i = 0; i < count; i++) mapped = std::max(mapped, samples[i].bytes_mapped);
        memory.collect();
        auto live = static_cast<double>(morph_heap_stats(heap.get()).counts.bytes_live);
        auto pauses = static_cast<double>(after.minor.total_ns - before.minor.total_ns +
                                          after.major.total_ns - before.major.total_ns);
        return Served{100 * pauses / elapsed, 100 * (static_cast<double>(mapped) / live - 1)};
    });
}

// share_target, overhead_target: 0 for information.
void add_served(const char* how, const MorphHeapSettings& settings, double share_target,
                double overhead_target) {
    std::string work = std::string("heap: LRU cache") + how;
    add(Figure{work + ", time in the collector", "%", share_target,
               [settings] { return serve_and_measure(settings).share; }, 3});
    add(Figure{work + ", space over live", "%", overhead_target,
               [settings] { return serve_and_measure(settings).overhead; }, 1});
}

void add_lru_rows() {
    auto found = std::make_shared<size_t>(0);
    auto bytes_max = [found] {
        if (*found == 0) *found = bound(static_cast<double>(lru_bytes_as_they_lie()));
        return *found;
    };
    auto expected = std::make_shared<uint64_t>(0);
    const char* name = "heap: LRU cache, 64 MB live";
    add(Duel{name, "Boehm", 0, kLruRequests,
             side(name, expected, bytes_max,
                  [](size_t bytes) {
                      HeapOwner heap = make_heap({}, bytes);
                      HeapMemory memory(heap.get());
                      return serve_twice(memory);
                  }),
             side(name, expected, bytes_max,
                  [](size_t bytes) {
                      BoehmMemory memory(bytes);
                      return serve_twice(memory);
                  }),
             3});
    MorphHeapSettings tight = {};
    tight.growth_percent = 10;
    tight.nursery_bytes = size_t{512} << 10;
    add_served("", {}, 5, 20);
    add_served(", tight", tight, 0, 0);
}

}  // namespace

void add_collector_rows() {
    add_duel<GcBenchWork>("heap: GCBench", 0.45, to_the_bound<GcBenchWork>(), 9);
    add_duel<GcBenchWork>("heap: GCBench, default settings", 0, {}, 5);
    add_duel<TreesWork>("heap: binary trees, depth 18", 0.45, to_the_bound<TreesWork>(), 5);
    add_duel<TreesWork>("heap: binary trees, default settings", 0, {}, 3);
    add_lru_rows();
}

}  // namespace bench
