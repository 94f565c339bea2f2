// Birth and death of a V1, reset, settings, collections as calls.
#include "v1/v1.h"

#include <cstdarg>
#include <cstdio>
#include <new>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "heap/policy.h"
#include "os/clock.h"
#include "v1/collector.h"
#include "v1/verifier.h"

namespace morph {
namespace v1 {
namespace {

MorphV1Settings completed(const MorphV1Settings& given) {
    MorphV1Settings settings = given;
    if (settings.threshold == 0) settings.threshold = kThreshold;
    if (settings.swap_after_ms == 0) settings.swap_after_ms = kSwapAfterMs;
    settings.death_log = settings.swap_directory =
        nullptr;  // the user's; who needs them has a copy
    return settings;
}

}  // namespace

Parts::Parts(const V1Config& config, size_t home_bytes)
    : source(config.memory, home_bytes),
      reporter{config.report, config.report_user, config.debug ? &use : nullptr},
      settings(completed(config.settings)),
      debug(config.debug),
      instrumented(marks_active()),
      retains_all(config.retains_all),
      types(source, errors, config.debug ? head_apart : head),
      pages(source, instrumented),
      roots(source),
      global_roots(source),
      mark_blocks(source),
      weak(source, errors),
      finalizers(source, errors),
      step(settings.threshold),
      threshold(settings.threshold),
      born_ns(os::monotonic_ns()) {
    head.is_v1 = true;
}

void Parts::bury(Object* object) {
    note_peak();
    HeapTypeRecord& record = types[object->type_id()];
    record.frees += 1;
    record.bytes_freed += object->size;
    MORPH_CHECK(object->size <= live_bytes);
    live_bytes -= object->size;
    slot_bytes -= v1::slot_bytes(object->size);
    if (instrumented) mark_no_access(object->payload(), object->size);
    free_list.put(object);
}

}  // namespace v1

V1::V1(const V1Config& config, size_t home_bytes)
    : parts_(config, home_bytes),
      limits_(config.memory),
      home_bytes_(home_bytes),
      report_leaks_(config.report_leaks) {
    MORPH_CHECK(static_cast<void*>(&parts_.head) == static_cast<void*>(this));
}

MorphCode V1::open(const MorphV1Settings& settings) {
    if (parts_.types.open() != MORPH_OK) return parts_.errors.last.code;
    if (!parts_.mark_blocks.open()) {
        return parts_.source.explain_refusal(parts_.errors, "V1's mark stack",
                                             v1::MarkBlocks::kEntries * sizeof(void*));
    }
    MorphCode code = parts_.death_log.open(settings.death_log, parts_.errors);
    if (code == MORPH_OK) {
        code = parts_.swap.open(settings.swap_directory, parts_.source, parts_.errors);
    }
    if (code == MORPH_OK) code = parts_.daemon.start(settings, parts_.errors);
    return code;
}

V1* V1::create(const V1Config& config, ErrorState& errors) {
    Refusal refusal = Refusal::none;
    void* home = Source::map_home(config.memory, sizeof(V1), &refusal);
    if (home == nullptr) {
        errors.fail(MORPH_ERROR_OUT_OF_MEMORY, "V1: its first %zu bytes were refused by %s",
                    sizeof(V1),
                    refusal == Refusal::hook    ? "the request hook"
                    : refusal == Refusal::bound ? "bytes_max"
                                                : "the system");
        return nullptr;
    }
    auto* fresh = new (home) V1(config, sizeof(V1));
    if (fresh->open(config.settings) != MORPH_OK) {
        errors = fresh->parts_.errors;
        dismantle(fresh);
        return nullptr;
    }
    return fresh;
}

// Every byte goes back. The limits are read after the heap is gone: a copy serves.
void V1::dismantle(V1* v1) {
    MorphMemoryLimits limits = v1->limits_;
    size_t home_bytes = v1->home_bytes_;
    v1->parts_.daemon.stop();
    v1->~V1();
    Source::return_home(limits, v1, home_bytes);
}

void V1::destroy(V1* v1) {
    if (v1 == nullptr) return;
    MORPH_CHECK(!v1->collecting_);
    if (v1->report_leaks_) v1->report_leaks();
    dismantle(v1);
}

// One report for each type of which objects are left, with the first one found: what roots still
// reach, or, where nothing is collected, what was not freed.
void V1::report_leaks() {
    if (!parts_.retains_all) collect();
    for (uint32_t type = 0; type < parts_.types.count(); ++type) {
        MorphMemCounts counts = parts_.types.counts(type);
        if (counts.objects_live == 0) continue;
        const v1::Object* first = parts_.objects;
        while (first->is_free() || first->type != type) first = first->next;
        parts_.reporter.report(
            MORPH_REPORT_LEAK, first->payload(), first->size, type,
            "%s: %llu object%s of type %u \"%s\" (%llu bytes) still %s at destroy, the first at %p",
            parts_.retains_all ? "context" : "heap",
            static_cast<unsigned long long>(counts.objects_live),
            counts.objects_live == 1 ? "" : "s", type, parts_.types[type].name,
            static_cast<unsigned long long>(counts.bytes_live),
            parts_.retains_all ? "live" : "reached by roots", first->payload());
    }
}

void V1::reset() {
    if (collecting_) return;
    os::Lock lock(parts_.mutex);
    parts_.note_peak();
    for (v1::Page* page = parts_.pages.first(); page != nullptr; page = page->next) {
        parts_.swap.forget(page->swap_id);
    }
    parts_.free_list.clear();
    parts_.pages.release_all();
    parts_.objects = nullptr;
    parts_.listed = 0;
    parts_.live_bytes = parts_.slot_bytes = 0;
    parts_.roots.pop(parts_.roots.count());
    parts_.global_roots.pop(parts_.global_roots.count());
    parts_.weak.reset();
    parts_.finalizers.reset();
    parts_.types.free_all();
    parts_.threshold = parts_.step;
}

MorphCode V1::configure(const MorphHeapSettings& given) {
    if (collecting_) return refuse_busy("morph_heap_configure");
    MorphHeapSettings ignored = {};
    if (Policy::complete(given, &ignored, parts_.errors) != MORPH_OK) return count_failure();
    size_t wanted = given.major_threshold;
    parts_.step = parts_.threshold = wanted != 0 ? wanted : parts_.settings.threshold;
    return MORPH_OK;
}

// ---------------------------------------------------------------------------------- collections

MorphCode V1::force(const MorphForcedCollections& plan) {
    if (collecting_) return refuse_busy("morph_heap_force_collections");
    forced_ = plan;
    until_forced_ = plan.first;
    return MORPH_OK;
}

// Told of each allocation: whether a forced collection comes before it.
bool V1::tick() {
    if (until_forced_ == 0) return false;
    until_forced_ -= 1;
    if (until_forced_ != 0) return false;
    until_forced_ = forced_.every;
    return true;
}

void V1::collect() {
    MORPH_CHECK(!collecting_);
    collecting_ = true;
    {
        os::Lock lock(parts_.mutex);
        v1::Collector(parts_).run();
    }
    collecting_ = false;
}

// Finalizers may allocate, hence collect, hence make others ready: those run here as well, but not
// inside each other.
void V1::run_finalizers() {
    if (finalizing_) return;
    finalizing_ = true;
    FinalizerTable::Entry entry = {};
    while (parts_.finalizers.pop_ready(&entry)) {
        parts_.counts.finalizers_run += 1;
        entry.finalizer(&parts_.head, entry.object, entry.user);
    }
    finalizing_ = false;
}

MorphCode V1::collect_when_asked(const char* call) {
    if (collecting_) return refuse_busy(call);
    collect();
    run_finalizers();
    return MORPH_OK;
}

MorphCode V1::collect_minor() {
    return collect_when_asked("morph_heap_collect_minor");
}

MorphCode V1::collect_major() {
    return collect_when_asked("morph_heap_collect_major");
}

// -------------------------------------------------------------------------------------- errors

MorphCode V1::fail(MorphCode code, const char* format, ...) {
    char text[sizeof(MorphError::text)];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    parts_.counts.failures += 1;
    return parts_.errors.fail(code, "%s", length < 0 ? "" : text);
}

MorphCode V1::refuse_busy(const char* call) {
    return fail(MORPH_ERROR_UNSUPPORTED, "%s: called from inside a collection (a custom visitor)",
                call);
}

MorphCode V1::verify() {
    if (collecting_) return refuse_busy("morph_heap_verify");
    collecting_ = true;
    MorphCode code = v1::Verifier(parts_).run();
    collecting_ = false;
    return code == MORPH_OK ? code : count_failure();
}

uint32_t V1::register_type(const MorphMemTypeInfo& info) {
    if (collecting_) {
        refuse_busy("morph_heap_register_type");
        return MORPH_TYPE_INVALID;
    }
    MorphMemTypeInfo known = info;
    if (parts_.retains_all) {
        known = {};
        known.name = info.name;
        known.placement = info.placement;
    }
    uint32_t type = parts_.types.add(known);
    if (type == MORPH_TYPE_INVALID) count_failure();
    return type;
}

}  // namespace morph
