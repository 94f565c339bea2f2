// The C++ face of Morph Memory: owners that clean up after themselves, typed objects, scopes, and
// std::pmr memory resources; heap.hpp has roots, fields and types of collected heaps. Header only,
// C++20, over the C interface.
//
//   using namespace morph_memory;
//   Result<Context> made = Context::make();             // no exceptions: ask before use
//   if (!made) return made.error().text;
//   Context& memory = *made;
//   Token* token = memory.create<Token>(memory.register_type("token"), 1, 2);
//   memory.destroy(token);
//
// Owners are movable, not copyable; an owner moved from owns nothing (its get() is nullptr).
// Nothing here throws but the memory resources, which must (std::bad_alloc), and the constructors
// of your own types. Thread rules are those of the C interface.
//
// The namespace is morph_memory; `morph` is the library's own.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "morph/arena.h"
#include "morph/heap.hpp"
#include "morph/mem.h"
#include "morph/owner.hpp"
#include "morph/pmr.hpp"
#include "morph/pool.h"

namespace morph_memory {

class Context {
 public:
    static Result<Context> make(const MorphMemConfig& config = MORPH_CONFIG_COMPILER) {
        MorphMemContext* context = morph_mem_init(&config);
        if (context == nullptr) return morph_creation_error();
        return Context(context);
    }
    static Result<Context> make_auto() { return make(morph_mem_detect_config()); }

    // Destroys now, to learn whether the statistics that MORPH_MEM_STATS asked for were written.
    MorphCode close() { return morph_mem_destroy(owner_.leave()); }

    [[nodiscard]] MorphMemContext* get() const { return owner_.get(); }

    // RUNTIME mode: the heap, as long as the context lives.
    [[nodiscard]] HeapRef heap() const { return HeapRef(morph_mem_heap(get())); }

    [[nodiscard]] uint32_t register_type(const char* name,
                                         MorphMemPlacement placement = MORPH_PLACE_BY_SIZE) {
        MorphMemTypeInfo info = {};
        info.name = name;
        info.placement = placement;
        return morph_mem_register_type(get(), &info);
    }

    [[nodiscard]] void* allocate(size_t size, uint32_t type = MORPH_TYPE_NONE) {
        return morph_mem_alloc(get(), size, type);
    }
    MorphCode free(void* object) { return morph_mem_free(get(), object); }

    // nullptr when there is no memory. Aligned as Object asks.
    template <typename Object, typename... Arguments>
    [[nodiscard]] Object* create(uint32_t type, Arguments&&... arguments) {
        void* memory = alignof(Object) <= MORPH_DEFAULT_ALIGNMENT
                           ? morph_mem_alloc(get(), sizeof(Object), type)
                           : morph_mem_alloc_with(get(), sizeof(Object), alignof(Object), type,
                                                  MORPH_PLACE_BY_SIZE);
        return construct<Object>(
            memory, [this](void* unused) { morph_mem_free(get(), unused); },
            std::forward<Arguments>(arguments)...);
    }
    // The destructor runs; the memory comes back at once if it was a pool's.
    template <typename Object>
    MorphCode destroy(Object* object) {
        if (object == nullptr) return MORPH_OK;
        object->~Object();
        return morph_mem_free(get(), object);
    }

    // Destructors of objects do not run.
    void reset() { morph_mem_reset(get()); }

    [[nodiscard]] MorphMemStats stats() const {
        MorphMemStats stats = {};
        morph_mem_get_stats(get(), &stats);
        return stats;
    }
    [[nodiscard]] MorphError last_error() const { return morph_mem_last_error(get()); }

 private:
    explicit Context(MorphMemContext* context) : owner_(context) {}

    Owner<MorphMemContext, morph_mem_destroy> owner_;
};

class Arena {
 public:
    static Result<Arena> make(const MorphArenaConfig& config = {}) {
        MorphArena* arena = morph_arena_create(&config);
        if (arena == nullptr) return morph_creation_error();
        return Arena(arena);
    }

    [[nodiscard]] MorphArena* get() const { return owner_.get(); }

    [[nodiscard]] void* allocate(size_t size, size_t alignment = MORPH_DEFAULT_ALIGNMENT) {
        return alignment <= MORPH_DEFAULT_ALIGNMENT
                   ? morph_arena_alloc(get(), size)
                   : morph_arena_alloc_aligned(get(), size, alignment);
    }
    // nullptr when there is no memory. Nothing runs the destructor: so only types without one.
    template <typename Object, typename... Arguments>
    [[nodiscard]] Object* create(Arguments&&... arguments) {
        static_assert(std::is_trivially_destructible_v<Object>);
        return construct<Object>(
            allocate(sizeof(Object), alignof(Object)), [](void*) {},
            std::forward<Arguments>(arguments)...);
    }
    void reset() { morph_arena_reset(get()); }
    [[nodiscard]] MorphArenaStats stats() const { return morph_arena_stats(get()); }
    [[nodiscard]] MorphError last_error() const { return morph_arena_last_error(get()); }

 private:
    explicit Arena(MorphArena* arena) : owner_(arena) {}

    Owner<MorphArena, morph_arena_destroy> owner_;
};

// Frees at its end all that the arena gave since its beginning. Scopes nest as blocks do.
class ArenaScope {
 public:
    explicit ArenaScope(Arena& arena) : ArenaScope(arena.get()) {}
    explicit ArenaScope(MorphArena* arena) : arena_(arena), mark_(morph_arena_mark(arena)) {}
    ArenaScope(const ArenaScope&) = delete;
    ArenaScope& operator=(const ArenaScope&) = delete;
    ~ArenaScope() {
        if (mark_ != nullptr) morph_arena_release(arena_, mark_);
    }

    // false: there was no memory for the mark, and the scope frees nothing.
    explicit operator bool() const { return mark_ != nullptr; }

 private:
    MorphArena* arena_;
    MorphArenaMark* mark_;
};

class Pool {
 public:
    static Result<Pool> make(const MorphPoolConfig& config = {}) {
        MorphPool* pool = morph_pool_create(&config);
        if (pool == nullptr) return morph_creation_error();
        return Pool(pool);
    }

    [[nodiscard]] MorphPool* get() const { return owner_.get(); }

    [[nodiscard]] void* allocate(size_t size) { return morph_pool_alloc(get(), size); }
    MorphCode free(void* object, size_t size) { return morph_pool_free(get(), object, size); }

    // nullptr when there is no memory. Slots promise the default alignment in every mode.
    template <typename Object, typename... Arguments>
    [[nodiscard]] Object* create(Arguments&&... arguments) {
        static_assert(sizeof(Object) <= 1024, "above MORPH_POOL_MAX_SIZE");
        static_assert(alignof(Object) <= 8, "above MORPH_DEFAULT_ALIGNMENT: take it of a Context");
        return construct<Object>(
            allocate(sizeof(Object)),
            [this](void* unused) { morph_pool_free(get(), unused, sizeof(Object)); },
            std::forward<Arguments>(arguments)...);
    }
    template <typename Object>
    MorphCode destroy(Object* object) {
        if (object == nullptr) return MORPH_OK;
        object->~Object();
        return morph_pool_free(get(), object, sizeof(Object));
    }
    void reset() { morph_pool_reset(get()); }
    [[nodiscard]] MorphPoolStats stats() const { return morph_pool_stats(get()); }
    [[nodiscard]] MorphError last_error() const { return morph_pool_last_error(get()); }

 private:
    explicit Pool(MorphPool* pool) : owner_(pool) {}

    Owner<MorphPool, morph_pool_destroy> owner_;
};

}  // namespace morph_memory
