/* A C program that a user might write; built outside the tree against the installed library. */
#include <morph/arena.h>
#include <morph/mem.h>
#include <morph/pool.h>
#include <stdio.h>
#include <string.h>

static int fail(const char* what) {
    fprintf(stderr, "compile.c: %s\n", what);
    return 1;
}

int main(void) {
    MorphMemContext* memory = morph_mem_init(&MORPH_CONFIG_COMPILER);
    if (!memory) return fail(morph_creation_error().text);
    MorphMemTypeInfo info = {.name = "token", .placement = MORPH_PLACE_BY_SIZE};
    uint32_t token = morph_mem_register_type(memory, &info);
    char* object = morph_mem_alloc_zeroed(memory, 32, token);
    if (!object || object[31] != 0) return fail("no zeroed object");
    if (morph_mem_alloc(memory, 32, token + 1)) return fail("an unknown type was accepted");
    if (morph_mem_last_error(memory).code != MORPH_ERROR_UNKNOWN_TYPE) return fail("wrong error");
    MorphMemStats stats;
    if (morph_mem_get_stats(memory, &stats) != MORPH_OK) return fail("no statistics");
    if (stats.total.objects_live != 1 || stats.total.bytes_live != 32) return fail("wrong counts");
    if (morph_mem_destroy(memory) != MORPH_OK) return fail("destroy failed");

    MorphArena* arena = morph_arena_create(NULL);
    MorphPool* pool = morph_pool_create(NULL);
    if (!arena || !pool) return fail(morph_creation_error().text);
    for (size_t size = 0; size < 5000; size += 7) {
        unsigned char* bytes = morph_arena_alloc(arena, size);
        if (!bytes) return fail("arena failed");
        memset(bytes, 1, size);
    }
    void* slot = morph_pool_alloc(pool, 48);
    if (!slot || morph_pool_free(pool, slot, 48) != MORPH_OK) return fail("pool failed");
    morph_pool_destroy(pool);
    morph_arena_destroy(arena);
    printf("compile.c %s\n", morph_version());
    return 0;
}
