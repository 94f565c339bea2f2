// FreeList: all free objects, and beside it each page's own list of them.
//
//   head -> object <-> object <-> ... -> nullptr       last in, first out; doubly linked
//   page.free -> object <-> object -> nullptr
//
// A request walks the whole list for an object of exactly its size. That a miss has walked all of
// it is V1's largest cost.
//
// V1-FREE  both kinds of list are linked both ways; they hold exactly the objects that are flagged
//          free, each once, and on its own page's list
#pragma once

#include <cstddef>

#include "v1/pages.h"

namespace morph::v1 {

class FreeList {
 public:
    // To the head of both lists, and flagged.
    void put(Object* object) {
        Page* page = object->page;
        object->flags |= kFreeFlag;
        object->free_next = head_;
        object->free_previous = nullptr;
        if (head_ != nullptr) head_->free_previous = object;
        head_ = object;
        object->page_free_next = page->free;
        object->page_free_previous = nullptr;
        if (page->free != nullptr) page->free->page_free_previous = object;
        page->free = object;
        count_ += 1;
    }

    // The first one of exactly that size that is aligned to alignment (one with a mapping of its
    // own serves whoever asks for as little alignment, or less); nullptr. O(free objects).
    [[nodiscard]] Object* find(size_t size, size_t alignment) const {
        for (Object* object = head_; object != nullptr; object = object->free_next) {
            if (object->size != size) continue;
            if ((reinterpret_cast<uintptr_t>(object->payload()) & (alignment - 1)) == 0) {
                return object;
            }
        }
        return nullptr;
    }

    // Off both lists; not free any more.
    void take(Object* object) {
        (object->page_free_previous != nullptr ? object->page_free_previous->page_free_next
                                               : object->page->free) = object->page_free_next;
        if (object->page_free_next != nullptr) {
            object->page_free_next->page_free_previous = object->page_free_previous;
        }
        unlink(object);
        object->page_free_next = object->page_free_previous = nullptr;
        object->flags = static_cast<uint8_t>(object->flags & ~kFreeFlag);
    }

    // The page goes: its objects leave the list of all.
    void forget(const Page* page) {
        for (Object* object = page->free; object != nullptr; object = object->page_free_next) {
            unlink(object);
        }
    }

    void clear() {
        head_ = nullptr;
        count_ = 0;
    }

    [[nodiscard]] const Object* head() const { return head_; }
    [[nodiscard]] size_t count() const { return count_; }

 private:
    friend struct Peek;

    void unlink(Object* object) {
        (object->free_previous != nullptr ? object->free_previous->free_next : head_) =
            object->free_next;
        if (object->free_next != nullptr) object->free_next->free_previous = object->free_previous;
        object->free_next = object->free_previous = nullptr;
        count_ -= 1;
    }

    Object* head_ = nullptr;
    size_t count_ = 0;
};

}  // namespace morph::v1
