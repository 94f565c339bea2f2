// V1: the first memory system, as a heap behind morph/heap.h. What it is for: morph/v1.h.
//
//   v1.cpp          birth and death, reset, settings, collections as calls
//   allocate.cpp    allocation, freeing, resizing
//   calls.cpp       stores, roots, weak references, finalizers
//   collector.cpp   collections
//   verifier.cpp    checks of everything
//   figures.cpp     statistics, and what is known of an address
//   header.h pages.h free_list.h root_list.h mark_blocks.h    its data
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunk/error.h"
#include "v1/parts.h"

#include "morph/heap.h"
#include "morph/v1.h"

namespace morph {

// Calls promise what their namesakes of morph/heap.h do, but for what is said here.
class V1 {
 public:
    // nullptr: refused, and errors tells why. Balanced by destroy.
    static V1* create(const V1Config& config, ErrorState& errors);
    static void destroy(V1* v1);

    // zeroed false: what a reused object holds is what it held. No collection is made because
    // memory is refused.
    [[nodiscard]] void* allocate(size_t size, size_t alignment, uint32_t type, bool zeroed = true);
    // COMPILER mode: the object is dead from now on. MORPH_ERROR_NOT_AN_OBJECT for anything else
    // than a live object's address. O(objects of its page).
    MorphCode free(void* address);
    [[nodiscard]] void* resize(void* object, size_t new_size);
    void reset();
    MorphCode configure(const MorphHeapSettings& given);  // major_threshold alone has an effect
    MorphCode force(const MorphForcedCollections& plan);

    void copy(void* object, void** to, void* const* from, size_t count);
    void fill(void* object, void** to, size_t count, void* value);

    MorphCode push_root(void** slot);
    MorphCode pop_roots(size_t count);
    MorphCode pop_root(void** slot);
    MorphCode add_global_root(void** slot);
    MorphCode remove_global_root(void** slot);  // O(global roots)
    [[nodiscard]] size_t root_depth() const;

    void weak_set(void* weak, void* target);
    MorphCode set_finalizer(void* object, MorphFinalizer finalizer, void* user);

    MorphCode collect_minor();  // a full collection, as all are
    MorphCode collect_major();

    // COMPILER mode: its layout has no effect, and is not looked at.
    [[nodiscard]] uint32_t register_type(const MorphMemTypeInfo& info);
    [[nodiscard]] uint32_t types() const;
    // Pages are old_bytes_mapped, objects with a mapping of their own large_bytes_mapped.
    [[nodiscard]] MorphHeapStats stats() const;
    MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats);
    [[nodiscard]] MorphMemPlacement placement(uint32_t type) const;  // as registered
    [[nodiscard]] size_t timeline(MorphTimelineSample* samples, size_t count) const;

    [[nodiscard]] size_t object_size(const void* object) const;
    // O(objects of a page); O(pages) while there are objects with a mapping of their own.
    [[nodiscard]] MorphAddressInfo query(const void* address) const;
    void walk(MorphObjectVisitor visit, void* user) const;
    [[nodiscard]] MorphCode verify();
    [[nodiscard]] const MorphError& last_error() const;
    [[nodiscard]] const Reporter& reporter() const { return parts_.reporter; }

    // Notes a failure of a call: code and text (printf's format), and counts it.
    MorphCode fail(MorphCode code, const char* format, ...) __attribute__((format(printf, 3, 4)));

 private:
    friend struct V1Peek;  // tests break things with it

    V1(const V1Config& config, size_t home_bytes);
    ~V1() = default;
    V1(const V1&) = delete;
    V1& operator=(const V1&) = delete;

    MorphCode open(const MorphV1Settings& settings);
    static void dismantle(V1* v1);
    void report_leaks();
    [[nodiscard]] bool tick();
    void collect();
    void run_finalizers();
    MorphCode collect_when_asked(const char* call);
    MorphCode refuse_busy(const char* call);
    MorphCode count_failure() {
        parts_.counts.failures += 1;
        return parts_.errors.last.code;
    }

    // allocate.cpp
    MorphCode validate(size_t size, size_t alignment, uint32_t type);
    void collect_when_due();
    void serve_daemon();
    void swap_out_pages(uint64_t now_ms);
    [[nodiscard]] v1::Object* find_room(size_t size, size_t alignment, uint32_t type, bool zeroed);
    void enlist(v1::Object* object, uint32_t type);
    MorphCode refuse_free(const void* address, const v1::Object* object);
    void copy_contents(void* to, const void* from, size_t old_size, size_t new_size);

    v1::Parts parts_;  // first: its head is what the public sees
    const MorphMemoryLimits limits_;
    const size_t home_bytes_;
    const bool report_leaks_;
    bool collecting_ = false;  // no call of the heap is served meanwhile
    bool finalizing_ = false;
    MorphForcedCollections forced_ = {};
    uint64_t until_forced_ = 0;  // allocations; 0: none is to be forced
};

// The public head lies at its beginning.
inline V1* v1_of(MorphHeap* heap) {
    return reinterpret_cast<V1*>(heap);
}

}  // namespace morph
