#include "stress/collector/workloads.h"

#include <algorithm>
#include <memory>
#include <new>

#include "stress/collector/checked_memory.h"
#include "stress/collector/loads.h"

namespace collector {

namespace {

constexpr Description kWorkloads[] = {
    {"gcbench", "depth of the stretch tree", 18, 6, 24, 10},
    {"binary-trees", "depth of the long-lived tree", 18, 4, 24, 8},
    {"lru", "KiB in a full cache", 65536, 1, uint64_t{1} << 24, 64},
    {"lru-server", "KiB in a full cache", 65536, 1, uint64_t{1} << 24, 32},
    {"deep-list", "nodes of each list", 1000000, 2, uint64_t{1} << 28, 800},
    {"wide-array", "references", 1000000, 1, uint64_t{1} << 28, 1000},
    {"wide-tree", "branching: its square is the number of leaves", 1000, 1, 16384, 24},
    {"pointer-arrays", "references of each array", 1000000, 1, uint64_t{1} << 27, 600},
    {"cyclic-graph", "nodes at first", 100000, 1, uint64_t{1} << 24, 300},
    {"promotion-storm", "objects of a wave", 300000, 1, uint64_t{1} << 26, 200},
    {"barrier-storm", "old objects", 200000, 1, uint64_t{1} << 26, 60},
    {"fragment-second", "KiB live at the peak", 65536, 1, uint64_t{1} << 24, 24},
    {"fragment-alternate", "KiB live at the peak", 65536, 1, uint64_t{1} << 24, 24},
    {"sawtooth", "KiB live at the peak", 65536, 1, uint64_t{1} << 24, 12},
    {"size-shift", "KiB live at the peak", 65536, 1, uint64_t{1} << 24, 16},
};
using Work = Outcome (*)(CheckedMemory&, const Task&);
constexpr Work kWork[] = {gc_bench,           binary_trees,    lru_cache,     lru_server,
                          deep_list,          wide_array,      wide_tree,     pointer_arrays,
                          cyclic_graph,       promotion_storm, barrier_storm, fragment_second,
                          fragment_alternate, sawtooth,        size_shift};
static_assert(std::size(kWork) == std::size(kWorkloads));

// A heap of its own, or the one of a context.
class Owner {
 public:
    Owner() = default;
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    ~Owner() {
        if (context_ != nullptr) {
            (void)morph_mem_destroy(context_);
        } else {
            morph_heap_destroy(heap_);
        }
    }

    // false: creation_error tells why.
    [[nodiscard]] bool open(stress::Setup setup) {
        if (setup.v1) {
            setup.mode = MORPH_MODE_RUNTIME;
            const MorphMemConfig config = config_of(setup);
            context_ = morph_mem_init(&config);
            heap_ = context_ == nullptr ? nullptr : morph_mem_heap(context_);
        } else {
            const MorphHeapConfig config = heap_config_of(setup);
            heap_ = morph_heap_create(&config);
        }
        return heap_ != nullptr;
    }
    [[nodiscard]] MorphHeap* heap() const { return heap_; }

 private:
    MorphMemContext* context_ = nullptr;
    MorphHeap* heap_ = nullptr;
};

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

// A root that was refused, or the workload's own memory, ends it by an exception.
Outcome work(CheckedMemory& memory, const Settings& settings) {
    const Description* description = find_workload(settings.name);
    const uint64_t size = settings.size == 0 ? description->classic : settings.size;
    try {
        const Work load = kWork[description - std::begin(kWorkloads)];
        const Outcome outcome = load(memory, Task{size, settings.seed});
        if (outcome.wrong != kOutOfMemory) return outcome;
    } catch (const std::bad_alloc&) {
        return {kOutOfMemory, 0};
    }
    if (!memory.found().empty()) return {memory.found().c_str(), 0};
    const MorphError error = morph_heap_last_error(memory.heap());
    const bool explained = error.code == MORPH_ERROR_OUT_OF_MEMORY && error.text[0] != '\0';
    return {explained ? kOutOfMemory : "PRESSURE-REASON: NULL without a reason", 0};
}

void run_on_heap(const Settings& settings, const stress::Setup& setup, Report* report) {
    Owner owner;
    if (!owner.open(setup)) {
        const MorphError error = morph_creation_error();
        report->refused_configuration = error.code == MORPH_ERROR_INVALID_CONFIGURATION;
        report->out_of_memory = error.code == MORPH_ERROR_OUT_OF_MEMORY;
        if (!report->out_of_memory) report->wrong = error.text;
        return;
    }
    force_collections(owner.heap(), setup);
    const CheckedMemory::Plan plan = {settings.verify_every, settings.judge, settings.squeeze,
                                      setup.refuse};
    CheckedMemory memory(owner.heap(), plan, setup.refusals);
    const Outcome outcome = work(memory, settings);
    report->result = outcome.result;
    report->out_of_memory = outcome.wrong == kOutOfMemory;
    if (outcome.wrong != nullptr && !report->out_of_memory) report->wrong = outcome.wrong;
    report->verifications = memory.verifications();
    report->taken = memory.taken();
    report->told = memory.told();
    setup.refusals->set_rate(0);
    finish(owner.heap(), report);
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
    stress::Refusals own;
    stress::Setup setup = settings.setup;
    if (setup.refusals == nullptr) setup.refusals = &own;
    Report report;
    run_on_heap(settings, setup, &report);
    const char* broken = own.broken();
    if (report.wrong.empty() && broken != nullptr) {
        report.wrong = std::string("COLLECTOR-RETURNED: ") + broken;
    }
    return report;
}

}  // namespace collector
