// Collector: one full mark and sweep.
//
//   clear live bytes of every page
//   mark       from the roots whose value is an object (the first system believed every value), and
//              from what calls and waiting finalizers hold; everything reached goes through the
//              mark stack. COMPILER mode: every object that was not given back is marked instead
//   tables     weak references to the dead are cleared; dead objects with a finalizer become ready,
//              and are marked with all that they reach
//   sweep      the list of all objects: the dead leave it, and go to the free lists
//   pages      those of which nothing is live, but the current one, are unmapped
//
// Nothing here can fail: when the mark stack gets no further block, marked objects are searched for
// on the list of all objects until nothing new is found.
#pragma once

#include <cstdint>

#include "v1/parts.h"

namespace morph::v1 {

class Collector {
 public:
    explicit Collector(Parts& parts) : parts_(parts) {}

    void run();

 private:
    void mark_all();
    void mark_from_roots();
    void mark(Object* object);
    void scan(Object* object);
    void drain();
    void trace();
    void settle_tables();
    void sweep();
    void release_pages();
    void record(uint64_t began_ns, uint64_t bytes_before);

    Parts& parts_;
    bool overflowed_ = false;
};

}  // namespace morph::v1
