#include "context/runtime.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "chunk/check.h"
#include "context/format.h"
#include "heap/heap.h"
#include "v1/v1.h"

namespace morph {
namespace {

// What was counted goes; what there is now stays.
MorphHeapStats without_counts(MorphHeapStats stats) {
    stats.counts = stats.young = {};
    stats.bytes_live_peak = 0;
    stats.minor = stats.major = {};
    stats.objects_promoted = stats.bytes_promoted = stats.objects_promoted_early = 0;
    stats.objects_survived = stats.objects_pretenured = stats.collections_forced = 0;
    stats.logged = stats.remembered_overflows = stats.mark_overflows = 0;
    stats.promotions_refused = stats.weak_cleared = stats.finalizers_run = stats.failures = 0;
    return stats;
}

}  // namespace

RuntimeContext::RuntimeContext(const MorphMemConfig& config, const Environment& environment,
                               size_t home_bytes)
    : MorphMemContext{},
      reporter_{config.report, config.report_user},
      limits_(config.memory),
      home_bytes_(home_bytes),
      metrics_(config.enable_metrics),
      debug_(environment.debug_given ? environment.debug : config.enable_debug),
      reports_leaks_(config.report_leaks) {
    keep_stats_path(environment, stats_path_);
}

RuntimeContext* RuntimeContext::create(const MorphMemConfig& config, const Environment& environment,
                                       ErrorState& errors) {
    return create_as<RuntimeContext>(config, environment, errors);
}

MorphHeap* RuntimeContext::make_v1(const MorphMemConfig& config, const MorphMemoryLimits& memory,
                                   ErrorState& errors) const {
    V1Config inner = {};
    inner.settings = config.v1;
    inner.debug = debug_;
    inner.retains_all = config.mode == MORPH_MODE_COMPILER;
    inner.report_leaks = config.report_leaks && !inner.retains_all;  // else BaselineContext's
    inner.memory = memory;
    inner.report = config.report;
    inner.report_user = config.report_user;
    return reinterpret_cast<MorphHeap*>(V1::create(inner, errors));
}

MorphCode RuntimeContext::open_heap(const MorphMemConfig& config, ErrorState& errors) {
    MorphHeapConfig inner = {};
    inner.settings = effective_heap_settings(config);
    inner.enable_debug = debug_;
    inner.report_leaks = config.report_leaks;
    inner.memory = limits_;
    if (limits_.bytes_max != 0) {
        MORPH_CHECK(limits_.bytes_max > home_bytes_);
        inner.memory.bytes_max = limits_.bytes_max - home_bytes_;
    }
    inner.report = config.report;
    inner.report_user = config.report_user;
    heap_is_private = config.mode == MORPH_MODE_COMPILER;
    if (config.enable_v1) {
        heap = make_v1(config, inner.memory, errors);
    } else {
        heap = morph_heap_create(&inner);
        if (heap == nullptr) errors.last = morph_creation_error();
    }
    if (heap == nullptr) return errors.last.code;
    reporter_ = heap->is_v1 ? v1_of(heap)->reporter() : heap_of(heap)->reporter();
    return MORPH_OK;
}

// The heap first, then the home: every byte goes back.
void RuntimeContext::dismantle(RuntimeContext* context) {
    MorphMemoryLimits limits = context->limits_;
    size_t home_bytes = context->home_bytes_;
    morph_heap_destroy(context->heap);
    context->~RuntimeContext();
    return_context_home(limits, context, home_bytes);
}

// Statistics show the heap as the program left it: its own last collection, which leaks are sought
// with, comes after them.
MorphCode RuntimeContext::destroy(RuntimeContext* context) {
    MorphCode code = MORPH_OK;
    if (context->stats_path_[0] != '\0') code = dump_stats(context, context->stats_path_);
    dismantle(context);
    return code;
}

MorphCode RuntimeContext::check_placement(MorphMemPlacement placement, bool matters) {
    unsigned number = raw_number(placement);
    if (number <= MORPH_PLACE_ARENA || !matters) return MORPH_OK;
    return fail(MORPH_ERROR_INVALID_ARGUMENT, "placement: %u is no MorphMemPlacement", number);
}

void* RuntimeContext::allocate_with(size_t size, size_t alignment, uint32_t type,
                                    MorphMemPlacement placement, bool /*zeroed: always*/) {
    if (check_placement(placement, type < types()) != MORPH_OK) return nullptr;
    return morph_heap_alloc_aligned(heap, size, alignment, type);
}

MorphCode RuntimeContext::free(const void* object) {
    return in_turn(reporter_, this, "morph_mem_free", [=, this] {
        if (object == nullptr) return MORPH_OK;
        return fail(
            MORPH_ERROR_UNSUPPORTED,
            "morph_mem_free: in RUNTIME mode the collector frees; drop the references to %p",
            object);
    });
}

MorphCode RuntimeContext::refuse_old_size(const void* object, size_t old_size, size_t own_size,
                                          uint32_t type) {
    if (debug_) {
        reporter_.report(MORPH_REPORT_WRONG_SIZE, object, own_size, type,
                         "context: realloc of %p with old size %zu; it has %zu (type %u)", object,
                         old_size, own_size, type);
    }
    return fail(MORPH_ERROR_WRONG_SIZE, "old_size: %zu given for %p, which has %zu", old_size,
                object, own_size);
}

MorphCode RuntimeContext::check_object(const void* object, size_t old_size, uint32_t type) {
    uint32_t own_type = morph_object_type(object);
    if (type != own_type) {
        return fail(MORPH_ERROR_INVALID_ARGUMENT, "type_id: %p is of type %u, not %u", object,
                    own_type, type);
    }
    size_t own_size = morph_heap_object_size(heap, object);
    return old_size == own_size ? MORPH_OK : refuse_old_size(object, old_size, own_size, type);
}

MorphCode RuntimeContext::check_new_size(size_t new_size, uint32_t type) {
    if (type >= types()) {
        return fail(MORPH_ERROR_UNKNOWN_TYPE, "type %u is not registered; ids from 0 to %u are",
                    type, types() - 1);
    }
    if (new_size <= MORPH_MAX_REQUEST) return MORPH_OK;
    return fail(MORPH_ERROR_TOO_LARGE, "size: %zu exceeds the largest request, %zu", new_size,
                MORPH_MAX_REQUEST);
}

// Which error comes first when several things are wrong: as in COMPILER mode.
void* RuntimeContext::reallocate(void* object, size_t old_size, size_t new_size, uint32_t type) {
    if (object == nullptr) return allocate(new_size, type);
    if (check_new_size(new_size, type) != MORPH_OK) return nullptr;
    if (check_object(object, old_size, type) != MORPH_OK) return nullptr;
    return morph_heap_resize(heap, object, new_size);
}

void RuntimeContext::reset() {
    resets_ += 1;
    morph_heap_reset(heap);
}

uint32_t RuntimeContext::register_type(const MorphMemTypeInfo& info) {
    if (check_placement(info.placement, types() < MORPH_MAX_TYPES) != MORPH_OK) {
        return MORPH_TYPE_INVALID;
    }
    return morph_heap_register_type(heap, &info);
}

uint32_t RuntimeContext::types() const {
    return heap->is_v1 ? v1_of(heap)->types() : heap_of(heap)->types();
}

MorphCode RuntimeContext::verify() {
    MorphCode code = morph_heap_verify(heap);
    if (code != MORPH_OK) return code;
    MorphHeapStats figures = morph_heap_stats(heap);
    size_t bound = limits_.bytes_max;
    if (bound != 0 && figures.bytes_mapped > bound - home_bytes_) {
        return fail(MORPH_ERROR_CORRUPTION, "RUNTIME-BOUND is broken");
    }
    return MORPH_OK;
}

MorphMemStats RuntimeContext::stats() const {
    MorphHeapStats figures = morph_heap_stats(heap);
    MorphMemStats stats = {};
    stats.mode = heap_is_private ? MORPH_MODE_COMPILER : MORPH_MODE_RUNTIME;
    stats.v1 = heap->is_v1;
    stats.metrics = metrics_;
    stats.heap = metrics_ ? figures : without_counts(figures);
    stats.total = stats.heap.counts;
    stats.bytes_live_peak = stats.heap.bytes_live_peak;
    if (metrics_) {
        stats.resets = resets_;
        stats.failures = failures_ + figures.failures;
    }
    stats.types = figures.types;
    stats.bytes_mapped = figures.bytes_mapped + home_bytes_;
    stats.bytes_mapped_peak = figures.bytes_mapped_peak + home_bytes_;
    stats.metadata_bytes_mapped = figures.metadata_bytes_mapped + home_bytes_;
    return stats;
}

MorphMemTypeStats RuntimeContext::type_stats(uint32_t type) const {
    MorphHeapTypeStats figures;
    MorphCode code = morph_heap_type_stats(heap, type, &figures);
    MORPH_CHECK(code == MORPH_OK);
    MorphMemTypeStats stats = {};
    static_assert(sizeof(stats.name) == sizeof(figures.name));
    memcpy(stats.name, figures.name, sizeof(stats.name));
    stats.layout = figures.layout;
    if (metrics_) stats.counts = figures.counts;
    return stats;
}

size_t RuntimeContext::timeline(MorphTimelineSample* samples, size_t count) const {
    return metrics_ ? morph_heap_timeline(heap, samples, count) : 0;
}

MorphCode RuntimeContext::fail(MorphCode code, const char* format, ...) {
    char text[sizeof(MorphError::text)];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    failures_ += 1;
    heap_failures_ = morph_heap_stats(heap).failures;
    return errors_.fail(code, "%s", length < 0 ? "" : text);
}

MorphError RuntimeContext::last_error() const {
    bool own = failures_ != 0 && morph_heap_stats(heap).failures == heap_failures_;
    return own ? errors_.last : morph_heap_last_error(heap);
}

}  // namespace morph
