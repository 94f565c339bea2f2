#include "heap/verifier.h"

#include <cstdio>

#include "heap/ledger.h"
#include "heap/marker.h"
#include "heap/remember.h"
#include "heap/trace.h"
#include "heap/young_walk.h"

namespace morph {
namespace {

size_t offset_of(const void* object, void* const* slot) {
    return reinterpret_cast<uintptr_t>(slot) - reinterpret_cast<uintptr_t>(object);
}

// Hands each object that was not found dead to check(Header*), young ones first; false once it says
// so.
template <typename Check>
bool all_objects(const HeapParts& parts, Check& check) {
    if (!walk_young(parts, check)) return false;
    return parts.old.walk(
        [](void* user, Header* header) { return (*static_cast<Check*>(user))(header); }, &check);
}

}  // namespace

// Who refers to an object: the first in the order of the walk.
const void* Verifier::parent_of(const void* object) const {
    const void* parent = nullptr;
    auto refers = [&](Header* header) {
        void* holder = object_at(header);
        if (type_of(*header) >= parts_.types.count()) return true;
        each_slot(holder, parts_.size_of(holder), parts_.layout_of(holder), [&](void** slot) {
            if (*slot == object && parent == nullptr) parent = holder;
        });
        return parent == nullptr;
    };
    all_objects(parts_, refers);
    return parent;
}

bool Verifier::broken(const char* id, const void* object, const char* what) {
    bool known = object != nullptr && is_object(object) &&
                 type_of(*header_of(object)) < parts_.types.count();
    if (!known) {
        parts_.errors.fail(MORPH_ERROR_CORRUPTION, "%s: %s (%p)", id, what, object);
        return false;
    }
    uint32_t type = type_of(*header_of(object));
    const void* parent = parent_of(object);
    char held_by[64] = "no object";
    if (parent != nullptr) {
        snprintf(held_by, sizeof(held_by), "%p, type %u", parent, type_of(*header_of(parent)));
    }
    parts_.errors.fail(MORPH_ERROR_CORRUPTION, "%s: %s; object %p, type %u \"%.40s\", held by %s",
                       id, what, object, type, parts_.types[type].name, held_by);
    return false;
}

bool Verifier::is_object(const void* address) const {
    if (parts_.young.contains(address)) return parts_.young.is_start(header_of(address));
    const Chunk* chunk = parts_.source.find(address);
    if (chunk == nullptr || chunk->kind == ChunkKind::young) return false;
    const Header* found = parts_.old.find(address);
    return found == header_of(address) && parts_.old.is_live(address);
}

// --------------------------------------------------------------------------------------- parts

bool Verifier::check_parts() {
    const void* where = nullptr;
    uint32_t type = 0;
    if (const char* id = parts_.source.check()) return broken(id, nullptr, "memory source");
    if (const char* id = parts_.types.check(&type)) {
        parts_.errors.fail(MORPH_ERROR_CORRUPTION, "%s: type %u", id, type);
        return false;
    }
    if (const char* id = parts_.roots.check()) return broken(id, nullptr, "roots");
    if (const char* id = parts_.mark_stack.check()) return broken(id, nullptr, "mark stack");
    if (const char* id = parts_.minor_pauses.check()) return broken(id, nullptr, "minor pauses");
    if (const char* id = parts_.major_pauses.check()) return broken(id, nullptr, "major pauses");
    if (const char* id = parts_.old.check(&where)) return broken(id, where, "old space");
    return true;
}

bool Verifier::check_tables() {
    const void* where = nullptr;
    Fate fate = {&parts_, nullptr, [](void* parts, const void* address) {
                     return static_cast<HeapParts*>(parts)->young.contains(address);
                 }};
    if (const char* id = parts_.remembered.check(&where)) return broken(id, where, "remembered");
    if (const char* id = parts_.weak.check(&fate, &where)) return broken(id, where, "weak table");
    if (const char* id = parts_.finalizers.check(&fate, &where)) {
        return broken(id, where, "finalizer table");
    }
    return true;
}

// ------------------------------------------------------------------------------------- objects

bool Verifier::check_header(const Header* header, bool old) {
    const char* const id = "HEAP-HEADER";
    Header word = *header;
    const void* object = header + 1;
    if ((word & (kForwarded | kMarked)) != 0) return broken(id, object, "forwarded or marked");
    if (((word & kOld) != 0) != old) return broken(id, object, "not of its space");
    uint32_t type = type_of(word);
    if (type >= parts_.types.count()) return broken(id, object, "unknown type");
    if (parts_.size_of(object) < parts_.types.size_required(type)) {
        return broken(id, object, "too small for its type");
    }
    if (!old && (word & (kListed | kCarded)) != 0) return broken(id, object, "young, but listed");
    bool barrier = parts_.debug || (old && ((word & kListed) == 0 || (word & kCarded) != 0));
    if (((word & kBarrier) != 0) != barrier) return broken(id, object, "barrier bit");
    return true;
}

bool Verifier::check_young() {
    parts_.young.clear_starts();
    return walk_young(parts_, [&](Header* header) {
        if (!parts_.young.set_start(header)) return broken("YOUNG-STARTS", nullptr, "bit set");
        if (!check_header(header, false)) return false;
        return count(header);
    });
}

bool Verifier::check_old() {
    return parts_.old.walk(
        [](void* user, Header* header) {
            auto* verifier = static_cast<Verifier*>(user);
            return verifier->check_header(header, true) && verifier->count(header);
        },
        this);
}

bool Verifier::count(const Header* header) {
    HeapTypeRecord& record = parts_.types[type_of(*header)];
    size_t size = parts_.size_of(header + 1);
    objects_ += 1;
    record.marked_objects += 1;
    record.marked_bytes += size;
    if ((*header & kOld) == 0) {
        record.survived_objects += 1;
        record.survived_bytes += size;
    }
    return true;
}

bool Verifier::check_object(Header* header) {
    void* object = object_at(header);
    const TypeLayout& layout = parts_.layout_of(object);
    if (parts_.debug && !Ledger(parts_).intact(object)) {
        return broken("HEAP-LEDGER", object, "guard overwritten, or a store without barrier");
    }
    if (layout.layout == MORPH_LAYOUT_WEAK) {
        const void* target = *static_cast<void**>(object);
        if (target == nullptr || is_object(target)) return true;
        return broken("HEAP-REFERENCE", object, "weak target is no object");
    }
    bool sound = true;
    each_slot(object, parts_.size_of(object), layout, [&](void** slot) {
        if (!sound || *slot == nullptr || is_object(*slot)) return;
        char what[80];
        snprintf(what, sizeof(what), "the reference at offset %zu (%p) is no object",
                 offset_of(object, slot), *slot);
        sound = broken("HEAP-REFERENCE", object, what);
    });
    return sound && ((*header & kOld) == 0 || check_remembered(header));
}

bool Verifier::check_remembered(Header* header) {
    void* object = object_at(header);
    bool carded = (*header & kCarded) != 0;
    const unsigned char* cards = carded ? parts_.old.cards_of(object) : nullptr;
    bool sound = true;
    each_slot(object, parts_.size_of(object), parts_.layout_of(object), [&](void** slot) {
        if (!sound || !parts_.young.contains(*slot)) return;
        if ((*header & kListed) == 0) {
            sound = broken("HEAP-REMEMBERED", object, "refers to a young object, not listed");
        } else if (carded && cards[card_of(offset_of(object, slot))] == 0) {
            sound = broken("HEAP-REMEMBERED", object, "refers to a young object from a clean card");
        }
    });
    return sound;
}

bool Verifier::check_roots() {
    bool sound = true;
    auto check = [&](const void* object) {
        if (!sound || object == nullptr || is_object(object)) return;
        sound = broken("HEAP-ROOT", object, "a root refers to no object");
    };
    parts_.roots.each([&](void** slot) { check(*slot); });
    for (Held* held = parts_.held; held != nullptr; held = held->next) check(held->object);
    parts_.finalizers.each_ready([&](void*& object) { check(object); });
    return sound;
}

// -------------------------------------------------------------------------------------- totals

bool Verifier::check_counts() {
    for (uint32_t type = 0; type < parts_.types.count(); ++type) {
        const HeapTypeRecord& record = parts_.types[type];
        const MorphHeapType& head = parts_.types.head_record(type);
        MorphMemCounts counts = parts_.types.counts(type);
        uint64_t young = record.young_objects + (head.allocations - record.allocations_seen);
        uint64_t young_bytes = record.young_bytes + (head.bytes_allocated - record.bytes_seen);
        bool same = record.marked_objects == counts.objects_live &&
                    record.marked_bytes == counts.bytes_live && record.survived_objects == young &&
                    record.survived_bytes == young_bytes;
        if (same) continue;
        parts_.errors.fail(MORPH_ERROR_CORRUPTION,
                           "HEAP-COUNTS: type %u \"%.40s\": %llu objects (%llu bytes) found, %llu "
                           "(%llu) counted; %llu young found, %llu counted",
                           type, record.name,
                           static_cast<unsigned long long>(record.marked_objects),
                           static_cast<unsigned long long>(record.marked_bytes),
                           static_cast<unsigned long long>(counts.objects_live),
                           static_cast<unsigned long long>(counts.bytes_live),
                           static_cast<unsigned long long>(record.survived_objects),
                           static_cast<unsigned long long>(young));
        return false;
    }
    return true;
}

// A second opinion on what is alive.
uint64_t Verifier::mark_again() {
    parts_.types.clear_scratch();
    parts_.old.begin_marking();
    uint64_t overflows = parts_.counts.mark_overflows;
    Marker marker(parts_);
    marker.mark_roots();
    marker.trace();
    parts_.counts.mark_overflows = overflows;
    parts_.mark_stack.trim();
    walk_young(parts_, [](Header* header) {
        *header &= ~kMarked;
        return true;
    });
    parts_.old.cancel_marking();
    parts_.types.clear_scratch();
    return marker.objects();
}

bool Verifier::check_marks() {
    if (mark_again() > objects_) {
        return broken("HEAP-MARKS", nullptr, "the roots reach more than there is");
    }
    if (!parts_.marks_disagree) return true;
    return broken("HEAP-MARKS", nullptr, "after a major collection more was left than is reached");
}

MorphCode Verifier::run() {
    if (!check_parts()) return MORPH_ERROR_CORRUPTION;
    parts_.types.clear_scratch();
    auto each = [this](Header* header) { return check_object(header); };
    bool sound = check_young() && check_old() && check_tables() && all_objects(parts_, each) &&
                 check_roots() && check_counts() && check_marks();
    parts_.types.clear_scratch();
    parts_.young.clear_starts();
    return sound ? MORPH_OK : MORPH_ERROR_CORRUPTION;
}

}  // namespace morph
