#include "v1/verifier.h"

#include <cstdio>

#include "heap/trace.h"

namespace morph::v1 {

// Who refers to an object: the newest one.
const Object* Verifier::parent_of(const void* payload) const {
    const Object* parent = nullptr;
    for (Object* object = parts_.objects; object != nullptr; object = object->next) {
        if (object->is_free()) continue;
        each_slot(object->payload(), object->size, parts_.layout_of(object), [&](void** slot) {
            if (*slot == payload) parent = object;
        });
        if (parent != nullptr) break;
    }
    return parent;
}

// A parent is looked for once every header is known to be sound.
bool Verifier::broken(const char* id, const void* payload, const char* what) {
    const Object* object = payload == nullptr ? nullptr : parts_.pages.find(payload);
    if (object == nullptr || object->type >= parts_.types.count()) {
        parts_.errors.fail(MORPH_ERROR_CORRUPTION, "%s: %s (%p)", id, what, payload);
        return false;
    }
    char held_by[64] = "";
    const Object* parent = headers_are_sound_ ? parent_of(payload) : nullptr;
    if (parent != nullptr) {
        snprintf(held_by, sizeof(held_by), ", held by %p, type %u", parent->payload(),
                 parent->type_id());
    }
    parts_.errors.fail(MORPH_ERROR_CORRUPTION, "%s: %s; object %p, type %u \"%.40s\"%s", id, what,
                       payload, object->type_id(), parts_.types[object->type_id()].name, held_by);
    return false;
}

// --------------------------------------------------------------------------------------- parts

bool Verifier::check_parts() {
    const void* where = nullptr;
    uint32_t type = 0;
    const MorphHeap& head = parts_.head;
    if (!head.is_v1 || head.top != head.limit || head.roots_base != nullptr ||
        head.roots_top != nullptr || head.roots_limit != nullptr || head.young_bytes != 0) {
        return broken("V1-HEAD", nullptr, "an inline path is open");
    }
    if (const char* id = parts_.source.check()) return broken(id, nullptr, "memory source");
    if (const char* id = parts_.types.check(&type)) {
        parts_.errors.fail(MORPH_ERROR_CORRUPTION, "%s: type %u", id, type);
        return false;
    }
    if (const char* id = parts_.pages.check(&where)) return broken(id, where, "pages");
    if (const char* id = parts_.roots.check()) return broken(id, nullptr, "roots");
    if (const char* id = parts_.global_roots.check()) return broken(id, nullptr, "global roots");
    if (const char* id = parts_.mark_blocks.check()) return broken(id, nullptr, "mark stack");
    if (const char* id = parts_.pauses.check()) return broken(id, nullptr, "pauses");
    if (const char* id = parts_.weak.check(nullptr, &where)) return broken(id, where, "weak table");
    if (const char* id = parts_.finalizers.check(nullptr, &where)) {
        return broken(id, where, "finalizer table");
    }
    if (const char* id = parts_.swap.check()) return broken(id, nullptr, "swap file");
    return true;
}

// --------------------------------------------------------------------------------------- pages

bool Verifier::check_object(const Object* object) {
    const char* const id = "V1-HEADER";
    const void* payload = object->payload();
    if (object->is_marked()) return broken(id, payload, "marked");
    listed_ += uint64_t{object->is_listed()};
    if (object->is_free()) {
        free_ += 1;
        return true;
    }
    if (!object->is_listed()) return broken(id, payload, "live, but not listed");
    if (object->type >= parts_.types.count()) return broken(id, payload, "unknown type");
    if (object->size < parts_.types.size_required(object->type_id())) {
        return broken(id, payload, "too small for its type");
    }
    constexpr Header kUser = Header{0xff} << MORPH_HEADER_FLAGS_SHIFT;
    if ((object->public_word & ~kUser) != make_header(object->type_id(), object->size)) {
        return broken(id, payload, "the public word is not type and size");
    }
    if (object->free_next != nullptr || object->free_previous != nullptr ||
        object->page_free_next != nullptr) {
        return broken(id, payload, "live, but has free links");
    }
    HeapTypeRecord& record = parts_.types[object->type_id()];
    record.marked_objects += 1;
    record.marked_bytes += object->size;
    live_bytes_ += object->size;
    slot_bytes_ += slot_bytes(object->size);
    return true;
}

bool Verifier::check_page(const Page* page) {
    Object* object = page->first();
    while (page->holds(object)) {
        uint64_t offset =
            reinterpret_cast<uintptr_t>(object) - reinterpret_cast<uintptr_t>(page->start);
        if (page->used - offset < kObjectBytes ||
            object->size > page->used - offset - kObjectBytes) {
            return broken("V1-PAGE", page->start, "an object goes beyond what is used");
        }
        if (object->page != page) return broken("V1-HEADER", object->payload(), "not of its page");
        if (!check_object(object)) return false;
        object = Page::after(object);
    }
    auto end = reinterpret_cast<uintptr_t>(object) - reinterpret_cast<uintptr_t>(page->start);
    return end == page->used || broken("V1-PAGE", page->start, "objects do not fill what is used");
}

bool Verifier::check_pages() {
    for (const Page* page = parts_.pages.first(); page != nullptr; page = page->next) {
        if (!check_page(page)) return false;
    }
    return true;
}

// --------------------------------------------------------------------------------------- lists

bool Verifier::check_page_list(const Page* page) {
    const char* const id = "V1-FREE";
    uint64_t flagged = 0;
    page->each([&](const Object* object) {
        flagged += uint64_t{object->is_free()};
        return true;
    });
    const Object* previous = nullptr;
    for (const Object* object = page->free; object != nullptr; object = object->page_free_next) {
        if (flagged-- == 0) return broken(id, page->start, "more on a page's list than are free");
        if (!page->holds(object) || parts_.pages.find(object->payload()) != object ||
            !object->is_free() || object->page_free_previous != previous) {
            return broken(id, object, "a page's list");
        }
        previous = object;
    }
    return flagged == 0 || broken(id, page->start, "not all free objects are on the page's list");
}

bool Verifier::check_free_lists() {
    const char* const id = "V1-FREE";
    const Object* previous = nullptr;
    uint64_t count = 0;
    for (const Object* object = parts_.free_list.head(); object != nullptr;
         object = object->free_next) {
        if (count++ == free_) return broken(id, nullptr, "more on the list than are free");
        if (parts_.pages.find(object + 1) != object || !object->is_free() ||
            object->free_previous != previous) {
            return broken(id, object + 1, "the list of all free objects");
        }
        previous = object;
    }
    if (count != free_ || count != parts_.free_list.count()) {
        return broken(id, nullptr, "not all free objects are on the list");
    }
    for (const Page* page = parts_.pages.first(); page != nullptr; page = page->next) {
        if (!check_page_list(page)) return false;
    }
    return true;
}

bool Verifier::check_list() {
    const char* const id = "V1-LIST";
    uint64_t count = 0;
    for (const Object* object = parts_.objects; object != nullptr; object = object->next) {
        if (count++ == listed_) return broken(id, nullptr, "more on the list than are flagged");
        if (parts_.pages.find(object + 1) != object || !object->is_listed()) {
            return broken(id, object + 1, "on the list, but no listed object");
        }
    }
    if (count == listed_ && count == parts_.listed) return true;
    return broken(id, nullptr, "not all listed objects are on the list");
}

// ------------------------------------------------------------------------------------ contents

bool Verifier::check_contents(Object* object) {
    void* payload = object->payload();
    const TypeLayout& layout = parts_.layout_of(object);
    if (layout.layout == MORPH_LAYOUT_WEAK) {
        return is_object(*static_cast<void**>(payload)) ||
               broken("V1-REFERENCE", payload, "weak target is no object");
    }
    bool sound = true;
    each_slot(payload, object->size, layout, [&](void** slot) {
        if (!sound || is_object(*slot)) return;
        char what[80];
        snprintf(what, sizeof(what), "the reference at offset %zu (%p) is no object",
                 reinterpret_cast<uintptr_t>(slot) - reinterpret_cast<uintptr_t>(payload), *slot);
        sound = broken("V1-REFERENCE", payload, what);
    });
    return sound;
}

bool Verifier::check_roots() {
    bool sound = true;
    auto check = [&](const void* payload) {
        if (sound && !is_object(payload)) {
            sound = broken("V1-ROOT", payload, "a root refers to no object");
        }
    };
    parts_.roots.each([&](void** slot) { check(*slot); });
    parts_.global_roots.each([&](void** slot) { check(*slot); });
    parts_.finalizers.each_ready([&](void*& object) { check(object); });
    return sound;
}

bool Verifier::check_counts() {
    for (uint32_t type = 0; type < parts_.types.count(); ++type) {
        const HeapTypeRecord& record = parts_.types[type];
        MorphMemCounts counts = parts_.types.counts(type);
        if (record.marked_objects == counts.objects_live &&
            record.marked_bytes == counts.bytes_live) {
            continue;
        }
        parts_.errors.fail(
            MORPH_ERROR_CORRUPTION,
            "V1-LIVE: type %u \"%.40s\": %llu objects (%llu bytes) found, %llu (%llu) counted",
            type, record.name, static_cast<unsigned long long>(record.marked_objects),
            static_cast<unsigned long long>(record.marked_bytes),
            static_cast<unsigned long long>(counts.objects_live),
            static_cast<unsigned long long>(counts.bytes_live));
        return false;
    }
    if (live_bytes_ == parts_.live_bytes && slot_bytes_ == parts_.slot_bytes) return true;
    return broken("V1-LIVE", nullptr, "the sum of what is live");
}

MorphCode Verifier::run() {
    if (!check_parts()) return MORPH_ERROR_CORRUPTION;
    parts_.types.clear_scratch();
    bool sound = check_pages() && check_list() && check_free_lists() && check_counts();
    headers_are_sound_ = sound;
    for (Object* object = parts_.objects; sound && object != nullptr; object = object->next) {
        sound = object->is_free() || check_contents(object);
    }
    sound = sound && check_roots();
    parts_.types.clear_scratch();
    return sound ? MORPH_OK : MORPH_ERROR_CORRUPTION;
}

}  // namespace morph::v1
