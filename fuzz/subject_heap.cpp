// Subjects over morph_heap_*, and over morph_mem_* in RUNTIME mode, whichever build of them the
// table holds.
#include <algorithm>

#include "fuzz/heap_subject.h"
#include "fuzz/subjects.h"

namespace suite {
namespace {

class MorphHeapSubject : public HeapSubject {
 public:
    explicit MorphHeapSubject(const Api& api) : api_(api) {}
    ~MorphHeapSubject() override { MorphHeapSubject::close(); }

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        MorphHeapConfig config = {};
        config.settings = sized(heap_settings(configuration));
        config.enable_debug = configuration.debug;
        config.memory = limits;
        config.report = report;
        config.report_user = report_user;
        heap_ = api_.heap_create(&config);
        return heap_ != nullptr;
    }

    void close() override {
        api_.heap_destroy(heap_);
        heap_ = nullptr;
    }

    uint32_t register_layout(const MorphMemTypeInfo& info) override {
        return api_.heap_register_type(heap_, &info);
    }
    void* allocate_object(size_t size, size_t alignment, uint32_t type) override {
        if (alignment == MORPH_DEFAULT_ALIGNMENT) return api_.heap_alloc(heap_, size, type);
        return api_.heap_alloc_aligned(heap_, size, alignment, type);
    }
    void* resize(void* object, size_t, size_t new_size, uint32_t) override {
        return api_.heap_resize(heap_, object, new_size);
    }

    size_t size_of(const void* object) override { return api_.heap_object_size(heap_, object); }
    uint32_t type_of(const void* object) override { return morph_object_type(object); }
    uint8_t flags_of(const void* object) override { return morph_object_flags(object); }
    void set_flags(void* object, uint8_t flags) override { morph_object_set_flags(object, flags); }

    void store(void* object, void** slot, void* value) override {
        api_.heap_write(heap_, object, slot, value);
    }
    void copy(void* object, void** to, void* const* from, size_t count) override {
        api_.heap_copy(heap_, object, to, from, count);
    }
    void fill(void* object, void** to, size_t count, void* value) override {
        api_.heap_fill(heap_, object, to, count, value);
    }

    MorphCode push_root(void** cell) override { return api_.heap_push_root(heap_, cell); }
    MorphCode pop_roots(size_t count) override { return api_.heap_pop_roots(heap_, count); }
    MorphCode pop_root(void** cell) override { return api_.heap_pop_root(heap_, cell); }
    size_t root_depth() override { return api_.heap_root_depth(heap_); }
    MorphCode add_global(void** cell) override { return api_.heap_add_global_root(heap_, cell); }
    MorphCode remove_global(void** cell) override {
        return api_.heap_remove_global_root(heap_, cell);
    }

    void* weak_get(const void* weak) override { return api_.heap_weak_get(weak); }
    void weak_set(void* weak, void* target) override { api_.heap_weak_set(heap_, weak, target); }
    MorphCode set_finalizer(void* object, MorphFinalizer finalizer, void* user) override {
        return api_.heap_set_finalizer(heap_, object, finalizer, user);
    }

    MorphCode collect(bool major) override {
        return major ? api_.heap_collect_major(heap_) : api_.heap_collect_minor(heap_);
    }
    void force(const MorphForcedCollections& plan) override {
        api_.heap_force_collections(heap_, &plan);
    }
    MorphCode configure(const MorphHeapSettings& settings) override {
        const MorphHeapSettings its = sized(settings);
        return api_.heap_configure(heap_, &its);
    }

    MorphHeapStats stats() override { return api_.heap_stats(heap_); }
    MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats) override {
        return api_.heap_type_stats(heap_, type, stats);
    }
    size_t timeline(MorphTimelineSample* samples, size_t count) override {
        return api_.heap_timeline(heap_, samples, count);
    }
    std::optional<MorphAddressInfo> query(const void* address) override {
        return api_.heap_query(heap_, address);
    }
    void walk(MorphObjectVisitor visit, void* user) override { api_.heap_walk(heap_, visit, user); }
    void reset() override { api_.heap_reset(heap_); }
    MorphCode verify() override { return api_.heap_verify(heap_); }
    MorphError last_error() override {
        return heap_ != nullptr ? api_.heap_last_error(heap_) : api_.creation_error();
    }
    size_t chunk_bytes() const override { return api_.chunk_bytes(); }

 protected:
    // Small constants have a small nursery, when none is asked for.
    [[nodiscard]] MorphHeapSettings sized(MorphHeapSettings settings) const {
        const bool tiny = &api_ == &tiny_api();
        if (tiny && settings.nursery_bytes == 0) settings.nursery_bytes = MORPH_NURSERY_BYTES_MIN;
        return settings;
    }

    const Api& api_;
    MorphHeap* heap_ = nullptr;
};

// The same heap, through what mem.h has; or V1 in its place.
class RuntimeSubject final : public MorphHeapSubject {
 public:
    explicit RuntimeSubject(const Api& api, bool v1 = false) : MorphHeapSubject(api), v1_(v1) {}
    ~RuntimeSubject() override { RuntimeSubject::close(); }

    bool open(const Configuration& configuration, const MorphMemoryLimits& limits,
              MorphReportHandler report, void* report_user) override {
        MorphMemConfig config = {};
        config.mode = MORPH_MODE_RUNTIME;
        config.heap = sized(heap_settings(configuration));
        config.enable_v1 = v1_;
        if (v1_) config.v1.threshold = v1_threshold(configuration);
        config.enable_generational = !configuration.full_collections;
        config.enable_metrics = true;
        config.enable_debug = configuration.debug;
        config.memory = limits;
        config.report = report;
        config.report_user = report_user;
        context_ = api_.mem_init(&config);
        if (context_ != nullptr) heap_ = morph_mem_heap(context_);
        return context_ != nullptr;
    }

    void close() override {
        api_.mem_destroy(context_);
        context_ = nullptr;
        heap_ = nullptr;
    }

    uint32_t register_layout(const MorphMemTypeInfo& info) override {
        return api_.mem_register_type(context_, &info);
    }
    // The three ways to allocate, in turn: all give zeroed memory.
    void* allocate_object(size_t size, size_t alignment, uint32_t type) override {
        if (alignment != MORPH_DEFAULT_ALIGNMENT) {
            return api_.mem_alloc_with(context_, size, alignment, type, MORPH_PLACE_BY_SIZE);
        }
        return size % 16 == 0 ? api_.mem_alloc_zeroed(context_, size, type)
                              : api_.mem_alloc(context_, size, type);
    }
    void* resize(void* object, size_t old_size, size_t new_size, uint32_t type) override {
        return api_.mem_realloc(context_, object, old_size, new_size, type);
    }
    void store(void* object, void** slot, void* value) override {
        api_.mem_write(context_, object, slot, value);
    }
    MorphCode push_root(void** cell) override { return api_.mem_gc_push_root(context_, cell); }
    MorphCode pop_roots(size_t count) override { return api_.mem_gc_pop_roots(context_, count); }
    MorphCode collect(bool major) override {
        return major ? api_.mem_gc_collect(context_) : api_.mem_gc_collect_minor(context_);
    }
    MorphHeapStats stats() override {
        MorphMemStats stats = {};
        if (api_.mem_get_stats(context_, &stats) != MORPH_OK) return {};
        // The context's own figures, where it has them: they are the whole's.
        stats.heap.counts = stats.total;
        stats.heap.failures = stats.failures;
        stats.heap.types = stats.types;
        stats.heap.bytes_mapped = stats.bytes_mapped;
        stats.heap.bytes_mapped_peak = stats.bytes_mapped_peak;
        return stats.heap;
    }
    MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats) override {
        MorphMemTypeStats seen = {};
        const MorphCode code = api_.mem_get_type_stats(context_, type, &seen);
        if (code != MORPH_OK) return code;
        std::copy_n(seen.name, sizeof seen.name, stats->name);
        stats->layout = seen.layout;
        stats->counts = seen.counts;
        return code;
    }
    std::optional<MorphAddressInfo> query(const void* address) override {
        return api_.mem_query(context_, address);
    }
    void walk(MorphObjectVisitor visit, void* user) override {
        api_.mem_walk(context_, visit, user);
    }
    void reset() override { api_.mem_reset(context_); }
    MorphCode verify() override { return api_.mem_verify(context_); }
    MorphError last_error() override {
        return context_ != nullptr ? api_.mem_last_error(context_) : api_.creation_error();
    }

 private:
    const bool v1_;
    MorphMemContext* context_ = nullptr;
};

Abilities heap_abilities() {
    Abilities abilities;
    abilities.reallocate = true;
    abilities.aligned = true;
    abilities.reset = true;
    abilities.types = true;
    abilities.metrics = true;
    abilities.query = true;
    abilities.verify = true;
    abilities.debug = true;
    abilities.limits = true;
    abilities.precise = true;
    abilities.generations = true;
    abilities.guards = true;
    return abilities;
}

Abilities v1_abilities() {
    Abilities abilities = heap_abilities();
    abilities.generations = false;
    abilities.guards = false;
    abilities.baseline = true;
    return abilities;
}

}  // namespace

SubjectEntry heap_entry(const Api& api, std::string name, std::string description) {
    return {std::move(name), std::move(description), Kind::heap, heap_abilities(),
            [&api] { return std::make_unique<MorphHeapSubject>(api); }};
}

SubjectEntry runtime_entry(const Api& api, std::string name, std::string description) {
    return {std::move(name), std::move(description), Kind::heap, heap_abilities(),
            [&api] { return std::make_unique<RuntimeSubject>(api); }};
}

SubjectEntry v1_runtime_entry(const Api& api, std::string name, std::string description) {
    return {std::move(name), std::move(description), Kind::heap, v1_abilities(),
            [&api] { return std::make_unique<RuntimeSubject>(api, true); }};
}

}  // namespace suite
