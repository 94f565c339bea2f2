// Arena against an inlined bump of a raw pointer, glibc malloc and std::pmr's monotonic resource.
//
// A slice allocates the profile's objects in memory that is warm (touched before). "allocate and
// write" also fills each object, as every program that asks for memory does; "allocate" only takes
// the addresses, which shows the cost of the allocator alone.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <vector>

#include "bench/duel.h"
#include "bench/profile_sizes.h"

#include "morph/arena.h"

namespace bench {
namespace {

constexpr size_t kObjects = 100000;       // 1,000 lines of source
constexpr size_t kWarmBytes = 16u << 20;  // more than they need

struct ArenaCloser {
    void operator()(MorphArena* arena) const { morph_arena_destroy(arena); }
};
using ArenaOwner = std::shared_ptr<MorphArena>;

ArenaOwner make_arena() {
    ArenaOwner arena(morph_arena_create(nullptr), ArenaCloser{});
    if (arena == nullptr) std::abort();
    return arena;
}

template <bool write>
void take(void* object, size_t size) {
    if constexpr (write) std::memset(object, 0x5a, size);
    keep(object);
}

using Sizes = std::shared_ptr<const std::vector<uint16_t>>;

template <bool write>
Slice arena_slice(const Sizes& sizes) {
    return [sizes, arena = make_arena()] {
        morph_arena_reset(arena.get());
        MorphArena* target = arena.get();
        double start = now();
        for (size_t size : *sizes) take<write>(morph_arena_alloc(target, size), size);
        return now() - start;
    };
}

// The floor: a pointer in a register, rounded up to 8, no end to check.
template <bool write>
Slice raw_bump_slice(const Sizes& sizes) {
    auto memory = std::make_shared<std::vector<unsigned char>>(kWarmBytes, 1);
    return [sizes, memory] {
        unsigned char* cursor = memory->data();
        double start = now();
        for (size_t size : *sizes) {
            unsigned char* object = cursor;
            cursor += (size + 7) & ~size_t{7};
            take<write>(object, size);
        }
        return now() - start;
    };
}

// The floor of anything that can run out: cursor and end in memory, one comparison.
template <bool write>
Slice checked_bump_slice(const Sizes& sizes) {
    struct Bump {
        unsigned char* cursor;
        unsigned char* end;
    };
    auto memory = std::make_shared<std::vector<unsigned char>>(kWarmBytes, 1);
    auto bump = std::make_shared<Bump>();
    return [sizes, memory, bump] {
        Bump* target = bump.get();
        *target = {memory->data(), memory->data() + memory->size()};
        double start = now();
        for (size_t size : *sizes) {
            unsigned char* object = target->cursor;
            size_t rounded = (size + 7) & ~size_t{7};
            if (rounded > static_cast<size_t>(target->end - object)) std::abort();
            target->cursor = object + rounded;
            take<write>(object, size);
        }
        return now() - start;
    };
}

template <bool write>
Slice malloc_slice(const Sizes& sizes) {
    auto objects = std::make_shared<std::vector<void*>>(kObjects);
    return [sizes, objects] {
        double start = now();
        size_t index = 0;
        for (size_t size : *sizes) {
            void* object = std::malloc(size);
            take<write>(object, size);
            (*objects)[index++] = object;
        }
        double elapsed = now() - start;
        for (void* object : *objects) std::free(object);
        return elapsed;
    };
}

template <bool write>
Slice monotonic_slice(const Sizes& sizes) {
    auto memory = std::make_shared<std::vector<unsigned char>>(kWarmBytes, 1);
    return [sizes, memory] {
        std::pmr::monotonic_buffer_resource resource(memory->data(), memory->size());
        double start = now();
        for (size_t size : *sizes) take<write>(resource.allocate(size, 8), size);
        return now() - start;
    };
}

// Milliseconds for one reset of an arena that holds 100 MB of profile objects.
double reset_milliseconds() {
    static const std::vector<uint16_t> sizes = profile_sizes(kObjects);
    ArenaOwner arena = make_arena();
    for (size_t bytes = 0; bytes < 100'000'000;) {
        for (size_t size : sizes) {
            *static_cast<unsigned char*>(morph_arena_alloc(arena.get(), size)) = 1;
            bytes += size;
        }
    }
    double start = now();
    morph_arena_reset(arena.get());
    return (now() - start) / 1e6;
}

}  // namespace

void add_arena_rows() {
    Sizes sizes = std::make_shared<std::vector<uint16_t>>(profile_sizes(kObjects));
    const char* write = "arena: allocate and write, profile sizes";
    const char* alone = "arena: allocate, profile sizes";
    add(Duel{write, "raw pointer bump", 1.15, kObjects, arena_slice<true>(sizes),
             raw_bump_slice<true>(sizes)});
    add(Duel{alone, "raw bump with an end", 1.15, kObjects, arena_slice<false>(sizes),
             checked_bump_slice<false>(sizes)});
    add(Duel{alone, "raw pointer bump", 0, kObjects, arena_slice<false>(sizes),
             raw_bump_slice<false>(sizes)});
    add(Duel{write, "glibc malloc", 0, kObjects, arena_slice<true>(sizes),
             malloc_slice<true>(sizes)});
    add(Duel{alone, "glibc malloc", 0.2, kObjects, arena_slice<false>(sizes),
             malloc_slice<false>(sizes)});
    add(Duel{write, "pmr::monotonic", 1, kObjects, arena_slice<true>(sizes),
             monotonic_slice<true>(sizes)});
    add(Duel{alone, "pmr::monotonic", 1, kObjects, arena_slice<false>(sizes),
             monotonic_slice<false>(sizes)});
    add(Figure{"arena: reset after 100 MB", "ms", 0.1, reset_milliseconds, 21});
}

}  // namespace bench
