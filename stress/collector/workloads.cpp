#include "stress/collector/workloads.h"

#include <algorithm>
#include <memory>

#include "stress/collector/binary_trees.h"
#include "stress/collector/cyclic_graph.h"
#include "stress/collector/deep_list.h"
#include "stress/collector/gc_bench.h"
#include "stress/collector/lru_cache.h"
#include "stress/collector/morph_memory.h"
#include "stress/collector/wide_array.h"

namespace collector {

namespace {

struct HeapCloser {
    void operator()(MorphHeap* heap) const { morph_heap_destroy(heap); }
};

struct Balance {
    uint64_t granted = 0;
    uint64_t returned = 0;
};

bool on_request(void* user, size_t bytes) {
    static_cast<Balance*>(user)->granted += bytes;
    return true;
}

void on_return(void* user, size_t bytes) {
    static_cast<Balance*>(user)->returned += bytes;
}

Outcome gc_bench(MorphMemory& memory, uint64_t size, uint64_t /*seed*/) {
    GcBenchSettings settings;
    const auto depth = static_cast<unsigned>(size);
    if (depth < settings.stretch_depth) {
        const size_t length = settings.array_length >> (settings.stretch_depth - depth);
        settings.array_length = std::max(length, size_t{2048});
    }
    settings.stretch_depth = depth;
    settings.long_lived_depth = settings.depth_max = depth - 2;
    settings.checked = true;
    return GcBench(memory, settings).run();
}

Outcome binary_trees(MorphMemory& memory, uint64_t size, uint64_t /*seed*/) {
    BinaryTreesSettings settings;
    settings.depth = static_cast<unsigned>(size);
    settings.verified = true;
    return BinaryTrees(memory, settings).run();
}

Outcome lru_cache(MorphMemory& memory, uint64_t size, uint64_t seed) {
    LruCacheSettings settings;
    settings.live_bytes = size << 10;
    settings.seed = seed;
    LruCache probe(memory, settings);
    settings.requests = 4 * probe.capacity();
    settings.verify_every = probe.capacity() + 1;
    return LruCache(memory, settings).run();
}

Outcome deep_list(MorphMemory& memory, uint64_t size, uint64_t /*seed*/) {
    DeepListSettings settings;
    settings.nodes = size;
    settings.verify_every = size / 4 + 1;
    return DeepList(memory, settings).run();
}

Outcome wide_array(MorphMemory& memory, uint64_t size, uint64_t seed) {
    WideArraySettings settings;
    settings.length = size;
    settings.stores = 2 * size;
    settings.seed = seed;
    settings.verify_every = size / 2 + 1;
    return WideArray(memory, settings).run();
}

Outcome cyclic_graph(MorphMemory& memory, uint64_t size, uint64_t seed) {
    CyclicGraphSettings settings;
    settings.nodes = size;
    settings.changes = 10 * size;
    settings.seed = seed;
    settings.verify_every = 3 * size;
    return CyclicGraph(memory, settings).run();
}

constexpr Description kWorkloads[] = {
    {"gcbench", "depth of the stretch tree", 18, 6, 24, 10},
    {"binary-trees", "depth of the long-lived tree", 18, 4, 24, 8},
    {"lru", "KiB in a full cache", 65536, 1, uint64_t{1} << 24, 64},
    {"deep-list", "nodes of each list", 1000000, 2, uint64_t{1} << 28, 800},
    {"wide-array", "references", 1000000, 1, uint64_t{1} << 28, 1000},
    {"cyclic-graph", "nodes at first", 100000, 1, uint64_t{1} << 24, 300},
};
using Work = Outcome (*)(MorphMemory&, uint64_t, uint64_t);
constexpr Work kWork[] = {gc_bench, binary_trees, lru_cache, deep_list, wide_array, cyclic_graph};
static_assert(std::size(kWork) == std::size(kWorkloads));

void finish(MorphHeap* heap, Report* report) {
    if (morph_heap_root_depth(heap) != 0) report->wrong = "COLLECTOR-NOTHING: roots are left";
    const MorphForcedCollections none = {};
    (void)morph_heap_force_collections(heap, &none);
    (void)morph_heap_collect_major(heap);
    report->stats = morph_heap_stats(heap);
    const uint64_t live = report->stats.counts.objects_live;
    if (!report->wrong.empty()) return;
    if (live != 0) {
        report->wrong = "COLLECTOR-NOTHING: " + std::to_string(live) + " objects are left";
    } else if (morph_heap_verify(heap) != MORPH_OK) {
        report->wrong = morph_heap_last_error(heap).text;
    }
}

}  // namespace

std::span<const Description> workloads() {
    return kWorkloads;
}

const Description* find_workload(std::string_view name) {
    const auto* found = std::find_if(std::begin(kWorkloads), std::end(kWorkloads),
                                     [name](const Description& one) { return one.name == name; });
    return found == std::end(kWorkloads) ? nullptr : found;
}

Report run(const Settings& settings) {
    const Description* description = find_workload(settings.name);
    Balance balance;
    MorphHeapConfig config = heap_config_of(settings.setup);
    config.memory.request = on_request;
    config.memory.returned = on_return;
    config.memory.user = &balance;
    Report report;
    {
        const std::unique_ptr<MorphHeap, HeapCloser> heap(morph_heap_create(&config));
        if (heap == nullptr) {
            report.out_of_memory = true;
        } else {
            force_collections(heap.get(), settings.setup);
            MorphMemory memory(heap.get());
            const uint64_t size = settings.size == 0 ? description->classic : settings.size;
            const Outcome outcome =
                kWork[description - std::begin(kWorkloads)](memory, size, settings.seed);
            report.result = outcome.result;
            report.out_of_memory = outcome.wrong == kOutOfMemory;
            if (outcome.wrong != nullptr && !report.out_of_memory) report.wrong = outcome.wrong;
            finish(heap.get(), &report);
        }
    }
    if (report.wrong.empty() && balance.granted != balance.returned) {
        report.wrong = "COLLECTOR-RETURNED: bytes granted are not returned";
    }
    return report;
}

}  // namespace collector
