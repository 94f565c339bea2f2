// std::pmr memory resources over an arena and a pool. Header only, C++20.
//
//   morph_memory::ArenaResource resource(arena);        // a MorphArena*, or Arena::get()
//   std::pmr::vector<int> numbers(&resource);
//
// They throw std::bad_alloc when there is no memory, as std::pmr wants it. Thread rules are those
// of what they stand on, which must outlive them and everything allocated.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <new>

#include "morph/arena.h"
#include "morph/pool.h"

namespace morph_memory {

// Deallocation does nothing: the arena's reset, scope or end frees.
class ArenaResource final : public std::pmr::memory_resource {
 public:
    explicit ArenaResource(MorphArena* arena) : arena_(arena) {}

 private:
    void* do_allocate(size_t bytes, size_t alignment) override {
        void* memory = alignment <= MORPH_DEFAULT_ALIGNMENT
                           ? morph_arena_alloc(arena_, bytes)
                           : morph_arena_alloc_aligned(arena_, bytes, alignment);
        if (memory == nullptr) throw std::bad_alloc();
        return memory;
    }
    void do_deallocate(void*, size_t, size_t) override {}
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        auto* same = dynamic_cast<const ArenaResource*>(&other);
        return same != nullptr && same->arena_ == arena_;
    }

    MorphArena* arena_;
};

// What a pool does not serve goes upstream: sizes above MORPH_POOL_MAX_SIZE and alignments above
// MORPH_DEFAULT_ALIGNMENT (debug mode's guards shift slots against those).
class PoolResource final : public std::pmr::memory_resource {
 public:
    explicit PoolResource(MorphPool* pool,
                          std::pmr::memory_resource* upstream = std::pmr::get_default_resource())
        : pool_(pool), upstream_(upstream) {}

 private:
    static bool fits(size_t bytes, size_t alignment) {
        return bytes <= MORPH_POOL_MAX_SIZE && alignment <= MORPH_DEFAULT_ALIGNMENT;
    }

    void* do_allocate(size_t bytes, size_t alignment) override {
        if (!fits(bytes, alignment)) return upstream_->allocate(bytes, alignment);
        void* memory = morph_pool_alloc(pool_, bytes);
        if (memory == nullptr) throw std::bad_alloc();
        return memory;
    }
    void do_deallocate(void* memory, size_t bytes, size_t alignment) override {
        if (fits(bytes, alignment)) {
            morph_pool_free(pool_, memory, bytes);
        } else {
            upstream_->deallocate(memory, bytes, alignment);
        }
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        auto* same = dynamic_cast<const PoolResource*>(&other);
        return same != nullptr && same->pool_ == pool_ && *same->upstream_ == *upstream_;
    }

    MorphPool* pool_;
    std::pmr::memory_resource* upstream_;
};

}  // namespace morph_memory
