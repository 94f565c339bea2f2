// Heap: the generational heap, see morph/heap.h for what its calls promise.
//
//   home pages (metadata of its own Source)            chunks of the same Source
//   +-------+---------------------------+              +-------+ +--------+ +------+ +-------+
//   | head  | parts | flags of a moment |------------->| young | | blocks | | runs | | large |
//   +-------+---------------------------+              +-------+ +--------+ +------+ +-------+
//
// The public head lies at the beginning, so a MorphHeap* is a Heap*.
//
//   heap.cpp        birth and death, reset, settings
//   allocate.cpp    the slow path of allocation, resizing
//   barrier.cpp     the slow path of stores
//   collector.cpp   collections (with marker.cpp, evacuator.cpp)
//   verifier.cpp    checks of everything
//   figures.cpp     statistics
//
// The C functions are in context/heap_interface.cpp.
#pragma once

#include "heap/parts.h"

#include "morph/heap.h"

namespace morph {

class Heap {
 public:
    // nullptr: refused, and errors tells why. Balanced by destroy.
    static Heap* create(const MorphHeapConfig& config, ErrorState& errors);
    static void destroy(Heap* heap);

    [[nodiscard]] void* allocate(size_t size, size_t alignment, uint32_t type);
    [[nodiscard]] void* resize(void* object, size_t new_size);
    void reset();
    MorphCode configure(const MorphHeapSettings& given);
    MorphCode force(const MorphForcedCollections& plan);

    void barrier(void* object, void** slot, void* value);
    void copy(void* object, void** to, void* const* from, size_t count);
    void fill(void* object, void** to, size_t count, void* value);

    MorphCode push_root(void** slot);
    MorphCode pop_roots(size_t count);
    MorphCode pop_root(void** slot);
    MorphCode add_global_root(void** slot);
    MorphCode remove_global_root(void** slot);
    [[nodiscard]] size_t root_depth() const { return parts_.roots.depth(); }

    void weak_set(void* weak, void* target);
    MorphCode set_finalizer(void* object, MorphFinalizer finalizer, void* user);

    MorphCode collect_minor();
    MorphCode collect_major();

    [[nodiscard]] uint32_t register_type(const MorphMemTypeInfo& info);
    [[nodiscard]] uint32_t types() const { return parts_.types.count(); }
    [[nodiscard]] MorphHeapStats stats() const;
    MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats);
    [[nodiscard]] size_t timeline(MorphTimelineSample* samples, size_t count) const {
        return parts_.timeline.copy_last(samples, count);
    }

    [[nodiscard]] size_t object_size(const void* object) const { return parts_.size_of(object); }
    [[nodiscard]] MorphAddressInfo query(const void* address) const;
    void walk(MorphObjectVisitor visit, void* user) const;
    [[nodiscard]] MorphCode verify();
    [[nodiscard]] const MorphError& last_error() const { return parts_.errors.last; }
    [[nodiscard]] const Reporter& reporter() const { return parts_.reporter; }

    // Notes a failure of a call: code and text (printf's format), and counts it.
    MorphCode fail(MorphCode code, const char* format, ...) __attribute__((format(printf, 3, 4)));

 private:
    friend struct HeapPeek;  // tests break things with it

    Heap(const MorphHeapConfig& config, bool debug, size_t home_bytes);
    ~Heap();
    Heap(const Heap&) = delete;
    Heap& operator=(const Heap&) = delete;

    MorphCode open();
    static void dismantle(Heap* heap);
    void report_leaks();

    // allocate.cpp
    MorphCode validate(size_t size, size_t alignment, uint32_t type);
    [[nodiscard]] void* find_room(size_t size, size_t bytes, size_t alignment, uint32_t type);
    [[nodiscard]] void* carve(size_t size, size_t bytes, uint32_t type);
    [[nodiscard]] void* take_old(size_t size, size_t bytes, size_t alignment, uint32_t type);
    void make_room(unsigned attempt, bool old);
    void* explain_refusal(size_t size);
    void copy_contents(void* to, const void* from, size_t old_size, size_t new_size);

    MorphCode count_failure() {
        parts_.counts.failures += 1;
        return parts_.errors.last.code;
    }
    [[nodiscard]] bool busy() const { return collecting_; }
    MorphCode refuse_busy(const char* call);
    MorphCode refuse_access();
    // false: debug mode, the system refuses access to where objects would move.
    [[nodiscard]] bool collect(bool major);
    void run_finalizers();
    void log(void* object);
    void watched_barrier(void* object, void** slot, void* value);
    void note_store(void* object, void** slot, void* value);

    HeapParts parts_;  // first: its head is what the public sees
    const MorphMemoryLimits limits_;
    const size_t home_bytes_;
    const bool report_leaks_;
    bool collecting_ = false;  // no call of the heap is served meanwhile
    bool finalizing_ = false;
};

inline Heap* heap_of(MorphHeap* heap) {
    return reinterpret_cast<Heap*>(heap);
}
// Queries do not change what the user sees; but they note their failures in the heap as well.
inline Heap* heap_of(const MorphHeap* heap) {
    return const_cast<Heap*>(reinterpret_cast<const Heap*>(heap));
}

}  // namespace morph
