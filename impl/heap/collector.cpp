#include "heap/collector.h"

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "heap/evacuator.h"
#include "heap/marker.h"
#include "heap/verifier.h"
#include "os/clock.h"

namespace morph {

uint64_t Collector::bytes_live() const {
    return parts_.types.total().bytes_live;
}

// The window's rest is given up: what lies behind the cursor counts as not zeroed from here on.
void Collector::begin() {
    parts_.head.limit = parts_.head.top;
    parts_.young.eden.top = parts_.head.top;
    MORPH_CHECK(parts_.young.takes(parts_.young_used()));  // YOUNG-USED
    uint64_t live = bytes_live();
    if (live > parts_.counts.bytes_live_peak) parts_.counts.bytes_live_peak = live;
}

// ------------------------------------------------------------------------------------ counting

// After an evacuation: of what was young, that was not copied is dead.
void Collector::count_dead_young() {
    for (uint32_t type = 0; type < parts_.types.count(); ++type) {
        HeapTypeRecord& record = parts_.types[type];
        const MorphHeapType& head = parts_.types.head_record(type);
        uint64_t objects = record.young_objects + (head.allocations - record.allocations_seen);
        uint64_t bytes = record.young_bytes + (head.bytes_allocated - record.bytes_seen);
        uint64_t copied = record.survived_objects + record.promoted_objects;
        MORPH_CHECK(copied <= objects);
        record.frees += objects - copied;
        record.bytes_freed += bytes - record.survived_bytes - record.promoted_bytes;
    }
}

// COLLECT-COUNTS: what survived is what is young now.
void Collector::count_survivors() {
    for (uint32_t type = 0; type < parts_.types.count(); ++type) {
        HeapTypeRecord& record = parts_.types[type];
        const MorphHeapType& head = parts_.types.head_record(type);
        parts_.counts.young_deaths += record.young_objects +
                                      (head.allocations - record.allocations_seen) -
                                      record.survived_objects - record.promoted_objects;
        parts_.counts.young_bytes_dead += record.young_bytes +
                                          (head.bytes_allocated - record.bytes_seen) -
                                          record.survived_bytes - record.promoted_bytes;
        parts_.counts.objects_survived += record.survived_objects;
        parts_.counts.objects_promoted += record.promoted_objects;
        parts_.counts.bytes_promoted += record.promoted_bytes;
        record.young_objects = record.survived_objects;
        record.young_bytes = record.survived_bytes;
        record.allocations_seen = head.allocations;
        record.bytes_seen = head.bytes_allocated;
    }
    parts_.types.clear_scratch();
}

// After marking: what is not marked is dead.
void Collector::count_dead() {
    for (uint32_t type = 0; type < parts_.types.count(); ++type) {
        HeapTypeRecord& record = parts_.types[type];
        const MorphHeapType& head = parts_.types.head_record(type);
        MORPH_CHECK(record.marked_objects <= head.allocations - record.frees);
        record.frees = head.allocations - record.marked_objects;
        record.bytes_freed = head.bytes_allocated - record.marked_bytes;
    }
}

// -------------------------------------------------------------------------------------- moving

// A fresh young generation of the size that the policy wants, if there is memory for it and if it
// surely takes what is used here: its reserve alone does, or it does as YOUNG-ROOM says, with
// objects as large as they may be here.
bool Collector::try_resize(Young* fresh, const Young::Sizes& wanted) {
    size_t used = parts_.young_used();
    size_t object_max = parts_.young.sizes().object_max;
    bool grows = wanted.nursery > parts_.young.sizes().nursery;
    if (grows && !parts_.bound_allows(wanted.nursery)) return false;
    bool takes = used <= wanted.nursery + wanted.object_max ||
                 used + object_max <= wanted.nursery + wanted.survivor;
    return takes && fresh->open(parts_.source, owner_, wanted.nursery, parts_.instrumented);
}

// A nursery that is to shrink is first used up to the smaller size only (HeapParts::use_eden), then
// almost emptied, so that the smaller one surely takes what is left.
void Collector::prepare_to_shrink(const Young::Sizes& wanted) {
    const Young::Sizes& sizes = parts_.young.sizes();
    if (wanted.nursery >= sizes.nursery) return;
    if (parts_.young_used() <= sizes.nursery + sizes.object_max) {
        parts_.young.cap_survivors(wanted.object_max);
    }
}

void Collector::evacuate() {
    Young fresh;
    Young::Sizes wanted = Young::sizes_of(parts_.policy.nursery_bytes());
    bool resize = wanted.nursery != parts_.young.sizes().nursery;
    if (resize && try_resize(&fresh, wanted)) {
        Evacuator evacuator(parts_, fresh);
        evacuator.run();
        bytes_copied_ = evacuator.bytes_copied();
        parts_.young.swap(fresh);
        fresh.close(parts_.source);
    } else {
        if (resize) prepare_to_shrink(wanted);
        Evacuator evacuator(parts_, parts_.young);
        evacuator.run();
        bytes_copied_ = evacuator.bytes_copied();
        parts_.young.turn(parts_.debug);
    }
    parts_.use_eden();
    if (parts_.debug) parts_.young.close_sources();
}

// ------------------------------------------------------------------------------------- marking

void Collector::settle_tables(Marker& marker) {
    Fate fate = {&parts_,
                 [](void* parts, void* object) -> void* {
                     return Marker::is_marked(*static_cast<HeapParts*>(parts), object) ? object
                                                                                       : nullptr;
                 },
                 [](void* parts, const void* address) {
                     return static_cast<HeapParts*>(parts)->young.contains(address);
                 }};
    parts_.weak.clear_targets(fate, true);
    parts_.finalizers.collect(fate, true);
    marker.mark_ready_finalizers();
    marker.trace();
    parts_.weak.drop_dead(fate, true);
    parts_.remembered.retain(
        [this](Header* header) { return parts_.old.is_marked(object_at(header)); });
}

void Collector::mark_whole_heap() {
    parts_.old.begin_marking();
    Marker marker(parts_);
    marker.mark_roots();
    marker.trace();
    settle_tables(marker);
    parts_.mark_stack.trim();
    parts_.old.end_marking();
    count_dead();
    parts_.types.clear_scratch();
}

// ---------------------------------------------------------------------------------- collections

void Collector::finish(bool major, uint64_t began_ns, uint64_t bytes_before) {
    uint64_t now = os::monotonic_ns();
    uint64_t pause = now - began_ns;
    (major ? parts_.major_pauses : parts_.minor_pauses).record(pause);
    // Near the bound the old space is cleaned first; if that is not enough, the nursery gives way.
    if (!parts_.bound_allows(parts_.policy.nursery_bytes())) {
        if (major) parts_.policy.relieve();
        parts_.want_major = !major && parts_.major_worthwhile();
    }
    if (major) {
        parts_.policy.after_major(parts_.old.bytes_used());
        parts_.remembered.trim();
    } else {
        parts_.policy.after_minor(pause, bytes_copied_);
    }
    MorphTimelineSample sample = {};
    sample.at_ns = now - parts_.born_ns;
    sample.pause_ns = pause;
    sample.bytes_live_before = bytes_before;
    sample.bytes_live_after = bytes_live();
    sample.bytes_mapped = parts_.source.bytes_mapped();
    sample.major = major;
    parts_.timeline.record(sample);
}

void Collector::minor() {
    uint64_t began = os::monotonic_ns();
    uint64_t refused_before = parts_.counts.promotions_refused;
    begin();
    uint64_t before = bytes_live();
    evacuate();
    count_dead_young();
    count_survivors();
    finish(false, began, before);
    if (parts_.counts.promotions_refused != refused_before) {
        parts_.want_major = true;
        parts_.policy.relieve();
    }
}

void Collector::major() {
    uint64_t began = os::monotonic_ns();
    begin();
    uint64_t before = bytes_live();
    mark_whole_heap();
    evacuate();
    count_survivors();
    finish(true, began, before);
    parts_.want_major = false;
    if (parts_.debug && Verifier(parts_).mark_again() != parts_.types.total().objects_live) {
        parts_.marks_disagree = true;
    }
}

}  // namespace morph
