// A C++ program that a user might write; built outside the tree against the installed library.
#include <cstdio>
#include <memory>
#include <morph/arena.h>
#include <morph/mem.h>

int main() {
    MorphMemConfig config = morph_mem_detect_config();
    config.enable_debug = true;
    const std::unique_ptr<MorphMemContext, MorphCode (*)(MorphMemContext*)> memory(
        morph_mem_init(&config), morph_mem_destroy);
    if (!memory) {
        std::fprintf(stderr, "runtime.cpp: %s\n", morph_creation_error().text);
        return 1;
    }
    for (size_t size = 1; size < 3000; size += 3) {
        void* object = morph_mem_alloc(memory.get(), size, MORPH_TYPE_NONE);
        if (object == nullptr) return 1;
        if (size % 2 == 0 && morph_mem_free(memory.get(), object) != MORPH_OK) return 1;
    }
    if (morph_mem_verify(memory.get()) != MORPH_OK) return 1;
    const std::unique_ptr<MorphArena, void (*)(MorphArena*)> arena(morph_arena_create(nullptr),
                                                                   morph_arena_destroy);
    if (!arena || morph_arena_alloc(arena.get(), 100) == nullptr) return 1;
    std::printf("runtime.cpp %s\n", morph_version());
    return 0;
}
