// LargeObjects: objects of the old space with a mapping of their own.
//
//   +-------------+------------------+------+--------+---------+-------+-------+
//   | LargeObject | pad (alignment)  | back | header | payload | slack | cards |
//   +-------------+------------------+------+--------+---------+-------+-------+
//   | kChunkBytes-aligned            |  8 B |  8 B   | aligned |       | to the mapping's end
//
// `back` is the address of the LargeObject: for alignments from kChunkBytes on the payload lies so
// far behind that it could not be found from the address.
//
//   LARGE-LIST    each mapping is linked both ways, and is ours
//   LARGE-OBJECT  back and header are where they belong, inside the mapping with bytes and cards;
//                 the header says the size, or that it is too large for it
//   OLD-MARKS, OLD-BYTES: see old_space.h
#pragma once

#include "heap/old_part.h"

namespace morph {

struct LargeObject : Chunk {
    Header* header;
    size_t object_size;   // as requested
    size_t object_bytes;  // with header and trailer
    bool marked;
};

class LargeObjects {
 public:
    explicit LargeObjects(const OldSetting& setting) : setting_(setting) {}
    LargeObjects(const LargeObjects&) = delete;
    LargeObjects& operator=(const LargeObjects&) = delete;
    ~LargeObjects() { reset(); }

    // A mapping for the object, all zero, with so many cards. Any bytes and cards may be asked.
    [[nodiscard]] OldPlace allocate(size_t size, size_t bytes, size_t alignment, size_t cards);

    static LargeObject* of(const void* object) {
        return reinterpret_cast<LargeObject*>(header_of(object)[-1]);
    }
    // The header, if chunk's object and not what is in front of it covers address.
    static Header* find(Chunk* chunk, const void* address) {
        Header* header = static_cast<LargeObject*>(chunk)->header;
        return address < header ? nullptr : header;
    }
    static bool mark(void* object) {
        LargeObject* large = of(object);
        bool marks = !large->marked;
        large->marked = true;
        return marks;
    }
    static void unmark(void* object) { of(object)->marked = false; }
    static bool is_marked(const void* object) { return of(object)->marked; }
    static unsigned char* end_of(const void* object) {
        LargeObject* large = of(object);
        return reinterpret_cast<unsigned char*>(large) + large->bytes;
    }

    void end_marking();
    void reset();

    bool walk(OldVisit visit, void* user) const;
    bool walk_marked(OldVisit visit, void* user) const;

    [[nodiscard]] size_t bytes_used() const { return bytes_; }
    [[nodiscard]] size_t count() const { return count_; }
    bool check(OldFault& fault, bool marking) const;

 private:
    friend struct OldSpacePeek;

    void release(LargeObject* large);

    OldSetting setting_;
    LargeObject* first_ = nullptr;
    size_t count_ = 0;
    size_t bytes_ = 0;  // of the mappings
};

}  // namespace morph
