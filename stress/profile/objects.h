// Objects: where the profile keeps what it allocates, by index, and how each is filled.
//
// COMPILER mode: a table of addresses outside the memory system. RUNTIME mode: everything is
// reachable from one root, as a tree would be, and moves:
//
//   root -> directory (array of references)
//             +---+---+---+
//             | o | o | o | ...     a list for each kListObjects objects, the last one first:
//             +-|-+---+---+
//               v
//              object 7 -> object 6 -> ... -> object 0      word 0 is the link
//
// All other words of an object hold its identity and their place in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "morph/mem.h"

namespace profile {

struct Wanted {
    uint32_t type;
    uint32_t size;  // bytes, a multiple of 8
    uint64_t identity;
};

class Objects {
 public:
    static constexpr uint64_t kListObjects = 8;

    // Registers what it needs itself. false: refused.
    [[nodiscard]] bool open(MorphMemContext* context);
    // Where the references of the objects are, for their types.
    static void describe(MorphMemTypeInfo* info, MorphMemMode mode);

    // Before the first object, and after a reset. false: out of memory.
    [[nodiscard]] bool begin(uint64_t count);
    // A new object with the next index, from 0. false: out of memory.
    [[nodiscard]] bool add(const Wanted& wanted);
    // A new object in the place of another one, which is freed. false: out of memory.
    [[nodiscard]] bool replace(uint64_t index, const Wanted& wanted);
    [[nodiscard]] bool holds(uint64_t index, const Wanted& wanted) const;

 private:
    [[nodiscard]] uint64_t* at(uint64_t index) const {
        return heap_ == nullptr ? table_[index] : in_list(index);
    }
    [[nodiscard]] uint64_t* in_list(uint64_t index) const;
    [[nodiscard]] uint64_t* make(const Wanted& wanted);
    void add_to_list(uint64_t* object);
    [[nodiscard]] void** list(uint64_t index) const {
        return static_cast<void**>(directory_) + index / kListObjects;
    }

    MorphMemContext* context_ = nullptr;
    MorphHeap* heap_ = nullptr;  // nullptr: COMPILER mode
    size_t first_word_ = 0;      // behind the link
    uint64_t count_ = 0;
    std::vector<uint64_t*> table_;  // COMPILER mode
    void* directory_ = nullptr;     // RUNTIME mode: a root
    uint32_t directory_type_ = MORPH_TYPE_INVALID;
};

// Inline, so that they cost nothing that would blur what the memory system costs.
inline uint64_t* Objects::make(const Wanted& wanted) {
    auto* object = static_cast<uint64_t*>(morph_mem_alloc(context_, wanted.size, wanted.type));
    if (object == nullptr) return nullptr;
    for (size_t word = first_word_; word < wanted.size / 8; ++word) {
        object[word] = wanted.identity * 0x9e3779b97f4a7c15u + word;
    }
    return object;
}

inline bool Objects::add(const Wanted& wanted) {
    uint64_t* object = make(wanted);
    if (object == nullptr) return false;
    if (heap_ == nullptr) {
        table_[count_++] = object;
    } else {
        add_to_list(object);
    }
    return true;
}

inline bool Objects::holds(uint64_t index, const Wanted& wanted) const {
    const uint64_t* object = at(index);
    if (object == nullptr) return false;
    for (size_t word = first_word_; word < wanted.size / 8; ++word) {
        if (object[word] != wanted.identity * 0x9e3779b97f4a7c15u + word) return false;
    }
    return true;
}

}  // namespace profile
