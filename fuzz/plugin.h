/* A subject of your own: fill in a MorphSubject, export morph_subject, build a shared object, and
 * give its path wherever the suite takes a subject's name. docs/adding-a-subject.md shows it.
 *
 *   cc -shared -fPIC -I. my_allocator.c -o my_allocator.so
 *   morphcheck run --subject ./my_allocator.so --seed 1 --ops 100000
 *
 * This header needs nothing else of Morph. It is C11 and C++20.
 */
#ifndef MORPH_FUZZ_PLUGIN_H
#define MORPH_FUZZ_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes when MorphSubject does; the suite refuses any other. */
#define MORPH_SUBJECT_VERSION 1u

/* What one run starts with. Valid until close.
 *
 * An allocator that sets uses_limits asks request with the exact bytes before it takes memory from
 * the system and tells returned after it gave them back. Then the suite injects failures, bounds
 * the footprint and checks for leaks. */
typedef struct MorphSubjectSettings {
    bool debug;         /* check what you can */
    uint64_t bytes_max; /* the suite's bound on what is held at any moment */
    bool (*request)(void* user, size_t bytes);
    void (*returned)(void* user, size_t bytes);
    void* user;
} MorphSubjectSettings;

/* NULL where not said otherwise: the allocator cannot do it, and the suite does not ask. */
typedef struct MorphSubject {
    uint32_t version;        /* MORPH_SUBJECT_VERSION */
    const char* name;        /* required */
    const char* description; /* one line */
    size_t alignment;        /* power of two, promised for every object; 0: 8 */
    bool uses_limits;
    size_t footprint_percent; /* with uses_limits: bytes held <= peak of live bytes * percent / */
    size_t footprint_slack;   /* 100 + slack at all times; percent 0: not checked */

    /* A new allocator, or NULL. May be NULL itself: self is then NULL in every call. */
    void* (*open)(const MorphSubjectSettings* settings);
    /* Everything goes. Where there is a free, the suite has freed every object before. */
    void (*close)(void* self);

    /* Required. size 0: a unique address. NULL: no memory (the state must be as before), which
     * the suite accepts if it refused a request, or if size exceeds PTRDIFF_MAX. */
    void* (*allocate)(void* self, size_t size);
    void* (*allocate_zeroed)(void* self, size_t size);
    void* (*allocate_aligned)(void* self, size_t size, size_t alignment); /* a power of two */
    void (*free)(void* self, void* object, size_t size);
    /* new_size > 0; keeps the first min(old_size, new_size) bytes. NULL: the object is unchanged */
    void* (*reallocate)(void* self, void* object, size_t old_size, size_t new_size);
    /* Frees every object. */
    void (*reset)(void* self);
    /* The allocator's own check of itself: NULL when all is well, else what is wrong. */
    const char* (*verify)(void* self);
} MorphSubject;

/* The one function that the shared object exports. */
const MorphSubject* morph_subject(void);

#ifdef __cplusplus
}
#endif

#endif
