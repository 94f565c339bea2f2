// MorphMemory: the Memory policy (field.h) of a heap of morph/heap.h.
#pragma once

#include <new>

#include "stress/collector/field.h"

#include "morph/heap.h"

namespace collector {

class MorphMemory {
 public:
    // heap outlives this, and everything that was allocated by it.
    explicit MorphMemory(MorphHeap* heap) : heap_(heap) {}
    MorphMemory(const MorphMemory&) = delete;
    MorphMemory& operator=(const MorphMemory&) = delete;

    template <typename T>
    class Root {
     public:
        explicit Root(MorphMemory& memory, T* object = nullptr)
            : heap_(memory.heap_), object_(object) {
            // A workload has no other way to hold its objects: it ends here.
            if (morph_heap_push_root(heap_, &object_) != MORPH_OK) throw std::bad_alloc();
        }
        Root(const Root&) = delete;
        Root& operator=(const Root&) = delete;
        ~Root() { (void)morph_heap_pop_roots(heap_, 1); }

        [[nodiscard]] T* get() const { return static_cast<T*>(object_); }
        T* operator->() const { return get(); }
        Root& operator=(T* object) {
            object_ = object;
            return *this;
        }

     private:
        MorphHeap* heap_;
        void* object_;
    };

    [[nodiscard]] uint32_t register_type(const MorphMemTypeInfo& info) {
        return morph_heap_register_type(heap_, &info);
    }

    template <typename T>
    [[nodiscard]] T* allocate(uint32_t type, size_t bytes = sizeof(T)) {
        return static_cast<T*>(morph_heap_alloc(heap_, bytes, type));
    }

    template <typename T>
    void store(void* object, Field<T>& field, T* value) {
        morph_heap_write(heap_, object, field.slot(), value);
    }

    void collect() { (void)morph_heap_collect_major(heap_); }

    [[nodiscard]] const char* verify() {
        if (morph_heap_verify(heap_) == MORPH_OK) return nullptr;
        error_ = morph_heap_last_error(heap_);
        return error_.text;
    }

    [[nodiscard]] MorphHeap* heap() const { return heap_; }

 private:
    MorphHeap* heap_;
    MorphError error_ = {};
};

}  // namespace collector
