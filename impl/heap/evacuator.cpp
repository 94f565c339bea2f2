#include "heap/evacuator.h"

#include <cstring>

#include "chunk/check.h"
#include "chunk/memory_marks.h"
#include "heap/ledger.h"
#include "heap/remember.h"
#include "heap/trace.h"
#include "heap/young_walk.h"

namespace morph {
namespace {

constexpr Header* kEndOfList = nullptr;

size_t offset_of(const void* object, void* const* slot) {
    return reinterpret_cast<uintptr_t>(slot) - reinterpret_cast<uintptr_t>(object);
}

}  // namespace

Evacuator::Evacuator(HeapParts& parts, Young& target)
    : parts_(parts),
      target_(target),
      from_{parts.young.eden.begin, static_cast<size_t>(parts.head.top - parts.young.eden.begin),
            parts.young.from().begin, parts.young.from().used()},
      promotion_age_(parts.policy.settings().promotion_age),
      survivors_(&target == &parts.young ? target.to() : target.from()),
      reserve_(&target == &parts.young ? target.reserve : target.eden),
      scan_survivors_(survivors_.begin),
      scan_reserve_(reserve_.begin) {
    MORPH_CHECK(survivors_.used() == 0 && reserve_.used() == 0);
}

void* Evacuator::forward(void* object) {
    Header* header = header_of(object);
    Header word = *header;
    if ((word & kForwarded) != 0) return reinterpret_cast<void*>(word - kForwarded);
    return move(header);
}

// Copies an object of from; EVACUATE-ONCE.
void* Evacuator::move(Header* from) {
    Header word = *from & ~kMarked;
    size_t size = size_field(word);  // young objects are small
    size_t bytes = object_bytes(size, parts_.trailer);
    Copy copy = find_place(word, size, bytes);
    copy_payload(copy.header, from, size, bytes);
    bytes_copied_ += bytes;
    HeapTypeRecord& record = parts_.types[type_of(word)];
    void* object = object_at(copy.header);
    *from = reinterpret_cast<Header>(object) | kForwarded;
    if (copy.promoted) {
        record.promoted_objects += 1;
        record.promoted_bytes += size;
        // The word behind the header may be one that the user must not touch.
        if (parts_.instrumented) mark_undefined(from + 1, kHeaderBytes);
        from[1] = reinterpret_cast<Header>(promoted_);
        promoted_ = from;
    } else {
        record.survived_objects += 1;
        record.survived_bytes += size;
    }
    return object;
}

Evacuator::Copy Evacuator::find_place(Header word, size_t size, size_t bytes) {
    uint32_t age = age_of(word) + 1;
    bool old_enough = age >= promotion_age_;
    if (age > MORPH_PROMOTION_AGE_MAX) age = MORPH_PROMOTION_AGE_MAX;
    Header aged = (word & ~kAgeMask) | Header{age} << kAgeShift;
    if (!old_enough) {
        unsigned char* place = survivors_.bump(bytes);
        if (place != nullptr) {
            auto* header = reinterpret_cast<Header*>(place);
            if (parts_.instrumented) mark_undefined(place, bytes);
            *header = aged;
            return {header, false};
        }
    }
    Header* header = promotion_ == Promotion::open ? promote(word, size, bytes) : nullptr;
    if (header != nullptr) {
        if (!old_enough) parts_.counts.objects_promoted_early += 1;
        return {header, true};
    }
    if (promotion_ == Promotion::refused) parts_.counts.promotions_refused += 1;
    unsigned char* place = old_enough ? survivors_.bump(bytes) : nullptr;
    if (place == nullptr) place = reserve_.bump(bytes);
    MORPH_CHECK(place != nullptr);  // YOUNG-ROOM
    if (parts_.instrumented) mark_undefined(place, bytes);
    header = reinterpret_cast<Header*>(place);
    *header = aged;
    return {header, false};
}

Header* Evacuator::promote(Header word, size_t size, size_t bytes) {
    Header clean = (word & ~kAgeMask) | kBarrier;
    if (wants_cards(parts_.types.layout(type_of(word)), bytes)) clean |= kCarded;
    void* object = parts_.old.allocate(clean, size, bytes, MORPH_DEFAULT_ALIGNMENT, false);
    if (object == nullptr) {
        promotion_ = Promotion::refused;  // not each further object shall ask the system
        return nullptr;
    }
    return header_of(object);
}

// Everything behind the header. Instrumented, what the user may not touch stays so.
void Evacuator::copy_payload(Header* to, const Header* from, size_t size, size_t bytes) const {
    if (__builtin_expect(parts_.instrumented, 0)) {
        size_t kept = parts_.trailer != 0 ? bytes - kHeaderBytes : size;
        memcpy(to + 1, from + 1, kept);
        if (parts_.trailer == 0) {
            mark_no_access(reinterpret_cast<unsigned char*>(to + 1) + size,
                           bytes - kHeaderBytes - size);
        }
        return;
    }
    // Small objects: fewer cycles than a call of memcpy.
    size_t words = bytes / kHeaderBytes - 1;
    if (words <= 16) {
        for (size_t index = 1; index <= words; ++index) to[index] = from[index];
        return;
    }
    memcpy(to + 1, from + 1, words * kHeaderBytes);
}

void Evacuator::visit_roots() {
    parts_.roots.each([this](void** slot) { visit(slot); });
    for (Held* held = parts_.held; held != nullptr; held = held->next) visit(&held->object);
    parts_.finalizers.each_ready([this](void*& object) { visit(&object); });
}

void Evacuator::settle(void* object) {
    if (__builtin_expect(parts_.debug, 0)) Ledger(parts_).settle(object);
}

// Whether something young is left behind the dirty cards; cards without are cleaned.
bool Evacuator::scan_cards(void* object) {
    size_t size = parts_.size_of(object);
    const TypeLayout& layout = parts_.layout_of(object);
    unsigned char* cards = parts_.old.cards_of(object);
    bool any = false;
    for (size_t card = 0; card < card_count(size); ++card) {
        if (cards[card] == 0) continue;
        bool young = false;
        size_t begin = card * kCardBytes;
        size_t end = begin + kCardBytes < size ? begin + kCardBytes : size;
        each_slot_between(object, size, layout, begin, end, [&](void** slot) {
            visit(slot);
            young = young || target_.contains(*slot);
        });
        cards[card] = young ? 1 : 0;
        any = any || young;
    }
    settle(object);
    return any;
}

// Whether the object stays in the remembered set: it refers to something that is still young.
bool Evacuator::scan_remembered(Header* header) {
    void* object = object_at(header);
    MORPH_CHECK((*header & (kOld | kListed)) == (kOld | kListed));
    bool young = false;
    if ((*header & kCarded) != 0) {
        young = scan_cards(object);
    } else {
        each_slot(object, parts_.size_of(object), parts_.layout_of(object), [&](void** slot) {
            visit(slot);
            young = young || target_.contains(*slot);
        });
        settle(object);
    }
    if (!young) *header = (*header & ~kListed) | kBarrier;
    return young;
}

// The set has lost entries: every listed object of the old space is looked for. Nothing is promoted
// meanwhile, so that the old space does not change under the walk.
void Evacuator::search_old_space() {
    parts_.remembered.clear();
    promotion_ = Promotion::paused;
    parts_.old.walk(
        [](void* user, Header* header) {
            auto* evacuator = static_cast<Evacuator*>(user);
            if ((*header & kListed) == 0) return true;
            if (evacuator->scan_remembered(header)) evacuator->parts_.remembered.keep(header);
            return true;
        },
        this);
    promotion_ = Promotion::open;
}

void Evacuator::visit_remembered() {
    if (parts_.remembered.overflowed()) {
        search_old_space();
        return;
    }
    parts_.remembered.retain([this](Header* header) { return scan_remembered(header); });
}

void Evacuator::scan_region(unsigned char** scan, const Region& region) {
    const From from = from_;  // a copy that no store into an object can change
    const size_t trailer = parts_.trailer;
    unsigned char* place = *scan;
    while (place != region.top) {
        auto* header = reinterpret_cast<Header*>(place);
        Header word = *header;
        size_t size = size_field(word);
        const TypeLayout& layout = parts_.types.layout(type_of(word));
        if (layout.has_references()) {
            each_slot(object_at(header), size, layout, [this, &from](void** slot) {
                void* object = *slot;
                if (from.holds(object)) *slot = forward(object);
            });
            settle(object_at(header));
        }
        place += object_bytes(size, trailer);
    }
    *scan = place;
}

void Evacuator::scan_promoted(void* object) {
    const TypeLayout& layout = parts_.layout_of(object);
    if (!layout.has_references()) return;
    size_t size = parts_.size_of(object);
    bool young = false;
    bool carded = (*header_of(object) & kCarded) != 0;
    unsigned char* cards = carded ? parts_.old.cards_of(object) : nullptr;
    each_slot(object, size, layout, [&](void** slot) {
        visit(slot);
        if (!target_.contains(*slot)) return;
        young = true;
        if (carded) cards[card_of(offset_of(object, slot))] = 1;
    });
    settle(object);
    if (young) remember(parts_, object);  // EVACUATE-LOGGED
}

void Evacuator::drain() {
    for (;;) {
        scan_region(&scan_survivors_, survivors_);
        scan_region(&scan_reserve_, reserve_);
        while (promoted_ != kEndOfList) {
            Header* from = promoted_;
            promoted_ = reinterpret_cast<Header*>(from[1]);
            scan_promoted(reinterpret_cast<void*>(*from - kForwarded));
        }
        if (scan_survivors_ == survivors_.top && scan_reserve_ == reserve_.top) return;
    }
}

// Weak references and finalizers see only young ones here: old objects do not die in a minor
// collection.
void Evacuator::finish_tables() {
    Fate fate = {this,
                 [](void* user, void* object) -> void* {
                     auto* evacuator = static_cast<Evacuator*>(user);
                     if (!evacuator->from_.holds(object)) return object;
                     Header word = *header_of(object);
                     if ((word & kForwarded) == 0) return nullptr;
                     return reinterpret_cast<void*>(word - kForwarded);
                 },
                 [](void* user, const void* address) {
                     return static_cast<Evacuator*>(user)->target_.contains(address);
                 }};
    parts_.weak.clear_targets(fate, false);
    parts_.finalizers.collect(fate, false);
    parts_.finalizers.each_ready([this](void*& object) { visit(&object); });
    drain();
    parts_.weak.drop_dead(fate, false);
}

void Evacuator::run() {
    visit_roots();
    visit_remembered();
    drain();
    finish_tables();
}

}  // namespace morph
