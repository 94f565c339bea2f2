/* A subject in thirty lines: memory from malloc in one piece, a cursor, nothing freed but all. */
#include <stdlib.h>

#include "fuzz/plugin.h"

typedef struct Bump {
    size_t capacity, used;
    _Alignas(16) unsigned char bytes[];
} Bump;

static void* bump_open(const MorphSubjectSettings* settings) {
    size_t capacity = (size_t)settings->bytes_max + 4096;
    Bump* bump = malloc(sizeof(Bump) + capacity);
    if (bump != NULL) *bump = (Bump){.capacity = capacity};
    return bump;
}

static void* bump_allocate(void* self, size_t size) {
    Bump* bump = self;
    size_t rounded = (size + (size == 0) + 15) & ~(size_t)15;
    if (rounded < size || rounded > bump->capacity - bump->used) return NULL;
    bump->used += rounded;
    return bump->bytes + bump->used - rounded;
}

static void bump_reset(void* self) {
    ((Bump*)self)->used = 0;
}

const MorphSubject* morph_subject(void) {
    static const MorphSubject subject = {.version = MORPH_SUBJECT_VERSION,
                                         .name = "bump",
                                         .alignment = 16,
                                         .description = "one piece of malloc memory and a cursor",
                                         .open = bump_open,
                                         .close = free,
                                         .allocate = bump_allocate,
                                         .reset = bump_reset};
    return &subject;
}
