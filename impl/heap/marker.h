// Marker: finds what the roots reach, young and old, without moving anything.
//
//   roots --> ring of kAhead addresses --> mark, count --> mark stack --> slots of the object --+
//               ^   (fetched into the cache meanwhile)                                         |
//               +------------------------------------------------------------------------------+
//
// Never recurses, and needs no memory that it may not get: when the mark stack cannot grow, the
// object stays marked but not traced, and trace() goes over all marked objects again.
//
// MARK-ONCE      an object is counted and traced when its mark is set, and only then (or again by a
//                rescan, without being counted)
// MARK-CHILDREN  when trace() returns, what a marked object refers to is marked
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "heap/parts.h"

namespace morph {

class Marker {
 public:
    explicit Marker(HeapParts& parts) : parts_(parts) {}
    Marker(const Marker&) = delete;
    Marker& operator=(const Marker&) = delete;

    // Every root, those held by the library, and the finalizers that are ready to run.
    void mark_roots();
    void mark_ready_finalizers();
    // Until everything reachable from what is marked is marked.
    void trace();

    // object is reachable. May be nullptr.
    void discover(void* object);

    [[nodiscard]] static bool is_marked(const HeapParts& parts, const void* object);

    // What became marked.
    [[nodiscard]] uint64_t objects() const { return objects_; }

 private:
    static constexpr size_t kAhead = 16;  // a power of two

    void settle(void* object);
    void scan(void* object);
    void drain();
    void flush();
    static bool rescan(void* user, Header* header);

    HeapParts& parts_;
    std::array<void*, kAhead> ring_ = {};  // nullptr: no object
    size_t next_ = 0;
    size_t waiting_ = 0;
    bool overflowed_ = false;
    uint64_t objects_ = 0;
};

}  // namespace morph
