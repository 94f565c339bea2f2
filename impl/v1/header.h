// Object: the 88 bytes in front of each object of V1, live or free.
//
//   0      next            on the list of all objects
//   8      type
//   16     flags           one byte, the rest is padding
//   24     last_access     never used; kept for its cost, as the next one
//   32     swap_id
//   40     size            of the payload, as requested
//   48     page            whose memory it lies in
//   56 64  free_next, free_previous              on the list of all free objects
//   72     page_free_next                        on the list of its page's free objects ...
//   80     page_free_previous   while it is live: the public word of morph/heap.h
//   88     payload, rounded up to 8; the next object's header follows
//
//   state       flags            on the list of all objects    on both free lists
//   live        listed           yes                           no
//   given back  listed, free     yes, until the next sweep     yes     (morph_mem_free)
//   dead        free             no                            yes     (found by a sweep)
//
// A reused object that is listed is not put on the list a second time.
//
// V1-HEADER  one of the three states, not marked between collections; its page is the one it lies
//            in; a live one's type is registered, its size is enough for the type, the public word
//            tells both, and its free links are nullptr
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/header.h"

namespace morph::v1 {

struct Page;

// Of Object::flags.
inline constexpr uint8_t kMarkedFlag = 1;
inline constexpr uint8_t kFreeFlag = 2;
inline constexpr uint8_t kListedFlag = 4;

struct Object {
    Object* next;
    uint64_t type;
    uint8_t flags;
    uint64_t last_access;
    uint64_t swap_id;
    uint64_t size;
    Page* page;
    Object* free_next;
    Object* free_previous;
    Object* page_free_next;
    union {
        Object* page_free_previous;
        Header public_word;
    };

    [[nodiscard]] bool is_marked() const { return (flags & kMarkedFlag) != 0; }
    [[nodiscard]] bool is_free() const { return (flags & kFreeFlag) != 0; }
    [[nodiscard]] bool is_listed() const { return (flags & kListedFlag) != 0; }
    [[nodiscard]] uint32_t type_id() const { return static_cast<uint32_t>(type); }
    [[nodiscard]] void* payload() { return this + 1; }
    [[nodiscard]] const void* payload() const { return this + 1; }
};

inline constexpr size_t kObjectBytes = sizeof(Object);
static_assert(kObjectBytes == 88);
static_assert(offsetof(Object, public_word) == kObjectBytes - sizeof(Header));

// The object whose payload that is: nothing is checked.
inline Object* object_of(void* payload) {
    return static_cast<Object*>(payload) - 1;
}
inline const Object* object_of(const void* payload) {
    return static_cast<const Object*>(payload) - 1;
}

// Bytes from one header to the next. size <= MORPH_MAX_REQUEST.
constexpr size_t slot_bytes(size_t size) {
    return (kObjectBytes + size + 7) & ~size_t{7};
}

}  // namespace morph::v1
