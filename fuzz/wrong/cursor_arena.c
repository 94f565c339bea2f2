/* A known-wrong subject: an arena of chunks with a cursor. Objects die together, by reset; the last
 * one can grow and shrink where it is.
 *
 *   record, record ...          one for each chunk, newest first
 *     |
 *     v   chunk | objects, each aligned to 16 | cursor -> free | end
 *
 * A reset keeps the oldest chunk.
 *
 * MORPH_WRONG=1  when there is no memory for a chunk, its record stays behind
 * MORPH_WRONG=2  an object that is resized where it is leaves the cursor right behind itself, and
 *                the padding of the next one is lost
 * otherwise      mended
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/plugin.h"

enum { kAlignment = 16, kChunk = 1 << 15 };

typedef struct Record {
    struct Record* next;
    size_t bytes;
    unsigned char* chunk;
} Record;

typedef struct Arena {
    MorphSubjectSettings settings;
    Record* records;
    unsigned char *cursor, *end; /* of the newest chunk */
    unsigned char* last;         /* the last object; NULL: none */
} Arena;

static void* obtain(Arena* arena, size_t bytes) {
    if (!arena->settings.request(arena->settings.user, bytes)) return NULL;
    void* memory = aligned_alloc(kAlignment, bytes);
    if (memory == NULL) arena->settings.returned(arena->settings.user, bytes);
    return memory;
}
static void give_back(Arena* arena, void* memory, size_t bytes) {
    free(memory);
    arena->settings.returned(arena->settings.user, bytes);
}

static size_t padded(size_t size) {
    return (size + (size == 0) + kAlignment - 1) & ~(size_t)(kAlignment - 1);
}

static void* arena_open(const MorphSubjectSettings* settings) {
    Arena* arena = calloc(1, sizeof *arena);
    if (arena != NULL) arena->settings = *settings;
    return arena;
}

/* Gives chunks back, newest first, until so many are left. */
static void drop(Arena* arena, size_t left) {
    size_t count = 0;
    for (Record* record = arena->records; record != NULL; record = record->next) ++count;
    for (; count > left; --count) {
        Record* record = arena->records;
        arena->records = record->next;
        give_back(arena, record->chunk, record->bytes);
        give_back(arena, record, padded(sizeof *record));
    }
}

static void arena_close(void* self) {
    drop(self, 0);
    free(self);
}

static bool add_chunk(Arena* arena, size_t least) {
    Record* record = obtain(arena, padded(sizeof *record));
    if (record == NULL) return false;
    record->bytes = least > kChunk ? least : kChunk;
    record->chunk = obtain(arena, record->bytes);
    if (record->chunk == NULL) {
#if MORPH_WRONG != 1
        give_back(arena, record, padded(sizeof *record));
#endif
        return false;
    }
    record->next = arena->records;
    arena->records = record;
    arena->cursor = record->chunk;
    arena->end = record->chunk + record->bytes;
    return true;
}

static void* arena_allocate(void* self, size_t size) {
    Arena* arena = self;
    if (size > PTRDIFF_MAX) return NULL;
    size_t need = padded(size);
    if ((size_t)(arena->end - arena->cursor) < need && !add_chunk(arena, need)) return NULL;
    arena->last = arena->cursor;
    arena->cursor += need;
    return arena->last;
}

static void* arena_allocate_zeroed(void* self, size_t size) {
    void* object = arena_allocate(self, size);
    return object != NULL ? memset(object, 0, size) : NULL;
}

static void* arena_reallocate(void* self, void* object, size_t old_size, size_t new_size) {
    Arena* arena = self;
    if (new_size > PTRDIFF_MAX) return NULL;
    if (object == arena->last && padded(new_size) <= (size_t)(arena->end - arena->last)) {
#if MORPH_WRONG == 2
        arena->cursor = arena->last + new_size;
#else
        arena->cursor = arena->last + padded(new_size);
#endif
        return object;
    }
    void* moved = arena_allocate(self, new_size);
    if (moved == NULL) return NULL;
    return memcpy(moved, object, old_size < new_size ? old_size : new_size);
}

static void arena_reset(void* self) {
    Arena* arena = self;
    drop(arena, 1);
    Record* kept = arena->records;
    arena->cursor = kept != NULL ? kept->chunk : NULL;
    arena->end = kept != NULL ? kept->chunk + kept->bytes : NULL;
    arena->last = NULL;
}

const MorphSubject* morph_subject(void) {
    static const MorphSubject subject = {.version = MORPH_SUBJECT_VERSION,
                                         .name = "cursor_arena",
                                         .description = "chunks, a cursor, and a last object",
                                         .alignment = kAlignment,
                                         .uses_limits = true,
                                         .open = arena_open,
                                         .close = arena_close,
                                         .allocate = arena_allocate,
                                         .allocate_zeroed = arena_allocate_zeroed,
                                         .reallocate = arena_reallocate,
                                         .reset = arena_reset};
    return &subject;
}
