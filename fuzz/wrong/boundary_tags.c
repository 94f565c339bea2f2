/* A known-wrong subject: first fit over blocks with boundary tags, after Knuth.
 *
 *   segment  | tag | block | block | ... | tag |      both tags: in use, so that no block merges
 *   block    | tag | bytes, aligned to 16 | tag |     tag: size of the block | in use
 *
 * There is no free list: the blocks of a segment are walked by their tags. Neighbours that are free
 * merge when one is freed. Segments are kept until close.
 *
 * MORPH_WRONG=1  a block that is handed out whole keeps the tag at its end, which says free: the
 *                block behind it merges with it when that is freed, though it is in use
 * MORPH_WRONG=2  the size is looked at only when it is rounded up, which wraps near SIZE_MAX: a
 *                request for nearly all memory gets 32 bytes
 * otherwise      mended
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/plugin.h"

enum { kGrain = 16, kTag = sizeof(size_t), kLeast = 2 * kGrain, kSegment = 1 << 16 };
static const size_t kInUse = 1;

typedef struct Segment {
    struct Segment* next;
    size_t bytes; /* of the whole mapping */
    size_t tags[];
} Segment;

typedef struct Heap {
    MorphSubjectSettings settings;
    Segment* segments;
} Heap;

static size_t* at(void* block, size_t offset) {
    return (size_t*)(void*)((char*)block + offset);
}
static size_t size_of(const size_t* tag) {
    return *tag & ~kInUse;
}
static void set_tags(size_t* block, size_t size, size_t in_use) {
    *block = size | in_use;
    *at(block, size - kTag) = size | in_use;
}
static size_t* after(size_t* block) {
    return at(block, size_of(block));
}

static void* heap_open(const MorphSubjectSettings* settings) {
    Heap* heap = calloc(1, sizeof *heap);
    if (heap != NULL) heap->settings = *settings;
    return heap;
}

static void heap_close(void* self) {
    Heap* heap = self;
    for (Segment* segment = heap->segments; segment != NULL;) {
        Segment* next = segment->next;
        heap->settings.returned(heap->settings.user, segment->bytes);
        free(segment);
        segment = next;
    }
    free(heap);
}

/* A segment with one free block of at least that size. */
static size_t* add_segment(Heap* heap, size_t size) {
    size_t bytes = sizeof(Segment) + 2 * kTag + size;
    if (bytes < kSegment) bytes = kSegment;
    if (!heap->settings.request(heap->settings.user, bytes)) return NULL;
    Segment* segment = malloc(bytes);
    if (segment == NULL) {
        heap->settings.returned(heap->settings.user, bytes);
        return NULL;
    }
    segment->next = heap->segments;
    segment->bytes = bytes;
    heap->segments = segment;
    segment->tags[0] = kInUse;
    size_t whole = (bytes - sizeof(Segment) - 2 * kTag) & ~(size_t)(kGrain - 1);
    set_tags(segment->tags + 1, whole, 0);
    *after(segment->tags + 1) = kInUse; /* of size 0: the end */
    return segment->tags + 1;
}

static size_t* find(Heap* heap, size_t size) {
    for (Segment* segment = heap->segments; segment != NULL; segment = segment->next) {
        for (size_t* block = segment->tags + 1; size_of(block) != 0; block = after(block)) {
            if (!(*block & kInUse) && size_of(block) >= size) return block;
        }
    }
    return add_segment(heap, size);
}

static void* heap_allocate(void* self, size_t bytes) {
#if MORPH_WRONG != 2
    if (bytes > PTRDIFF_MAX) return NULL;
#endif
    size_t size = (bytes + 2 * kTag + kGrain - 1) & ~(size_t)(kGrain - 1);
    if (size > SIZE_MAX - 2 * kSegment) return NULL; /* no room for a segment's head */
    if (size < kLeast) size = kLeast;
    size_t* block = find(self, size);
    if (block == NULL) return NULL;
    size_t rest = size_of(block) - size;
    if (rest >= kLeast) {
        set_tags(block, size, kInUse);
        set_tags(after(block), rest, 0);
    } else {
#if MORPH_WRONG == 1
        *block |= kInUse;
#else
        set_tags(block, size_of(block), kInUse);
#endif
    }
    return block + 1;
}

static void heap_free(void* self, void* object, size_t bytes) {
    (void)self;
    (void)bytes;
    size_t* block = (size_t*)object - 1;
    size_t size = size_of(block);
    size_t* next = after(block);
    if (!(*next & kInUse)) size += size_of(next);
    const size_t* before = block - 1;
    if (!(*before & kInUse)) {
        size += size_of(before);
        block = (size_t*)(void*)((char*)block - size_of(before));
    }
    set_tags(block, size, 0);
}

static void* heap_reallocate(void* self, void* object, size_t old_bytes, size_t new_bytes) {
    if (new_bytes > PTRDIFF_MAX) return NULL;
    size_t room = size_of((size_t*)object - 1) - 2 * kTag;
    if (new_bytes <= room) return object;
    void* moved = heap_allocate(self, new_bytes);
    if (moved == NULL) return NULL;
    memcpy(moved, object, old_bytes < new_bytes ? old_bytes : new_bytes);
    heap_free(self, object, old_bytes);
    return moved;
}

const MorphSubject* morph_subject(void) {
    static const MorphSubject subject = {.version = MORPH_SUBJECT_VERSION,
                                         .name = "boundary_tags",
                                         .description = "first fit with boundary tags",
                                         .alignment = kGrain,
                                         .uses_limits = true,
                                         .open = heap_open,
                                         .close = heap_close,
                                         .allocate = heap_allocate,
                                         .free = heap_free,
                                         .reallocate = heap_reallocate};
    return &subject;
}
