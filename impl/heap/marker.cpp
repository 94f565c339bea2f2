#include "heap/marker.h"

#include "chunk/check.h"
#include "heap/trace.h"
#include "heap/young_walk.h"

namespace morph {

void Marker::discover(void* object) {
    if (object == nullptr) return;
    __builtin_prefetch(header_of(object), 1);
    void* waited = ring_[next_];
    ring_[next_] = object;
    next_ = (next_ + 1) % kAhead;
    if (waited != nullptr) {
        settle(waited);
    } else {
        waiting_ += 1;
    }
}

// Marks, counts and, if it has references, leaves it to be scanned.
void Marker::settle(void* object) {
    Header* header = header_of(object);
    if (parts_.young.contains(object)) {
        if ((*header & kMarked) != 0) return;
        *header |= kMarked;
    } else if (!parts_.old.mark(object)) {
        return;
    }
    objects_ += 1;
    uint32_t type = type_of(*header);
    HeapTypeRecord& record = parts_.types[type];
    record.marked_objects += 1;
    record.marked_bytes += parts_.size_of(object);
    if (!parts_.types.layout(type).has_references()) return;
    if (!parts_.mark_stack.push(object)) overflowed_ = true;
}

void Marker::scan(void* object) {
    each_slot(object, parts_.size_of(object), parts_.layout_of(object),
              [this](void** slot) { discover(*slot); });
}

void Marker::flush() {
    for (size_t count = kAhead; count != 0 && waiting_ != 0; --count) {
        void* waited = ring_[next_];
        ring_[next_] = nullptr;
        next_ = (next_ + 1) % kAhead;
        if (waited == nullptr) continue;
        waiting_ -= 1;
        settle(waited);
    }
}

void Marker::drain() {
    for (;;) {
        while (!parts_.mark_stack.empty()) scan(parts_.mark_stack.pop());
        if (waiting_ == 0) return;
        flush();
    }
}

bool Marker::rescan(void* user, Header* header) {
    auto* marker = static_cast<Marker*>(user);
    marker->scan(object_at(header));
    marker->drain();
    return true;
}

void Marker::trace() {
    drain();
    while (overflowed_) {
        overflowed_ = false;
        parts_.counts.mark_overflows += 1;
        walk_young(parts_, [this](Header* header) {
            if ((*header & kMarked) != 0) rescan(this, header);
            return true;
        });
        parts_.old.walk_marked(rescan, this);
    }
    MORPH_CHECK(parts_.mark_stack.empty() && waiting_ == 0);
}

void Marker::mark_roots() {
    parts_.roots.each([this](void** slot) { discover(*slot); });
    for (Held* held = parts_.held; held != nullptr; held = held->next) discover(held->object);
    mark_ready_finalizers();
}

void Marker::mark_ready_finalizers() {
    parts_.finalizers.each_ready([this](void*& object) { discover(object); });
}

bool Marker::is_marked(const HeapParts& parts, const void* object) {
    if (parts.young.contains(object)) return (*header_of(object) & kMarked) != 0;
    return parts.old.is_marked(object);
}

}  // namespace morph
