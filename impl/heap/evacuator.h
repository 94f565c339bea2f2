// Evacuator: moves what is alive out of eden and the from-survivor. (Breadth first without a
// stack, after Cheney, "A nonrecursive list compacting algorithm", CACM 13 (11), 1970.)
//
//   from: eden, survivor              to: survivor                 old space
//   +-----------+---------+           +---------+----------+       +-----------------+
//   | forwarded | payload |---------->| scanned | to do    |       | promoted object |
//   +-----------+---------+           +---------+----------+       +-----------------+
//   | forwarded | next ---+--> from-copy of the next object promoted and not yet scanned
//   +-----------+---------+
//
// An object goes to the survivor space, one older; when that makes it promotion_age old, or there
// is no room, to the old space; when that has no memory, to the survivor space after all, or to the
// reserve. Promoted objects wait for their scan in a list through their from-copies: no memory is
// needed.
//
// EVACUATE-ONCE    a from-object is copied once; its header then holds the new address, tagged
// EVACUATE-SLOTS   when run() returns no root, no live object and no table refers to from
// EVACUATE-LOGGED  a promoted object that refers to a young one is in the remembered set
// EVACUATE-FLAGS   type, size and the user's flags are copied as they are
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/parts.h"

namespace morph {

class Evacuator {
 public:
    // target: where survivors go: parts.young itself, or a fresh young generation.
    Evacuator(HeapParts& parts, Young& target);
    Evacuator(const Evacuator&) = delete;
    Evacuator& operator=(const Evacuator&) = delete;

    void run();

    [[nodiscard]] size_t bytes_copied() const { return bytes_copied_; }  // with headers

 private:
    struct Copy {
        Header* header;
        bool promoted;
    };

    // refused: by the source, for the rest of this collection. paused: see search_old_space().
    enum class Promotion : uint8_t { open, paused, refused };

    // Where the objects are that move. Copied into the loops that ask it for each slot.
    struct From {
        const unsigned char* eden;
        size_t eden_bytes;
        const unsigned char* survivors;
        size_t survivors_bytes;
        [[nodiscard]] bool holds(const void* address) const {
            const auto* byte = static_cast<const unsigned char*>(address);
            return static_cast<size_t>(byte - eden) < eden_bytes ||
                   static_cast<size_t>(byte - survivors) < survivors_bytes;
        }
    };
    void visit(void** slot) {
        void* object = *slot;
        if (from_.holds(object)) *slot = forward(object);
    }
    [[nodiscard]] void* forward(void* object);
    [[nodiscard]] void* move(Header* from);
    [[nodiscard]] Copy find_place(Header word, size_t size, size_t bytes);
    [[nodiscard]] Header* promote(Header word, size_t size, size_t bytes);
    void copy_payload(Header* to, const Header* from, size_t size, size_t bytes) const;

    void visit_roots();
    void visit_remembered();
    [[nodiscard]] bool scan_remembered(Header* header);
    [[nodiscard]] bool scan_cards(void* object);
    void search_old_space();
    void drain();
    void scan_region(unsigned char** scan, const Region& region);
    void scan_promoted(void* object);
    void settle(void* object);
    void finish_tables();

    HeapParts& parts_;
    Young& target_;
    const From from_;
    const uint32_t promotion_age_;
    Region& survivors_;  // of the target
    Region& reserve_;    // of the target
    unsigned char* scan_survivors_;
    unsigned char* scan_reserve_;
    Header* promoted_ = nullptr;  // from-copies of promoted objects not yet scanned
    Promotion promotion_ = Promotion::open;
    size_t bytes_copied_ = 0;
};

}  // namespace morph
