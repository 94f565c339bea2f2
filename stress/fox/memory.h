// Memory of one parse: typed allocation from the context given, stores, roots, and what was
// allocated.
//
// Everything a parse makes comes from here, that is from the public C interface of whatever memory
// system the program is linked with. Nothing throws: allocation gives nullptr, growth gives false.
//
// In RUNTIME mode every allocation may collect, and then everything moves:
//
// FOX-MOVES  across an allocation (make_*, Array::reserve, push) objects are held in an Array or a
//            Local alone, which are roots, or in other objects. A raw pointer or reference into an
//            object is good until the next allocation.
// FOX-STORES a reference is stored into an object by store() or copy() alone
//
// In COMPILER mode both are what a compiler without collector does: a plain pointer, a plain store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "stress/fox/node.h"

#include "morph/mem.h"

namespace fox {

// Type ids in the context: one per node kind, and one each for the rest.
struct Types {
    uint32_t token = MORPH_TYPE_INVALID;
    uint32_t identifier = MORPH_TYPE_INVALID;
    uint32_t string = MORPH_TYPE_INVALID;
    uint32_t array = MORPH_TYPE_INVALID;  // growing arrays of bytes: text in the making, operators
    std::array<uint32_t, kNodeKinds> node{};
    uint32_t pointers = MORPH_TYPE_INVALID;  // growing arrays of tokens and pending nodes
};

// Registers the front end's types, once per context, and where their references are. false: the
// context refused one; its error says why. (Types already registered stay registered, as all types
// do.)
[[nodiscard]] bool register_types(MorphMemContext* context, Types* types);

// What a parse made. Bytes are as requested of the memory system.
struct Counts {
    uint64_t lines = 0;   // line ends, and one for a last line without
    uint64_t bytes = 0;   // of source
    uint64_t tokens = 0;  // the end of file not counted
    uint64_t identifiers = 0;
    uint64_t strings = 0;  // STRING tokens
    uint64_t texts = 0;    // objects of type string: string tokens, numbers, joined literals
    uint64_t nodes = 0;
    std::array<uint64_t, kNodeKinds> nodes_by_kind{};
    uint64_t token_bytes = 0;
    uint64_t identifier_bytes = 0;
    uint64_t string_bytes = 0;
    uint64_t node_bytes = 0;

    friend bool operator==(const Counts&, const Counts&) = default;
};

class Memory {
 public:
    Memory(MorphMemContext* context, const Types& types)
        : context_(context), heap_(morph_mem_heap(context)), types_(types) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    [[nodiscard]] Token* make_token();
    [[nodiscard]] Node* make_node(NodeKind kind, size_t child_count);
    [[nodiscard]] Text* make_identifier(std::string_view bytes);
    [[nodiscard]] Text* make_string(std::string_view bytes);
    // Contents up to the caller, but for the closing zero.
    [[nodiscard]] Text* make_string_of(size_t length);

    // slot = value; slot is part of object.
    template <typename T>
    void store(void* object, T*& slot, std::type_identity_t<T>* value) {
        if (heap_ == nullptr) {
            slot = value;
        } else {
            morph_heap_write(heap_, object, reinterpret_cast<void**>(&slot), value);
        }
    }
    // count references to the slots at `to`, inside object.
    template <typename T>
    void copy(void* object, T** to, T* const* from, size_t count) {
        if (count == 0) return;
        if (heap_ == nullptr) {
            std::memcpy(to, from, count * sizeof(T*));
        } else {
            morph_heap_copy(heap_, object, reinterpret_cast<void**>(to),
                            reinterpret_cast<void* const*>(from), count);
        }
    }

    // For Array and Local. Roots end in the reverse order of their beginning; false: refused.
    [[nodiscard]] bool begin_root(void** slot) {
        return heap_ == nullptr || morph_heap_push_root(heap_, slot) == MORPH_OK;
    }
    void end_root() {
        if (heap_ != nullptr) (void)morph_heap_pop_roots(heap_, 1);
    }
    [[nodiscard]] void* resize_array(void* array, size_t old_bytes, size_t new_bytes,
                                     bool of_pointers);
    void free_array(void* array);

    Counts counts;

 private:
    [[nodiscard]] Text* make_text(uint32_t type, size_t length);

    MorphMemContext* context_;
    MorphHeap* heap_;  // nullptr: COMPILER mode
    const Types& types_;
};

// An object that must live across allocations, or nullptr.
template <typename T>
class Local {
 public:
    explicit Local(Memory& memory) : memory_(memory), rooted_(memory.begin_root(&object_)) {}
    Local(const Local&) = delete;
    Local& operator=(const Local&) = delete;
    ~Local() {
        if (rooted_) memory_.end_root();
    }

    // false: there was no memory for a root.
    [[nodiscard]] bool good() const { return rooted_; }
    void set(T* object) { object_ = object; }
    [[nodiscard]] T* get() const { return static_cast<T*>(object_); }

 private:
    Memory& memory_;
    void* object_ = nullptr;
    bool rooted_;
};

// A growing array in the context's memory, and a root. Freed with its scope unless taken.
template <typename T>
class Array {
    static_assert(std::is_trivially_copyable_v<T>);
    // What is not a reference holds none.
    static constexpr bool kOfPointers = std::is_pointer_v<T>;

 public:
    explicit Array(Memory& memory) : memory_(memory), rooted_(memory.begin_root(&items_)) {}
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() {
        memory_.free_array(items_);
        if (rooted_) memory_.end_root();
    }

    // Room for one more.
    [[nodiscard]] bool reserve() { return count_ < capacity_ || grow(); }
    // After reserve(): allocates nothing.
    void add(T item) { set(count_++, item); }
    [[nodiscard]] bool push(T item)
        requires(!kOfPointers)
    {
        if (!reserve()) return false;
        add(item);
        return true;
    }
    void truncate(size_t count) { count_ = count; }
    [[nodiscard]] size_t count() const { return count_; }
    [[nodiscard]] const T& operator[](size_t index) const { return data()[index]; }
    [[nodiscard]] const T& back() const { return data()[count_ - 1]; }
    [[nodiscard]] T& back()
        requires(!kOfPointers)
    {
        return items()[count_ - 1];
    }
    void set(size_t index, T item) {
        if constexpr (kOfPointers) {
            memory_.store(items_, items()[index], item);
        } else {
            items()[index] = item;
        }
    }
    [[nodiscard]] const T* data() const { return static_cast<const T*>(items_); }
    // Hands the array over; it then lives as long as its context's objects, or in RUNTIME mode as
    // long as something refers to it.
    [[nodiscard]] T* take() {
        T* taken = items();
        items_ = nullptr;
        count_ = capacity_ = 0;
        return taken;
    }

 private:
    [[nodiscard]] T* items() const { return static_cast<T*>(items_); }
    [[nodiscard]] bool grow() {
        if (!rooted_) return false;
        const size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
        void* grown =
            memory_.resize_array(items_, capacity_ * sizeof(T), capacity * sizeof(T), kOfPointers);
        if (grown == nullptr) return false;
        items_ = grown;
        capacity_ = capacity;
        return true;
    }

    Memory& memory_;
    void* items_ = nullptr;
    bool rooted_;
    size_t count_ = 0;
    size_t capacity_ = 0;
};

}  // namespace fox
