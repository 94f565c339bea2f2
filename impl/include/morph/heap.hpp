// The C++ face of collected heaps: typed objects, roots that pop themselves, fields that cannot be
// stored without the barrier. Header only, C++20, no exceptions, over morph/heap.h.
//
//   struct Node { Field<Node> left, right; long value; };
//
//   Result<Heap> made = Heap::make();
//   Heap& heap = *made;
//   Type<Node> node = heap.type<Node, &Node::left, &Node::right>("node");
//   Root<Node> tree(heap, heap.allocate(node));        // a root until the end of the block
//   if (Node* leaf = heap.allocate(node)) tree.write(&Node::left, leaf);
//   long sum = tree->left ? tree->left->value : 0;     // reading is plain
//
// A Node* is good until the next call that may collect (allocate, collect, anything that calls
// them); what is needed longer stands in a Root, a GlobalRoot, or a field of an object that is
// reachable. tree.write(&Node::left, heap.allocate(node)) is right: the root is read after the
// allocation. heap.write(tree.get(), &Node::left, heap.allocate(node)) is not.
//
// Objects are born zeroed and die without notice: their types need no constructor and can have no
// destructor. Where a Target* comes from a class with several bases, its first base must be Target:
// references name the beginning of an object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "morph/field.hpp"
#include "morph/heap.h"
#include "morph/owner.hpp"

namespace morph_memory {

// Another's heap: what can be done with it. As good as a pointer.
class HeapRef {
 public:
    explicit HeapRef(MorphHeap* heap) : heap_(heap) {}

    [[nodiscard]] MorphHeap* get() const { return heap_; }

    // Registers Object, whose references are the fields named; without any it is data, and a Weak
    // if it begins with one.
    template <typename Object, auto... members>
    [[nodiscard]] Type<Object> type(const char* name) const {
        heap_parts::Offsets<Object, members...> offsets;
        MorphMemTypeInfo info = {};
        info.name = name;
        if constexpr (std::is_base_of_v<WeakBase, Object>) {
            static_assert(sizeof...(members) == 0, "a weak reference has no fields");
            info.layout = MORPH_LAYOUT_WEAK;
        } else {
            static_assert(!heap_parts::is_field<Object>, "a field alone: register an array of it");
            info.layout = sizeof...(members) == 0 ? MORPH_LAYOUT_DATA : MORPH_LAYOUT_OFFSETS;
        }
        info.offsets = offsets.list;
        info.offset_count = offsets.count;
        return Type<Object>(morph_heap_register_type(heap_, &info));
    }

    // Arrays of Element: of references if Element is a Field, of structs with the fields named, or
    // of data.
    template <typename Element, auto... members>
    [[nodiscard]] ArrayType<Element> array_type(const char* name) const {
        heap_parts::Offsets<Element, members...> offsets;
        MorphMemTypeInfo info = {};
        info.name = name;
        if constexpr (heap_parts::is_field<Element>) {
            info.layout = MORPH_LAYOUT_POINTERS;
        } else {
            static_assert(!std::is_base_of_v<WeakBase, Element>, "a weak reference is an object");
            static_assert(sizeof...(members) == 0 || sizeof(Element) % 8 == 0);
            info.layout = sizeof...(members) == 0 ? MORPH_LAYOUT_DATA : MORPH_LAYOUT_STRUCTS;
            info.offsets = offsets.list;
            info.offset_count = offsets.count;
            info.element_size = sizeof(Element);
        }
        return ArrayType<Element>(morph_heap_register_type(heap_, &info));
    }

    // Zeroed; nullptr when there is no memory. May collect. Aligned as Object asks.
    template <typename Object>
    [[nodiscard]] Object* allocate(Type<Object> type) const {
        return static_cast<Object*>(take(sizeof(Object), alignof(Object), type.id()));
    }
    template <typename Element>
    [[nodiscard]] Element* allocate_array(ArrayType<Element> type, size_t count) const {
        size_t size = count > MORPH_MAX_REQUEST / sizeof(Element) ? SIZE_MAX  // is refused
                                                                  : count * sizeof(Element);
        return static_cast<Element*>(take(size, alignof(Element), type.id()));
    }
    // Of an array that allocate_array gave.
    template <typename Element>
    [[nodiscard]] size_t length(const Element* array) const {
        return morph_heap_object_size(heap_, array) / sizeof(Element);
    }

    // object->*member = value.
    template <typename Object, typename Class, typename Target>
    void write(Object* object, Field<Target> Class::* member,
               std::type_identity_t<Target>* value) const {
        (object->*member).set(heap_, object, value);
    }
    // array[index] = value.
    template <typename Target>
    void write(Field<Target>* array, size_t index, std::type_identity_t<Target>* value) const {
        array[index].set(heap_, array, value);
    }
    // array[index].*member = value.
    template <typename Element, typename Class, typename Target>
    void write(Element* array, size_t index, Field<Target> Class::* member,
               std::type_identity_t<Target>* value) const {
        (array[index].*member).set(heap_, array, value);
    }
    // count references from `from`, into array[at] and on; as memmove.
    template <typename Target>
    void copy(Field<Target>* array, size_t at, Field<Target>* from, size_t count) const {
        if (count != 0) morph_heap_copy(heap_, array, array[at].slot(), from->slot(), count);
    }
    template <typename Target>
    void fill(Field<Target>* array, size_t at, size_t count,
              std::type_identity_t<Target>* value) const {
        if (count != 0) morph_heap_fill(heap_, array, array[at].slot(), count, value);
    }

    // finalize(HeapRef, Object*) runs once, after the collection that found object unreachable.
    template <auto finalize, typename Object>
    MorphCode set_finalizer(Object* object) const {
        return morph_heap_set_finalizer(
            heap_, object,
            [](MorphHeap* heap, void* dead, void*) {
                finalize(HeapRef(heap), static_cast<Object*>(dead));
            },
            nullptr);
    }

    MorphCode collect_minor() const { return morph_heap_collect_minor(heap_); }
    MorphCode collect_major() const { return morph_heap_collect_major(heap_); }
    [[nodiscard]] MorphCode verify() const { return morph_heap_verify(heap_); }
    [[nodiscard]] MorphHeapStats stats() const { return morph_heap_stats(heap_); }
    [[nodiscard]] MorphError last_error() const { return morph_heap_last_error(heap_); }

 protected:
    void* take(size_t size, size_t alignment, uint32_t type) const {
        return alignment <= MORPH_DEFAULT_ALIGNMENT
                   ? morph_heap_alloc(heap_, size, type)
                   : morph_heap_alloc_aligned(heap_, size, alignment, type);
    }

    MorphHeap* heap_;
};

// A heap of one's own. Outlives its roots.
class Heap : public HeapRef {
 public:
    static Result<Heap> make(const MorphHeapConfig& config = {}) {
        MorphHeap* heap = morph_heap_create(&config);
        if (heap == nullptr) return morph_creation_error();
        return Heap(heap);
    }
    Heap(Heap&& other) noexcept : HeapRef(std::exchange(other.heap_, nullptr)) {}
    Heap& operator=(Heap&& other) noexcept {
        if (this != &other) {
            morph_heap_destroy(heap_);
            heap_ = std::exchange(other.heap_, nullptr);
        }
        return *this;
    }
    Heap(const Heap&) = delete;
    Heap& operator=(const Heap&) = delete;
    ~Heap() { morph_heap_destroy(heap_); }

 private:
    explicit Heap(MorphHeap* heap) : HeapRef(heap) {}
};

// What a Root and a GlobalRoot have in common: a variable that the collector sees.
template <typename Target>
class RootBase {
 public:
    RootBase(const RootBase&) = delete;

    [[nodiscard]] Target* get() const { return static_cast<Target*>(object_); }
    operator Target*() const { return get(); }  // NOLINT(google-explicit-constructor)
    Target* operator->() const { return get(); }

    // object->*member = value, through the barrier.
    template <typename Class, typename Member>
    void write(Field<Member> Class::* member, std::type_identity_t<Member>* value) {
        (get()->*member).set(heap_, object_, value);
    }

    // false: there was no memory to note the root, and the collector does not see it.
    [[nodiscard]] bool ok() const { return registered_; }

 protected:
    RootBase(HeapRef heap, Target* object) : heap_(heap.get()), object_(object) {}
    ~RootBase() = default;

    MorphHeap* heap_;
    void* object_;
    bool registered_ = false;
};

// A root for as long as a block: on the shadow stack, so roots end in the reverse of their order.
// Debug mode reports one that does not.
template <typename Target>
class Root : public RootBase<Target> {
 public:
    explicit Root(HeapRef heap, Target* object = nullptr) : RootBase<Target>(heap, object) {
        this->registered_ = morph_heap_push_root(this->heap_, &this->object_) == MORPH_OK;
    }
    Root& operator=(const Root&) = delete;
    Root& operator=(Target* object) {
        this->object_ = object;
        return *this;
    }
    ~Root() {
        if (this->registered_) (void)morph_heap_pop_root(this->heap_, &this->object_);
    }
};

// A root of any life time: a member, a static, an element.
template <typename Target>
class GlobalRoot : public RootBase<Target> {
 public:
    explicit GlobalRoot(HeapRef heap, Target* object = nullptr) : RootBase<Target>(heap, object) {
        this->registered_ = morph_heap_add_global_root(this->heap_, &this->object_) == MORPH_OK;
    }
    GlobalRoot& operator=(const GlobalRoot&) = delete;
    GlobalRoot& operator=(Target* object) {
        this->object_ = object;
        return *this;
    }
    ~GlobalRoot() {
        if (this->registered_) {
            (void)morph_heap_remove_global_root(this->heap_, &this->object_);
        }
    }
};

}  // namespace morph_memory
