#include "v1/collector.h"

#include "chunk/check.h"
#include "heap/fate.h"
#include "heap/trace.h"
#include "os/clock.h"

namespace morph::v1 {

// ------------------------------------------------------------------------------------- marking

void Collector::mark(Object* object) {
    if (object->is_marked()) return;
    object->flags |= kMarkedFlag;
    object->page->live_bytes += object->size + kObjectBytes;
    if (!parts_.mark_blocks.push(object)) overflowed_ = true;
}

void Collector::scan(Object* object) {
    const TypeLayout& layout = parts_.layout_of(object);
    if (!layout.has_references()) return;
    each_slot(object->payload(), object->size, layout, [this](void** slot) {
        if (*slot != nullptr) mark(object_of(*slot));
    });
}

void Collector::drain() {
    while (!parts_.mark_blocks.empty()) scan(parts_.mark_blocks.pop());
}

void Collector::trace() {
    drain();
    while (overflowed_) {
        overflowed_ = false;
        parts_.counts.mark_overflows += 1;
        for (Object* object = parts_.objects; object != nullptr; object = object->next) {
            if (!object->is_marked()) continue;
            scan(object);
            drain();
        }
    }
    MORPH_CHECK(parts_.mark_blocks.empty());
}

// COMPILER mode. No tracing: what an object refers to was given back, or is marked by itself.
void Collector::mark_all() {
    for (Object* object = parts_.objects; object != nullptr; object = object->next) {
        if (object->is_free()) continue;
        object->flags |= kMarkedFlag;
        object->page->live_bytes += object->size + kObjectBytes;
    }
}

void Collector::mark_from_roots() {
    auto mark_root = [this](void** slot) {
        // (defect: the first system marked whatever a root held.) What is no object is left out.
        Object* object = *slot == nullptr ? nullptr : parts_.find_live(*slot);
        if (object != nullptr) mark(object);
    };
    parts_.roots.each(mark_root);
    parts_.global_roots.each(mark_root);
    for (const Held* held = parts_.held; held != nullptr; held = held->next) mark(held->object);
    auto mark_ready = [this](void*& object) { mark(object_of(object)); };
    parts_.finalizers.each_ready(mark_ready);
    trace();
}

void Collector::settle_tables() {
    if (parts_.weak.size() == 0 && parts_.finalizers.size() == 0) return;
    Fate fate = {nullptr,
                 [](void*, void* object) -> void* {
                     return object_of(object)->is_marked() ? object : nullptr;
                 },
                 [](void*, const void*) { return false; }};
    parts_.weak.clear_targets(fate, true);
    parts_.finalizers.collect(fate, true);
    parts_.finalizers.each_ready([this](void*& object) { mark(object_of(object)); });
    trace();
    parts_.weak.drop_dead(fate, true);
}

// ------------------------------------------------------------------------------------ sweeping

void Collector::sweep() {
    for (Object** link = &parts_.objects; *link != nullptr;) {
        Object* object = *link;
        if (object->is_marked()) {
            object->flags = static_cast<uint8_t>(object->flags & ~kMarkedFlag);
            link = &object->next;
            continue;
        }
        *link = object->next;
        object->next = nullptr;
        object->flags = static_cast<uint8_t>(object->flags & ~kListedFlag);
        parts_.listed -= 1;
        if (object->is_free()) continue;  // was given back; its sums are settled
        if (parts_.death_log.on()) {
            parts_.death_log.record(object->payload(), object->size, object->type_id());
        }
        parts_.bury(object);
    }
}

void Collector::release_pages() {
    parts_.pages.release_empty([this](const Page* page) {
        parts_.free_list.forget(page);
        parts_.swap.forget(page->swap_id);
    });
}

void Collector::record(uint64_t began_ns, uint64_t bytes_before) {
    uint64_t now = os::monotonic_ns();
    parts_.pauses.record(now - began_ns);
    MorphTimelineSample sample = {};
    sample.at_ns = now - parts_.born_ns;
    sample.pause_ns = now - began_ns;
    sample.bytes_live_before = bytes_before;
    sample.bytes_live_after = parts_.live_bytes;
    sample.bytes_mapped = parts_.source.bytes_mapped();
    sample.major = true;
    parts_.timeline.record(sample);
}

void Collector::run() {
    uint64_t began = os::monotonic_ns();
    uint64_t before = parts_.live_bytes;
    parts_.pages.clear_live_bytes();
    if (parts_.retains_all) {
        mark_all();
    } else {
        mark_from_roots();
        settle_tables();
    }
    sweep();
    release_pages();
    parts_.next_threshold();
    record(began, before);
}

}  // namespace morph::v1
