// Entering the remembered set, and what counts as a card.
#pragma once

#include <cstring>

#include "heap/cards.h"
#include "heap/parts.h"

namespace morph {

// Arrays of references that take more than a block's slot have cards.
inline bool wants_cards(const TypeLayout& layout, size_t bytes) {
    return bytes > kCardedBytesMin &&
           (layout.layout == MORPH_LAYOUT_POINTERS || layout.layout == MORPH_LAYOUT_STRUCTS);
}

// Sets the header's bits for the remembered set; false: it was in there.
inline bool enlist(const HeapParts& parts, Header* header) {
    if ((*header & kListed) != 0) return false;
    *header |= kListed;
    // Carded objects and debug mode want to see every store (HEADER-BARRIER).
    if ((*header & kCarded) == 0 && !parts.debug) *header &= ~kBarrier;
    return true;
}

// object is old: it may refer to young objects from here on.
inline void remember(HeapParts& parts, void* object) {
    Header* header = header_of(object);
    if (enlist(parts, header)) parts.remembered.keep(header);
}

// The same for an object of any age, when it is not known which slot changed.
inline void remember_whole(HeapParts& parts, void* object) {
    if ((*header_of(object) & kOld) == 0) return;
    if ((*header_of(object) & kCarded) != 0) {
        memset(parts.old.cards_of(object), 1, card_count(parts.size_of(object)));
    }
    remember(parts, object);
}

}  // namespace morph
