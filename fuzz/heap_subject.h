// HeapSubject: a subject with a collector. Objects are reached through roots, and may move.
//
// A peer without generations offers allocation, plain stores, roots, full collections, weak
// references and finalizers; Abilities::precise says that all of heap.h is there, and generations
// that this includes young objects and old ones.
#pragma once

#include "fuzz/subject.h"

#include "morph/heap.h"

namespace suite {

class HeapSubject : public Subject {
 public:
    HeapSubject* heap() final { return this; }

    virtual uint32_t register_layout(const MorphMemTypeInfo& info) = 0;
    // alignment MORPH_DEFAULT_ALIGNMENT takes the plain path, as users' code does.
    virtual void* allocate_object(size_t size, size_t alignment, uint32_t type) = 0;
    virtual void* resize(void* object, size_t old_size, size_t new_size, uint32_t type) = 0;

    virtual size_t size_of(const void* object) = 0;
    virtual uint32_t type_of(const void* object) = 0;
    virtual uint8_t flags_of(const void* object) = 0;
    virtual void set_flags(void* object, uint8_t flags) = 0;

    virtual void store(void* object, void** slot, void* value) = 0;
    virtual void copy(void* object, void** to, void* const* from, size_t count) = 0;
    virtual void fill(void* object, void** to, size_t count, void* value) = 0;

    virtual MorphCode push_root(void** cell) = 0;
    virtual MorphCode pop_roots(size_t count) = 0;
    virtual MorphCode pop_root(void** cell) = 0;
    virtual size_t root_depth() = 0;
    virtual MorphCode add_global(void** cell) = 0;
    virtual MorphCode remove_global(void** cell) = 0;

    virtual void* weak_get(const void* weak) = 0;
    virtual void weak_set(void* weak, void* target) = 0;
    virtual MorphCode set_finalizer(void* object, MorphFinalizer finalizer, void* user) = 0;

    virtual MorphCode collect(bool major) = 0;
    virtual void force(const MorphForcedCollections& plan) = 0;
    virtual MorphCode configure(const MorphHeapSettings& settings) = 0;

    virtual MorphHeapStats stats() = 0;
    virtual MorphCode type_stats(uint32_t type, MorphHeapTypeStats* stats) = 0;
    virtual size_t timeline(MorphTimelineSample* samples, size_t count) = 0;
    virtual void walk(MorphObjectVisitor visit, void* user) = 0;

    // What objects that the program frees have, and these have not.
    void* allocate(const Operation&) final { return nullptr; }
    MorphCode free(void*, size_t) final { return MORPH_ERROR_UNSUPPORTED; }
    void* reallocate(void*, size_t, size_t, uint32_t) final { return nullptr; }
    void* mark() final { return nullptr; }
    MorphCode release(void*) final { return MORPH_ERROR_UNSUPPORTED; }
    uint32_t register_type(uint8_t) final { return MORPH_TYPE_INVALID; }
    Figures figures() final { return {}; }
    std::optional<MorphMemTypeStats> type_figures(uint32_t) final { return std::nullopt; }
};

}  // namespace suite
