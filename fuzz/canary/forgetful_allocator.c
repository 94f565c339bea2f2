/* malloc with a planted bug: zeroed objects of 512 bytes and more end in a byte that is not zero.
 * The canary target must find it (ci/fuzz_test.py). */
#include <stdlib.h>

#include "fuzz/plugin.h"

enum { kForgets = 512 };

static void* allocate(void* self, size_t size) {
    (void)self;
    return malloc(size ? size : 1);
}

static void* allocate_zeroed(void* self, size_t size) {
    (void)self;
    unsigned char* object = calloc(1, size ? size : 1);
    if (object && size >= kForgets) object[size - 1] = 1; /* the bug */
    return object;
}

static void release(void* self, void* object, size_t size) {
    (void)self;
    (void)size;
    free(object);
}

const MorphSubject* morph_subject(void) {
    static const MorphSubject subject = {
        .version = MORPH_SUBJECT_VERSION,
        .name = "forgetful",
        .description = "malloc that forgets to clear a byte",
        .allocate = allocate,
        .allocate_zeroed = allocate_zeroed,
        .free = release,
    };
    return &subject;
}
