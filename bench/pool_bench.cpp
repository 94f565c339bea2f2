// Pool against mimalloc, and glibc malloc for information.
//
// "64 B" rows ask for a size the compiler knows, as an allocator of nodes does; "profile" rows take
// it from memory. Frees run in three orders: as allocated, reversed, at random.
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <mimalloc.h>
#include <string>
#include <utility>

#include "bench/duel.h"
#include "bench/pool_work.h"
#include "bench/profile_sizes.h"

#include "morph/pool.h"

namespace bench {
namespace {

// One pool for all rows, as one mimalloc serves all of them.
MorphPool* shared_pool() {
    static const std::unique_ptr<MorphPool, decltype(&morph_pool_destroy)> pool{
        morph_pool_create(nullptr), morph_pool_destroy};
    return pool.get();
}

struct OurPool {
    MorphPool* pool = shared_pool();
    void* allocate(size_t size) const { return morph_pool_alloc(pool, size); }
    void free(void* object, size_t size) const { morph_pool_free(pool, object, size); }
};

// Opened for itself alone: linked in, libmimalloc takes the place of malloc in the whole program,
// and the rows against glibc would measure mimalloc again. The call through a pointer costs what
// the call of a shared library's function costs.
struct Mimalloc {
    decltype(&mi_malloc) take = symbol<decltype(&mi_malloc)>("mi_malloc");
    decltype(&mi_free) give = symbol<decltype(&mi_free)>("mi_free");

    void* allocate(size_t size) const { return take(size); }
    void free(void* object, size_t) const { give(object); }

    template <typename Function>
    static Function symbol(const char* name) {
        static void* library = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL);
        void* found = library != nullptr ? dlsym(library, name) : nullptr;
        if (found == nullptr) {
            std::fprintf(stderr, "bench: %s: %s\n", name, dlerror());
            std::exit(2);
        }
        return reinterpret_cast<Function>(found);
    }
};

struct Glibc {
    static void* allocate(size_t size) { return std::malloc(size); }
    static void free(void* object, size_t) { std::free(object); }
};

using Work = std::shared_ptr<const PoolWork>;

template <typename Allocator>
Slice slice_of(const Work& work, Part part, bool fixed) {
    return [work, part, fixed, allocator = Allocator{}, objects = std::vector<void*>{}]() mutable {
        return fixed ? allocate_and_free_fixed<64>(allocator, *work, part, objects)
                     : allocate_and_free(allocator, *work, part, objects);
    };
}

template <typename Allocator>
Slice replacement_of(uint32_t live_objects, size_t steps) {
    struct State {
        Allocator allocator;
        std::vector<void*> live;
        uint64_t seed = 1;

        explicit State(size_t count) : live(count) {
            for (void*& object : live) object = allocator.allocate(64);
        }
        State(const State&) = delete;
        State& operator=(const State&) = delete;
        ~State() {
            for (void* object : live) allocator.free(object, 64);
        }
    };
    auto state = std::make_shared<State>(live_objects);
    return [state, live_objects, steps] {
        auto victims = roll_victims(steps, live_objects, state->seed++);
        return replace_at_random<64>(state->allocator, state->live, victims);
    };
}

void add_pair(const std::string& name, const Work& work, Part part, bool fixed, double target) {
    size_t count = work->sizes.size();
    Slice ours = slice_of<OurPool>(work, part, fixed);
    add({name, "mimalloc", target, count, ours, slice_of<Mimalloc>(work, part, fixed)});
    add({name, "glibc malloc", 0, count, ours, slice_of<Glibc>(work, part, fixed)});
}

void add_replacement(const std::string& name, uint32_t live, double target) {
    constexpr size_t kSteps = 20000;
    Slice ours = replacement_of<OurPool>(live, kSteps);
    add({name, "mimalloc", target, kSteps, ours, replacement_of<Mimalloc>(live, kSteps)});
    add({name, "glibc malloc", 0, kSteps, ours, replacement_of<Glibc>(live, kSteps)});
}

}  // namespace

void add_pool_rows() {
    constexpr size_t kObjects = 10000;
    std::vector<uint16_t> fixed(kObjects, 64);
    auto in_order = std::make_shared<PoolWork>(fixed, FreeOrder::as_allocated);
    auto reversed = std::make_shared<PoolWork>(fixed, FreeOrder::reversed);
    auto shuffled = std::make_shared<PoolWork>(fixed, FreeOrder::random);
    add_pair("pool: allocate 64 B", in_order, Part::allocate, true, 0.75);
    add_pair("pool: free 64 B, as allocated", in_order, Part::free, true, 0.6);
    add_pair("pool: free 64 B, reversed", reversed, Part::free, true, 0.6);
    add_pair("pool: free 64 B, random order", shuffled, Part::free, true, 0.6);
    add_pair("pool: allocate 64 B after random frees", shuffled, Part::allocate, true, 0.75);
    add_replacement("pool: random replacement, 1,024 live of 64 B", 1024, 0.6);
    add_replacement("pool: random replacement, 100,000 live of 64 B", 100000, 0);

    auto mixed = std::make_shared<PoolWork>(profile_sizes(kObjects), FreeOrder::random);
    add_pair("pool: allocate, profile sizes", mixed, Part::allocate, false, 0);
    add_pair("pool: free, profile sizes, random order", mixed, Part::free, false, 0);
}

}  // namespace bench
