/* A known-wrong subject: a buddy allocator, a byte of state for each unit of 32 bytes.
 *
 *   region   | 64 KiB, aligned to that: blocks of 32 << order bytes, each at a multiple of its size
 * | states   | F0 | 0 | F1 | . | 2 | . | . | . | ...      F: free; a number: the block's order, at
 *                                                         its first unit; .: inside a block
 *
 * A free block merges with its buddy when that is free and as large. What is larger than a region
 * is the C library's. Regions come zeroed and are kept until close: allocate_zeroed clears only
 * what was handed out before, which `touched` knows.
 *
 * MORPH_WRONG=1  a block merges with a free buddy whatever its size: with the free beginning of a
 *                block that was split, whose rest is in use
 * MORPH_WRONG=2  allocate_aligned forgets to raise `touched`: zeroed objects are not
 * otherwise      mended
 */
#define _POSIX_C_SOURCE 200112L /* posix_memalign */
#include <stdlib.h>
#include <string.h>

#include "fuzz/plugin.h"

enum { kUnit = 32, kOrders = 12, kRegion = kUnit << (kOrders - 1), kUnits = kRegion / kUnit };
enum { kFree = 0x80 };

typedef struct Region {
    struct Region* next;
    size_t touched; /* units from here on were never handed out */
    unsigned char states[kUnits];
    unsigned char* bytes;
} Region;

typedef struct Buddy {
    MorphSubjectSettings settings;
    Region* regions;
} Buddy;

static size_t units_of(unsigned state) {
    return (size_t)1 << (state & ~(unsigned)kFree);
}

static unsigned order_for(size_t bytes) {
    unsigned order = 0;
    while ((size_t)kUnit << order < bytes) ++order;
    return order;
}

static void* buddy_open(const MorphSubjectSettings* settings) {
    Buddy* buddy = calloc(1, sizeof *buddy);
    if (buddy != NULL) buddy->settings = *settings;
    return buddy;
}

static void buddy_close(void* self) {
    Buddy* buddy = self;
    for (Region* region = buddy->regions; region != NULL;) {
        Region* next = region->next;
        buddy->settings.returned(buddy->settings.user, kRegion + sizeof *region);
        free(region->bytes);
        free(region);
        region = next;
    }
    free(buddy);
}

static Region* add_region(Buddy* buddy) {
    if (!buddy->settings.request(buddy->settings.user, kRegion + sizeof(Region))) return NULL;
    Region* region = calloc(1, sizeof *region);
    unsigned char* bytes = region != NULL ? aligned_alloc(kRegion, kRegion) : NULL;
    if (bytes == NULL) {
        free(region);
        buddy->settings.returned(buddy->settings.user, kRegion + sizeof *region);
        return NULL;
    }
    memset(bytes, 0, kRegion);
    region->bytes = bytes;
    region->states[0] = kFree | (kOrders - 1);
    region->next = buddy->regions;
    buddy->regions = region;
    return region;
}

/* The first unit of the smallest free block of at least that order; kUnits: there is none. */
static size_t find(const Region* region, unsigned order) {
    size_t best = kUnits;
    for (size_t unit = 0; unit < kUnits; unit += units_of(region->states[unit])) {
        unsigned state = region->states[unit];
        if (!(state & kFree) || state < (kFree | order)) continue;
        if (best == kUnits || state < region->states[best]) best = unit;
    }
    return best;
}

/* A block of the order, and where it is; NULL: no memory. */
static void* take(Buddy* buddy, unsigned order, Region** region, size_t* unit) {
    for (*region = buddy->regions; *region != NULL; *region = (*region)->next) {
        *unit = find(*region, order);
        if (*unit < kUnits) break;
    }
    if (*region == NULL) {
        *region = add_region(buddy);
        *unit = 0;
        if (*region == NULL) return NULL;
    }
    unsigned char* states = (*region)->states;
    unsigned have = states[*unit] & ~(unsigned)kFree;
    while (have > order) { /* the second halves stay free */
        --have;
        states[*unit + units_of(have)] = (unsigned char)(kFree | have);
    }
    states[*unit] = (unsigned char)order;
    return (*region)->bytes + *unit * kUnit;
}

static size_t touch(Region* region, size_t unit, unsigned order) {
    size_t before = region->touched;
    if (unit + units_of(order) > before) region->touched = unit + units_of(order);
    return before;
}

/* Too large for a region, or too strictly aligned. */
static void* large(Buddy* buddy, size_t size, size_t alignment) {
    if (size == 0) size = 1;
    if (size > PTRDIFF_MAX || !buddy->settings.request(buddy->settings.user, size)) return NULL;
    void* object = NULL;
    if (posix_memalign(&object, alignment, size) != 0) {
        buddy->settings.returned(buddy->settings.user, size);
        return NULL;
    }
    return object;
}

static void* buddy_allocate(void* self, size_t size) {
    Region* region;
    size_t unit;
    if (size > kRegion) return large(self, size, kUnit);
    unsigned order = order_for(size);
    void* object = take(self, order, &region, &unit);
    if (object != NULL) (void)touch(region, unit, order);
    return object;
}

static void* buddy_allocate_zeroed(void* self, size_t size) {
    Region* region;
    size_t unit;
    if (size > kRegion) {
        void* object = large(self, size, kUnit);
        return object != NULL ? memset(object, 0, size) : NULL;
    }
    unsigned order = order_for(size);
    unsigned char* object = take(self, order, &region, &unit);
    if (object == NULL) return NULL;
    size_t touched = touch(region, unit, order);
    size_t used = touched > unit ? (touched - unit) * kUnit : 0; /* of the object, from its start */
    memset(object, 0, used < size ? used : size);
    return object;
}

static void* buddy_allocate_aligned(void* self, size_t size, size_t alignment) {
    Region* region;
    size_t unit;
    size_t least = size > alignment ? size : alignment; /* a block has its size's alignment */
    if (least > kRegion) return large(self, size, alignment > kUnit ? alignment : kUnit);
    unsigned order = order_for(least);
    void* object = take(self, order, &region, &unit);
#if MORPH_WRONG != 2
    if (object != NULL) (void)touch(region, unit, order);
#endif
    return object;
}

/* NULL: the object is large. */
static Region* region_of(Buddy* buddy, const void* object) {
    Region* region = buddy->regions;
    while (region != NULL && (uintptr_t)object - (uintptr_t)region->bytes >= kRegion) {
        region = region->next;
    }
    return region;
}

static void buddy_free(void* self, void* object, size_t size) {
    Buddy* buddy = self;
    Region* region = region_of(buddy, object);
    if (region == NULL) {
        free(object);
        buddy->settings.returned(buddy->settings.user, size == 0 ? 1 : size);
        return;
    }
    size_t unit = (size_t)((unsigned char*)object - region->bytes) / kUnit;
    unsigned order = region->states[unit];
    while (order < kOrders - 1) {
        size_t other = unit ^ units_of(order);
#if MORPH_WRONG == 1
        if (!(region->states[other] & kFree)) break;
#else
        if (region->states[other] != (kFree | order)) break;
#endif
        if (other < unit) unit = other;
        ++order;
    }
    region->states[unit] = (unsigned char)(kFree | order);
}

const MorphSubject* morph_subject(void) {
    static const MorphSubject subject = {.version = MORPH_SUBJECT_VERSION,
                                         .name = "buddy",
                                         .description = "binary buddies of 32 bytes to 64 KiB",
                                         .alignment = kUnit,
                                         .uses_limits = true,
                                         .open = buddy_open,
                                         .close = buddy_close,
                                         .allocate = buddy_allocate,
                                         .allocate_zeroed = buddy_allocate_zeroed,
                                         .allocate_aligned = buddy_allocate_aligned,
                                         .free = buddy_free};
    return &subject;
}
