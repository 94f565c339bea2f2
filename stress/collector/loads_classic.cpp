#include <algorithm>
#include <cstdio>
#include <memory>

#include "stress/collector/binary_trees.h"
#include "stress/collector/cyclic_graph.h"
#include "stress/collector/deep_list.h"
#include "stress/collector/gc_bench.h"
#include "stress/collector/histogram.h"
#include "stress/collector/loads.h"
#include "stress/collector/lru_cache.h"
#include "stress/collector/lru_server.h"
#include "stress/collector/wide_array.h"

namespace collector {

namespace {

void tell(CheckedMemory* memory, const char* name, const Histogram& times) {
    const auto micro = [](uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; };
    char line[160];
    std::snprintf(line, sizeof line,
                  "  %-8s p50 %9.1f p90 %9.1f p99 %9.1f p99.9 %9.1f max %9.1f us, %llu requests",
                  name, micro(times.quantile(500)), micro(times.quantile(900)),
                  micro(times.quantile(990)), micro(times.quantile(999)), micro(times.max()),
                  static_cast<unsigned long long>(times.count()));
    memory->tell(line);
}

}  // namespace

Outcome gc_bench(CheckedMemory& memory, const Task& task) {
    GcBenchSettings settings;
    const auto depth = static_cast<unsigned>(task.size);
    if (depth < settings.stretch_depth) {
        const size_t length = settings.array_length >> (settings.stretch_depth - depth);
        settings.array_length = std::max(length, size_t{2048});
    }
    settings.stretch_depth = depth;
    settings.long_lived_depth = settings.depth_max = depth - 2;
    settings.checked = true;
    return GcBench(memory, settings).run();
}

Outcome binary_trees(CheckedMemory& memory, const Task& task) {
    BinaryTreesSettings settings;
    settings.depth = static_cast<unsigned>(task.size);
    settings.verified = true;
    return BinaryTrees(memory, settings).run();
}

Outcome lru_cache(CheckedMemory& memory, const Task& task) {
    LruCacheSettings settings;
    settings.live_bytes = task.size << 10;
    settings.seed = task.seed;
    LruCache probe(memory, settings);
    settings.requests = 4 * probe.capacity();
    settings.verify_every = probe.capacity() + 1;
    return LruCache(memory, settings).run();
}

Outcome lru_server(CheckedMemory& memory, const Task& task) {
    const auto service = std::make_unique<Histogram>();
    const auto latency = std::make_unique<Histogram>();
    LruServerSettings settings;
    settings.cache.live_bytes = task.size << 10;
    settings.cache.seed = task.seed;
    settings.sessions = std::min(task.size * 4 + 16, settings.sessions);
    settings.requests = std::min(task.size * 16 + 64, settings.requests);
    settings.verify_every = settings.requests / 4 + 1;
    settings.service = service.get();
    settings.latency = latency.get();
    const Outcome outcome = LruServer(memory, settings).run();
    tell(&memory, "service", *service);
    tell(&memory, "latency", *latency);
    return outcome;
}

Outcome deep_list(CheckedMemory& memory, const Task& task) {
    DeepListSettings settings;
    settings.nodes = task.size;
    settings.verify_every = task.size / 4 + 1;
    return DeepList(memory, settings).run();
}

Outcome wide_array(CheckedMemory& memory, const Task& task) {
    WideArraySettings settings;
    settings.length = task.size;
    settings.stores = 2 * task.size;
    settings.seed = task.seed;
    settings.verify_every = task.size / 2 + 1;
    return WideArray(memory, settings).run();
}

Outcome cyclic_graph(CheckedMemory& memory, const Task& task) {
    CyclicGraphSettings settings;
    settings.nodes = task.size;
    settings.changes = 10 * task.size;
    settings.seed = task.seed;
    settings.verify_every = 3 * task.size;
    return CyclicGraph(memory, settings).run();
}

}  // namespace collector
