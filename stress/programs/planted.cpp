// planted: programs with one mistake each, for the tools that must find it: Valgrind, by what the
// library tells it about its memory (impl/chunk/memory_marks.h). `planted none` has no mistake.
//
// Release mode throughout: debug mode finds most of these by itself.
#include <cstdio>
#include <cstring>
#include <string_view>

#include "stress/threads/race.h"

#include "morph/arena.h"
#include "morph/general.h"
#include "morph/mem.h"
#include "morph/pool.h"

namespace {

// What the compiler must not see through.
volatile unsigned char sink;  // NOLINT: written, never read

template <typename Value>
Value* opaque(Value* value) {
    asm volatile("" : "+r"(value) : : "memory");
    return value;
}

unsigned char* bytes_of(void* object) {
    return static_cast<unsigned char*>(opaque(object));
}

// A slot of 32 bytes, an object of 25: the byte behind it is nobody's.
void overflow_in_slot() {
    MorphPool* pool = morph_pool_create(nullptr);
    auto* bytes = bytes_of(morph_pool_alloc(pool, 25));
    bytes[25] = 1;
    morph_pool_destroy(pool);
}

void overflow_arena() {
    MorphArena* arena = morph_arena_create(nullptr);
    auto* bytes = bytes_of(morph_arena_alloc(arena, 20));
    bytes[20] = 1;
    morph_arena_destroy(arena);
}

void overflow_general() {
    MorphGeneral* general = morph_general_create(nullptr);
    auto* bytes = bytes_of(morph_general_alloc(general, 5000));
    bytes[5000] = 1;
    morph_general_destroy(general);
}

void use_after_free_pool() {
    MorphPool* pool = morph_pool_create(nullptr);
    auto* bytes = bytes_of(morph_pool_alloc(pool, 48));
    bytes[0] = 1;
    (void)morph_pool_free(pool, bytes, 48);
    sink = bytes[0];
    morph_pool_destroy(pool);
}

void use_after_free_general() {
    MorphGeneral* general = morph_general_create(nullptr);
    auto* bytes = bytes_of(morph_general_alloc(general, 300));
    bytes[0] = 1;
    (void)morph_general_free(general, bytes);
    sink = bytes[0];
    morph_general_destroy(general);
}

void use_after_reset() {
    MorphMemContext* context = morph_mem_init(&MORPH_CONFIG_COMPILER);
    auto* small = bytes_of(morph_mem_alloc(context, 40, 0));
    auto* large = bytes_of(morph_mem_alloc(context, 4000, 0));
    small[0] = large[0] = 1;
    morph_mem_reset(context);
    sink = small[0];
    sink = large[0];
    (void)morph_mem_destroy(context);
}

void read_undefined() {
    MorphMemContext* context = morph_mem_init(&MORPH_CONFIG_COMPILER);
    const auto* bytes = bytes_of(morph_mem_alloc(context, 40, 0));
    if (bytes[7] == 42) std::puts("forty-two");
    (void)morph_mem_destroy(context);
}

// Nothing points to the object any more, and the context lives on.
MorphMemContext* held;  // a global, as a program's own context often is

unsigned char* first;  // an object that is not lost

// The second of two: the pool itself knows where the first one lies.
[[gnu::noinline]] void drop_object() {
    first = bytes_of(morph_mem_alloc(held, 40, 0));
    bytes_of(morph_mem_alloc(held, 40, 0))[0] = 1;
}

// Old values of registers and of the stack would keep an object that is lost.
[[gnu::noinline]] void wipe_stack() {
    unsigned char room[4096];
    std::memset(opaque(room), 0, sizeof(room));
    asm volatile("" : : : "rbx", "r12", "r13", "r14", "r15", "memory");
}

void leak_object() {
    held = morph_mem_init(&MORPH_CONFIG_COMPILER);
    drop_object();
    wipe_stack();
}

// Two: a forgotten register or word of the stack may hold on to the last one.
[[gnu::noinline]] void drop_contexts() {
    (void)opaque(morph_mem_init(&MORPH_CONFIG_COMPILER));
    (void)opaque(morph_mem_init(&MORPH_CONFIG_COMPILER));
}

void leak_context() {
    drop_contexts();
    wipe_stack();
}

// The object has moved; its old address was kept outside of a root.
void heap_stale_pointer() {
    MorphHeap* heap = morph_heap_create(nullptr);
    void* root = nullptr;
    (void)morph_heap_push_root(heap, &root);
    root = morph_heap_alloc(heap, 40, 0);
    const auto* stale = bytes_of(root);
    (void)morph_heap_collect_minor(heap);
    sink = stale[0];
    morph_heap_destroy(heap);
}

void race() {
    threads::race(false);
}

// All of the above, done right.
void none() {
    MorphPool* pool = morph_pool_create(nullptr);
    auto* bytes = bytes_of(morph_pool_alloc(pool, 25));
    std::memset(bytes, 1, 25);
    (void)morph_pool_free(pool, bytes, 25);
    morph_pool_destroy(pool);
    MorphArena* arena = morph_arena_create(nullptr);
    std::memset(bytes_of(morph_arena_alloc(arena, 20)), 1, 20);
    morph_arena_reset(arena);
    morph_arena_destroy(arena);
    MorphGeneral* general = morph_general_create(nullptr);
    std::memset(bytes_of(morph_general_alloc(general, 5000)), 1, 5000);
    morph_general_destroy(general);
    held = morph_mem_init(&MORPH_CONFIG_COMPILER);
    auto* small = bytes_of(morph_mem_alloc(held, 40, 0));
    std::memset(small, 1, 40);
    if (small[7] == 42) std::puts("forty-two");
    morph_mem_reset(held);
    (void)morph_mem_destroy(held);
    MorphHeap* heap = morph_heap_create(nullptr);
    void* root = nullptr;
    (void)morph_heap_push_root(heap, &root);
    root = morph_heap_alloc(heap, 40, 0);
    (void)morph_heap_collect_minor(heap);
    sink = bytes_of(root)[0];
    morph_heap_destroy(heap);
}

struct Mistake {
    const char* name;
    void (*make)();
};
constexpr Mistake kMistakes[] = {{"none", none},
                                 {"overflow-in-slot", overflow_in_slot},
                                 {"overflow-arena", overflow_arena},
                                 {"overflow-general", overflow_general},
                                 {"use-after-free-pool", use_after_free_pool},
                                 {"use-after-free-general", use_after_free_general},
                                 {"use-after-reset", use_after_reset},
                                 {"read-undefined", read_undefined},
                                 {"leak-object", leak_object},
                                 {"leak-context", leak_context},
                                 {"heap-stale-pointer", heap_stale_pointer},
                                 {"race", race}};

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--list") {
        for (const Mistake& mistake : kMistakes) std::puts(mistake.name);
        return 0;
    }
    for (const Mistake& mistake : kMistakes) {
        if (argc == 2 && std::string_view(argv[1]) == mistake.name) {
            mistake.make();
            return 0;
        }
    }
    std::fprintf(stderr, "usage: planted NAME, or planted --list\n");
    return 2;
}
