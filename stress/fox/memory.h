// Memory of one parse: typed allocation from the context given, and what was allocated.
//
// Everything a parse makes comes from here, that is from the public C interface of whatever memory
// system the program is linked with. Nothing throws: allocation gives nullptr, growth gives false.
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
    uint32_t array =
        MORPH_TYPE_INVALID;  // growing arrays: tokens, pending nodes, text in the making
    std::array<uint32_t, kNodeKinds> node{};
};

// Registers the front end's types, once per context. false: the context refused one; its error
// says why. (Types already registered stay registered, as all types do.)
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
    Memory(MorphMemContext* context, const Types& types) : context_(context), types_(types) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    [[nodiscard]] Token* make_token();
    [[nodiscard]] Node* make_node(NodeKind kind, size_t child_count);
    [[nodiscard]] Text* make_identifier(std::string_view bytes);
    [[nodiscard]] Text* make_string(std::string_view bytes);
    // Contents up to the caller, but for the closing zero.
    [[nodiscard]] Text* make_string_of(size_t length);

    [[nodiscard]] void* resize_array(void* array, size_t old_bytes, size_t new_bytes);
    void free_array(void* array);

    Counts counts;

 private:
    [[nodiscard]] Text* make_text(uint32_t type, size_t length);

    MorphMemContext* context_;
    const Types& types_;
};

// A growing array in the context's memory. Freed with its scope unless taken.
template <typename T>
class Array {
    static_assert(std::is_trivially_copyable_v<T>);

 public:
    explicit Array(Memory& memory) : memory_(memory) {}
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() { memory_.free_array(items_); }

    [[nodiscard]] bool push(T item) {
        if (count_ == capacity_ && !grow()) return false;
        items_[count_++] = item;
        return true;
    }
    void truncate(size_t count) { count_ = count; }
    [[nodiscard]] size_t count() const { return count_; }
    [[nodiscard]] T& operator[](size_t index) { return items_[index]; }
    [[nodiscard]] T& back() { return items_[count_ - 1]; }
    [[nodiscard]] T* data() { return items_; }
    // Hands the array over; it then lives as long as its context's objects.
    [[nodiscard]] T* take() {
        T* taken = items_;
        items_ = nullptr;
        count_ = capacity_ = 0;
        return taken;
    }

 private:
    [[nodiscard]] bool grow() {
        const size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
        void* grown = memory_.resize_array(items_, capacity_ * sizeof(T), capacity * sizeof(T));
        if (grown == nullptr) return false;
        items_ = static_cast<T*>(grown);
        capacity_ = capacity;
        return true;
    }

    Memory& memory_;
    T* items_ = nullptr;
    size_t count_ = 0;
    size_t capacity_ = 0;
};

}  // namespace fox
