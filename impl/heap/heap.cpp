// Birth and death of a heap, reset, settings, collections as calls.
#include "heap/heap.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "heap/collector.h"
#include "heap/ledger.h"
#include "heap/verifier.h"
#include "os/clock.h"

namespace morph {

HeapParts::HeapParts(const MorphHeapConfig& config, void* owner, size_t home_bytes, bool debug_mode)
    : source(config.memory, home_bytes),
      reporter{config.report, config.report_user, debug_mode ? &use : nullptr},
      bytes_max(config.memory.bytes_max),
      debug(debug_mode),
      instrumented(marks_active()),
      trailer(debug_mode ? kTrailerBytes : 0),
      types(source, errors, debug_mode ? head_apart : head),
      old(source, owner, instrumented, debug_mode),
      remembered(source),
      roots(source, errors, debug_mode ? head_apart : head),
      weak(source, errors),
      finalizers(source, errors),
      mark_stack(source),
      born_ns(os::monotonic_ns()) {
    // Debug mode's ledger wants to see every store.
    if (debug) head.young_bytes = SIZE_MAX;
}

void HeapParts::use_eden() {
    head.top = head.limit = young.eden.top;
    // A nursery that is to shrink, but could not yet, is not used beyond its size to be.
    size_t wanted = Young::sizes_of(policy.nursery_bytes()).nursery;
    size_t nursery = young.sizes().nursery;
    eden_limit = young.eden.begin + (wanted < nursery ? wanted : nursery);
    if (!debug) {
        head.young_begin = young.begin();
        head.young_bytes = young.bytes();
    }
    set_inline_max();
}

// Free chunks of the old space count as free: they are returned when memory is refused.
bool HeapParts::bound_allows(size_t nursery_bytes) const {
    if (bytes_max == 0) return true;
    size_t others = source.bytes_of_metadata() + old.bytes_used() + old.bytes_used() / 8;
    size_t wanted = Young::sizes_of(nursery_bytes).mapping;
    size_t smaller = Young::sizes_of(policy.settings().nursery_bytes).mapping;
    return others + wanted + smaller + 2 * kChunkBytes <= bytes_max;
}

bool HeapParts::major_due(size_t more) const {
    size_t others = young.sizes().mapping + source.bytes_of_metadata() + 2 * kChunkBytes;
    size_t ceiling = bytes_max == 0 ? SIZE_MAX : bytes_max > others ? bytes_max - others : 0;
    return policy.major_due(old.bytes_used() + more, ceiling);
}

void HeapParts::set_inline_max() {
    bool pinned = debug || instrumented || policy.forcing();
    size_t most = pinned ? 0 : young.sizes().object_max - kHeaderBytes;
    if (pinned) head.limit = head.top;
    if (most != types.inline_max()) types.set_inline_max(most);
}

Heap::Heap(const MorphHeapConfig& config, bool debug, size_t home_bytes)
    : parts_(config, this, home_bytes, debug),
      limits_(config.memory),
      home_bytes_(home_bytes),
      report_leaks_(config.report_leaks) {
    MORPH_CHECK(static_cast<void*>(&parts_.head) == static_cast<void*>(this));
}

Heap::~Heap() {
    parts_.young.close(parts_.source);
}

MorphCode Heap::open() {
    if (parts_.types.open() != MORPH_OK) return parts_.errors.last.code;
    size_t nursery = parts_.policy.nursery_bytes();
    bool opened = parts_.roots.open() && parts_.mark_stack.open() && parts_.remembered.open() &&
                  parts_.young.open(parts_.source, this, nursery, parts_.instrumented);
    if (!opened) {
        return parts_.source.explain_refusal(parts_.errors, "heap",
                                             Young::sizes_of(nursery).mapping);
    }
    parts_.old.set_large_bytes(parts_.policy.settings().large_bytes);
    parts_.use_eden();
    return MORPH_OK;
}

Heap* Heap::create(const MorphHeapConfig& config, ErrorState& errors) {
    MorphHeapSettings settings = {};
    if (Policy::complete(config.settings, &settings, errors) != MORPH_OK) return nullptr;
    size_t least = morph_heap_bytes_min(&settings);
    if (config.memory.bytes_max != 0 && config.memory.bytes_max < least) {
        errors.fail(MORPH_ERROR_INVALID_CONFIGURATION,
                    "memory.bytes_max: %zu is less than a heap with this nursery needs (%zu)",
                    config.memory.bytes_max, least);
        return nullptr;
    }
    Refusal refusal = Refusal::none;
    void* home = Source::map_home(config.memory, sizeof(Heap), &refusal);
    if (home == nullptr) {
        errors.fail(MORPH_ERROR_OUT_OF_MEMORY, "heap: its first %zu bytes were refused by %s",
                    sizeof(Heap), refusal == Refusal::hook ? "the request hook" : "the system");
        return nullptr;
    }
    auto* heap = new (home) Heap(config, config.enable_debug, sizeof(Heap));
    heap->parts_.policy.set(settings);
    if (heap->open() != MORPH_OK) {
        errors = heap->parts_.errors;
        dismantle(heap);
        return nullptr;
    }
    return heap;
}

// Every byte goes back. The limits are read after the heap is gone: a copy serves.
void Heap::dismantle(Heap* heap) {
    MorphMemoryLimits limits = heap->limits_;
    size_t home_bytes = heap->home_bytes_;
    heap->~Heap();
    Source::return_home(limits, heap, home_bytes);
}

void Heap::destroy(Heap* heap) {
    if (heap == nullptr) return;
    MORPH_CHECK(!heap->collecting_);
    if (heap->report_leaks_) heap->report_leaks();
    dismantle(heap);
}

// What roots still reach: one report for each type, with the first object found.
void Heap::report_leaks() {
    if (!collect(true)) return;  // what is reached is not known
    for (uint32_t type = 0; type < parts_.types.count(); ++type) {
        MorphMemCounts counts = parts_.types.counts(type);
        if (counts.objects_live == 0) continue;
        struct Search {
            uint32_t type;
            const void* first;
            size_t size;
        } search = {type, nullptr, 0};
        walk(
            [](void* user, void* object, size_t size, uint32_t found) {
                auto* looking = static_cast<Search*>(user);
                if (found != looking->type) return true;
                looking->first = object;
                looking->size = size;
                return false;
            },
            &search);
        parts_.reporter.report(
            MORPH_REPORT_LEAK, search.first, search.size, type,
            "heap: %llu object%s of type %u \"%s\" (%llu bytes) still reached by "
            "roots at destroy, the first at %p",
            static_cast<unsigned long long>(counts.objects_live),
            counts.objects_live == 1 ? "" : "s", type, parts_.types[type].name,
            static_cast<unsigned long long>(counts.bytes_live), search.first);
    }
}

void Heap::reset() {
    if (busy()) return;
    parts_.young.empty();
    parts_.old.reset();
    parts_.remembered.clear();
    parts_.roots.reset();
    parts_.weak.reset();
    parts_.finalizers.reset();
    parts_.types.free_all();
    for (uint32_t type = 0; type < parts_.types.count(); ++type) {
        HeapTypeRecord& record = parts_.types[type];
        record.young_objects = record.young_bytes = 0;
        record.allocations_seen = parts_.types.head_record(type).allocations;
        record.bytes_seen = parts_.types.head_record(type).bytes_allocated;
    }
    parts_.policy.after_major(0);
    parts_.use_eden();
}

MorphCode Heap::configure(const MorphHeapSettings& given) {
    if (busy()) return refuse_busy("morph_heap_configure");
    MorphHeapSettings settings = {};
    if (Policy::complete(given, &settings, parts_.errors) != MORPH_OK) return count_failure();
    parts_.policy.set(settings);
    parts_.old.set_large_bytes(settings.large_bytes);
    return MORPH_OK;
}

MorphCode Heap::force(const MorphForcedCollections& plan) {
    if (busy()) return refuse_busy("morph_heap_force_collections");
    parts_.policy.force(plan);
    parts_.set_inline_max();
    return MORPH_OK;
}

bool Heap::collect(bool major) {
    MORPH_CHECK(!collecting_);
    // Before anything else: the handler of its reports may longjmp.
    if (parts_.debug) Ledger(parts_).check_all();
    if (!parts_.young.open_targets()) return false;
    collecting_ = true;
    Collector collector(parts_, this);
    if (major || parts_.policy.settings().full_collections) {
        collector.major();
    } else {
        collector.minor();
    }
    collecting_ = false;
    return true;
}

// Finalizers may allocate, hence collect, hence make others ready: those run here as well, but not
// inside each other.
void Heap::run_finalizers() {
    if (finalizing_) return;
    finalizing_ = true;
    FinalizerTable::Entry entry = {};
    while (parts_.finalizers.pop_ready(&entry)) {
        parts_.counts.finalizers_run += 1;
        entry.finalizer(&parts_.head, entry.object, entry.user);
    }
    finalizing_ = false;
}

MorphCode Heap::collect_minor() {
    if (busy()) return refuse_busy("morph_heap_collect_minor");
    if (!collect(false)) return refuse_access();
    run_finalizers();
    return MORPH_OK;
}

MorphCode Heap::collect_major() {
    if (busy()) return refuse_busy("morph_heap_collect_major");
    if (!collect(true)) return refuse_access();
    run_finalizers();
    return MORPH_OK;
}

MorphCode Heap::fail(MorphCode code, const char* format, ...) {
    char text[sizeof(MorphError::text)];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    parts_.counts.failures += 1;
    return parts_.errors.fail(code, "%s", length < 0 ? "" : text);
}

MorphCode Heap::refuse_busy(const char* call) {
    return fail(MORPH_ERROR_UNSUPPORTED, "%s: called from inside a collection (a custom visitor)",
                call);
}

MorphCode Heap::refuse_access() {
    return fail(MORPH_ERROR_OUT_OF_MEMORY,
                "heap: no collection: the system refuses access to the space that debug mode had "
                "closed (a limit of the process's data?)");
}

MorphCode Heap::verify() {
    if (busy()) return refuse_busy("morph_heap_verify");
    collecting_ = true;
    MorphCode code = Verifier(parts_).run();
    collecting_ = false;
    return code == MORPH_OK ? code : count_failure();
}

uint32_t Heap::register_type(const MorphMemTypeInfo& info) {
    if (busy()) {
        refuse_busy("morph_heap_register_type");
        return MORPH_TYPE_INVALID;
    }
    uint32_t type = parts_.types.add(info);
    if (type == MORPH_TYPE_INVALID) count_failure();
    return type;
}

}  // namespace morph
