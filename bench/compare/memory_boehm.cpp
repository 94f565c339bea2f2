// compare-boehm: Boehm's conservative collector, as a program that knows nothing of its objects but
// whether they hold references: GC_MALLOC, and GC_MALLOC_ATOMIC for types with layout DATA.
//
// Stack and registers are scanned. It has its default settings: no incremental mode, one thread,
// the heap grown as it sees fit. It has no way to free everything at once: a reset forgets what the
// workload kept, and collects.
#include <cstdlib>
#include <ctime>
#include <gc/gc.h>

#include "bench/compare/peer.h"
#include "bench/compare/system.h"

#include "morph/mem.h"

namespace {

constexpr std::string_view kNames[] = {"boehm"};

// The collector is one for the process, and calls its listener without an argument.
constinit compare::Sample* listener = nullptr;
constinit uint64_t pause_begin = 0;

uint64_t now() {
    timespec time = {};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<uint64_t>(time.tv_sec) * 1000000000u + static_cast<uint64_t>(time.tv_nsec);
}

void GC_CALLBACK on_event(GC_EventType event) {
    if (event == GC_EVENT_START) pause_begin = now();
    if (event != GC_EVENT_END) return;
    const uint64_t pause = now() - pause_begin;
    listener->add_pause(pause);
    if (!listener->longest_pause.has_value() || *listener->longest_pause < pause) {
        listener->longest_pause = pause;
    }
}

compare::Peer* of(MorphMemContext* context) {
    return static_cast<compare::Peer*>(context);
}

constinit GC_word collections_before = 0;

}  // namespace

namespace compare {

std::span<const std::string_view> system_names() {
    return kNames;
}

std::string why_not(std::string_view) {
    return "";
}

MorphMemContext* open_system(const SystemSettings&, Sample* sample) {
    GC_INIT();
    GC_set_warn_proc(GC_ignore_warn_proc);  // a refusal is told by NULL, which is enough
    listener = sample;
    collections_before = GC_get_gc_no();
    GC_set_on_collection_event(on_event);
    return new Peer();
}

bool needs_references(MorphMemContext*) {
    return true;
}

std::optional<uint64_t> asked_now(MorphMemContext* context) {
    return context == nullptr ? 0 : GC_get_heap_size();
}

// It seldom gives memory back: what it holds now is the most it had.
std::optional<uint64_t> asked_peak(MorphMemContext* context) {
    return asked_now(context);
}

uint64_t layer_resident(MorphMemContext*) {
    return 0;
}

void tell_collections(MorphMemContext*, Sample* sample) {
    GC_set_on_collection_event(nullptr);  // what comes now is no longer the work's
    sample->collections = GC_get_gc_no() - collections_before;
}

}  // namespace compare

extern "C" {

void* morph_mem_alloc(MorphMemContext* context, size_t size, uint32_t type) {
    return of(context)->has_references(type) ? GC_MALLOC(size) : GC_MALLOC_ATOMIC(size);
}

void* morph_mem_realloc(MorphMemContext* context, void* object, size_t, size_t new_size,
                        uint32_t type) {
    // GC_REALLOC with NULL is GC_MALLOC.
    if (object == nullptr) return morph_mem_alloc(context, new_size, type);
    return GC_REALLOC(object, new_size);
}

MorphCode morph_mem_free(MorphMemContext*, void* object) {
    GC_FREE(object);
    return MORPH_OK;
}

void morph_mem_reset(MorphMemContext*) {
    GC_gcollect();
}

MorphCode morph_mem_destroy(MorphMemContext* context) {
    delete of(context);
    return MORPH_OK;
}

// Under AddressSanitizer locals must be where the collector looks for them.
const char* __asan_default_options(void) {
    return "detect_stack_use_after_return=0";
}

}  // extern "C"
