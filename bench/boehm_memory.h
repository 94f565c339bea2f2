// Boehm's collector as a Memory policy of the collector workloads (stress/collector/field.h).
//
// It finds roots by scanning stack and registers, so a Root is a plain variable, and it has no
// barrier: a store is a store. Objects without references come from GC_MALLOC_ATOMIC, which it does
// not scan; the policy promises zeroed memory, so these are cleared here.
//
// Set up for speed within the bound: no incremental mode, no threads (the library never takes its
// lock then), the heap grown to the bound before the first allocation, so that it collects as
// rarely as the bound allows, and patience (GC_set_max_retries) where it would give up early.
#pragma once

#include <cstring>
#include <gc/gc.h>

#include "bench/isolated.h"
#include "stress/collector/field.h"

namespace bench {

class BoehmMemory {
 public:
    // Of this process, once (see isolated.h). bytes_max 0: no bound.
    explicit BoehmMemory(size_t bytes_max) {
        GC_INIT();
        GC_set_max_retries(20);
        if (bytes_max == 0) return;
        GC_set_max_heap_size(bytes_max);
        const size_t now = GC_get_heap_size();
        const size_t margin = size_t{1} << 20;  // below the bound: it rounds up, then is refused
        if (bytes_max > now + margin && GC_expand_hp(bytes_max - now - margin) == 0) {
            fail("GC_expand_hp", "refused");
        }
    }
    BoehmMemory(const BoehmMemory&) = delete;
    BoehmMemory& operator=(const BoehmMemory&) = delete;

    template <typename T>
    class Root {
     public:
        explicit Root(BoehmMemory&, T* object = nullptr) : object_(object) {}
        Root(const Root&) = delete;
        Root& operator=(const Root&) = delete;

        [[nodiscard]] T* get() const { return object_; }
        T* operator->() const { return object_; }
        Root& operator=(T* object) {
            object_ = object;
            return *this;
        }

     private:
        T* object_;
    };

    // The id says whether objects of the type have references.
    [[nodiscard]] static uint32_t register_type(const MorphMemTypeInfo& info) {
        return info.layout == MORPH_LAYOUT_DATA ? kData : kReferences;
    }

    template <typename T>
    [[nodiscard]] T* allocate(uint32_t type, size_t bytes = sizeof(T)) {
        if (type == kReferences) return static_cast<T*>(GC_MALLOC(bytes));
        void* object = GC_MALLOC_ATOMIC(bytes);
        if (object != nullptr) std::memset(object, 0, bytes);
        return static_cast<T*>(object);
    }

    template <typename T>
    void store(void*, collector::Field<T>& field, T* value) {
        field.set_plain(value);
    }

    static void collect() { GC_gcollect(); }
    static const char* verify() { return nullptr; }

 private:
    static constexpr uint32_t kData = 1;
    static constexpr uint32_t kReferences = 2;
};

}  // namespace bench
