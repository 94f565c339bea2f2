// What collected objects are made of in C++: fields, weak references, and types told by naming the
// fields. Part of heap.hpp, which says how they are used.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "morph/heap.h"

namespace morph_memory {

// A reference inside a collected object. Reading is plain. Writing goes through the barrier, which
// needs the object that the field lies in: see set, HeapRef::write and Root::write.
template <typename Target>
class Field {
 public:
    Field() = default;
    Field(const Field&) = delete;
    Field& operator=(const Field&) = delete;

    [[nodiscard]] Target* get() const { return static_cast<Target*>(reference_); }
    operator Target*() const { return get(); }  // NOLINT(google-explicit-constructor)
    Target* operator->() const { return get(); }

    // object: the beginning of the object that this field is part of.
    void set(MorphHeap* heap, void* object, Target* value) {
        morph_heap_write(heap, object, &reference_, value);
    }

    // For the C interface.
    [[nodiscard]] void** slot() { return &reference_; }

 private:
    void* reference_;
};

// A weak reference is an object: Weak<Target> itself, or a struct that begins with one and holds no
// fields. Its target is cleared by the collection that finds it unreachable.
struct WeakBase {};
template <typename Target>
class Weak : public WeakBase {
 public:
    Weak() = default;
    Weak(const Weak&) = delete;
    Weak& operator=(const Weak&) = delete;

    // Put it in a root before anything collects.
    [[nodiscard]] Target* get() const {
        return static_cast<Target*>(morph_heap_weak_get(static_cast<const void*>(library_)));
    }
    void set(MorphHeap* heap, Target* target) {
        morph_heap_weak_set(heap, static_cast<void*>(library_), target);
    }

 private:
    void* library_[2];
};
static_assert(sizeof(Field<int>) == sizeof(void*) && sizeof(Weak<int>) == 16);

// Ids of registered types, that remember what they are ids of. False: registering failed, and
// allocating with it will.
template <typename Object>
class Type {
 public:
    Type() = default;
    explicit Type(uint32_t id) : id_(id) {}
    [[nodiscard]] uint32_t id() const { return id_; }
    explicit operator bool() const { return id_ != MORPH_TYPE_INVALID; }

 private:
    uint32_t id_ = MORPH_TYPE_INVALID;
};
// Of arrays of Element.
template <typename Element>
class ArrayType : public Type<Element[]> {
 public:
    using Type<Element[]>::Type;
};

namespace heap_parts {

template <typename Member>
inline constexpr bool is_field = false;
template <typename Target>
inline constexpr bool is_field<Field<Target>> = true;

template <typename Member>
struct MemberOf {
    static constexpr bool field = false;
    template <typename Object>
    static constexpr bool in = false;
};
template <typename Class, typename Member>
struct MemberOf<Member Class::*> {
    static constexpr bool field = is_field<Member>;
    template <typename Object>
    static constexpr bool in = std::is_base_of_v<Class, Object>;
};

template <auto member>
struct Named {};

// How often first is among the others.
template <auto first, auto... others>
inline constexpr size_t repeats = (size_t{std::is_same_v<Named<first>, Named<others>>} + ... + 0);

template <typename Object, typename Class, typename Member>
size_t offset_of(Member Class::* member) {
    alignas(Object) unsigned char place[sizeof(Object)];
    auto* object = reinterpret_cast<Object*>(place);
    return static_cast<size_t>(reinterpret_cast<unsigned char*>(&(object->*member)) - place);
}

// The offsets of these fields of Object, ascending.
template <typename Object, auto... members>
struct Offsets {
    static_assert(std::is_trivially_default_constructible_v<Object>,
                  "objects are born zeroed, no constructor runs");
    static_assert(std::is_trivially_destructible_v<Object>,
                  "objects die unnoticed, no destructor runs");
    static_assert((MemberOf<decltype(members)>::field && ...),
                  "name the members of type Field<...>, as &Node::left");
    static_assert((MemberOf<decltype(members)>::template in<Object> && ...),
                  "a field of another class");
    static_assert(((repeats<members, members...> == 1) && ...), "a field is named twice");

    static constexpr size_t count = sizeof...(members);

    Offsets() : list{offset_of<Object>(members)..., 0} { std::sort(list, list + count); }

    size_t list[count + 1];
};

}  // namespace heap_parts

}  // namespace morph_memory
