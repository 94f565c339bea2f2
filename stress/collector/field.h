// What the collector workloads ask of a memory system: the shape of a Memory policy, and Field.
//
// The workloads (gc_bench.h, binary_trees.h, lru_cache.h, lru_server.h, deep_list.h, wide_array.h,
// wide_tree.h, pointer_arrays.h, cyclic_graph.h) are templates on a class like this one;
// morph_memory.h is the one for morph/heap.h, and another collector needs about forty lines:
//
//   class Memory {
//    public:
//     // Where the references of objects are; MORPH_TYPE_INVALID when refused. A conservative
//     // collector only looks whether layout is MORPH_LAYOUT_DATA.
//     uint32_t register_type(const MorphMemTypeInfo& info);
//     // bytes of memory, all zero; nullptr: out of memory. Everything may move here.
//     template <typename T> T* allocate(uint32_t type, size_t bytes = sizeof(T));
//     // field = value; field is part of object. With the write barrier, if there is one.
//     template <typename T> void store(void* object, Field<T>& field, T* value);
//     // Keeps an object, or nullptr, while it lives; holds its new address when it has moved.
//     // Roots end in the reverse order of their beginning, and are assigned without barrier.
//     template <typename T> class Root {
//      public:
//       Root(Memory& memory, T* object = nullptr);
//       T* get() const;
//       T* operator->() const;
//       Root& operator=(T* object);
//     };
//     void collect();        // a full collection
//     const char* verify();  // nullptr, or what is broken in the memory system
//   };
//
// The storms and the fragmentation loads (promotion_storm.h, barrier_storm.h, fragment_second.h,
// fragment_alternate.h, sawtooth.h, size_shift.h) also ask how much is live and mapped, and that
// memory be refused: checked_memory.h has the rest of that shape.
//
// COLLECTOR-ROOTS  between two allocations a workload holds objects in raw pointers; across one,
//                  only in Roots and Fields
// COLLECTOR-STORES it writes a Field by store() alone, also in a fresh object
// COLLECTOR-CHECKS all it reads back is compared with what it knows without the heap
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "morph/heap.h"

namespace collector {

// A reference inside an object. 8 bytes, nullptr in a fresh object; assigned by Memory::store.
template <typename T>
class Field {
 public:
    [[nodiscard]] T* get() const { return static_cast<T*>(value_); }
    T* operator->() const { return get(); }
    explicit operator bool() const { return value_ != nullptr; }

    // For policies: where it is, and the store without barrier.
    [[nodiscard]] void** slot() { return &value_; }
    void set_plain(T* value) { value_ = value; }

 private:
    void* value_;  // a collector reads and writes it as one
};
static_assert(sizeof(Field<int>) == 8 && std::is_trivial_v<Field<int>>);

// How a workload ended.
struct Outcome {
    const char* wrong = nullptr;  // nullptr: all checks held
    uint64_t result = 0;          // the same on every memory system
};

// What is live, headers included, and what is mapped for it beside the young generation.
struct Footprint {
    uint64_t live, mapped;  // bytes
};
// How much may be mapped when so much is live.
struct FootprintBound {
    uint64_t percent;   // of live bytes
    uint64_t constant;  // bytes
};

// Compared by address: an array, so that it is one in all files.
inline constexpr char kOutOfMemory[] = "out of memory";

}  // namespace collector
