// What a program that embeds Duktape writes to run it on Morph Memory (docs/real-programs.md quotes
// this file).
#pragma once

#include <csetjmp>
#include <duktape.h>

#include "morph/general.h"

namespace real {

// [duktape-general]
// Out of memory while it creates a heap, Duktape 2.7 calls itself until the stack ends; so the hook
// leaves duk_create_heap by longjmp then, and a reset frees what it had made.
struct DuktapeMemory {
    MorphGeneral* general = nullptr;
    bool creating = false;
    std::jmp_buf no_memory = {};
};

inline void* duktape_resize(void* user, void* object, duk_size_t size) {
    auto* memory = static_cast<DuktapeMemory*>(user);
    if (size == 0) {
        (void)morph_general_free(memory->general, object);
        return nullptr;
    }
    void* moved = morph_general_realloc(memory->general, object, size);
    if (moved == nullptr && memory->creating) std::longjmp(memory->no_memory, 1);
    return moved;
}

// memory outlives the heap, and serves it alone. NULL: no memory.
inline duk_context* new_duktape(DuktapeMemory* memory, duk_fatal_function fatal) {
    memory->creating = true;
    if (setjmp(memory->no_memory) != 0) {
        memory->creating = false;
        morph_general_reset(memory->general);
        return nullptr;
    }
    duk_context* duk = duk_create_heap(
        [](void* user, duk_size_t size) { return duktape_resize(user, nullptr, size); },
        duktape_resize, [](void* user, void* object) { duktape_resize(user, object, 0); }, memory,
        fatal);
    memory->creating = false;
    return duk;
}
// [duktape-general]

}  // namespace real
