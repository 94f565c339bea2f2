/* Pool: small objects of mixed sizes that are freed one by one.
 *
 *   chunk, 2 MiB aligned                          block, 64 KiB: slots of one size class
 *   +--------+---------+---------+-- --+------+   +------+------+-- --+------+------+-- --+------+
 *   | header | block 0 | block 1 | ... |  31  |   | slot | slot | ... | tags | slot | ... | slot |
 *   +--------+---------+---------+-- --+------+   +------+------+-- --+------+------+-- --+------+
 *
 * Each size 1 .. 1024 belongs to a size class (morph_size_class). Objects have no header: a block
 * keeps one tag per slot: free, or the object's type and whether it is smaller than its slot (then
 * the slack is noted in the slot's last byte). Tags take 1 byte for types below 126 and 2 bytes
 * for the others, so an object costs its slot and a tag.
 *
 * Internal waste: slots are multiples of 8 up to 128, then eight classes for each doubling. So a
 * slot wastes at most 7 bytes up to 128 and less than 12.5 % above.
 *
 * Alignment: 8, and every larger power of two that divides the slot size.
 *
 * Empty blocks: each size class keeps one, beside the block it allocates from; a further one goes
 * back to its chunk, where any class may take it. (Narrow and wide types have classes apart.) A
 * chunk of empty blocks goes back to the system unless it would be the only such chunk; the pool
 * keeps one. So a program that swings across a boundary does not map and unmap.
 *
 * Thread rules: one thread at a time. Errors: NULL or a code, and morph_pool_last_error; the pool
 * is then as it was before the call.
 */
#ifndef MORPH_POOL_H
#define MORPH_POOL_H

#include "morph/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Largest object of a pool. */
#define MORPH_POOL_MAX_SIZE ((size_t)1024)

/* Types are numbers from 0 to MORPH_MAX_TYPES - 1. */
#define MORPH_MAX_TYPES ((uint32_t)32000)

/* Types below this have one-byte tags. */
#define MORPH_NARROW_TYPES ((uint32_t)126)

/* Size classes are 1 .. MORPH_SIZE_CLASSES - 1; the last one serves debug mode's guards only. */
#define MORPH_SIZE_CLASSES 42

/* Where the next objects of a size class come from: a group of 64 slots of one block. Public for
 * the inline fast path. Where that may not serve (no memory yet, debug mode, sanitizers),
 * free_slots stays zero. */
typedef struct MorphPoolBin {
    uint64_t free_slots;        /* bit set: that slot of the group is free, and the bin's to give */
    unsigned char* group_slots; /* address of the group's first slot */
    unsigned char* group_tags;  /* address of its tag */
    size_t slot_size;           /* bytes */
} MorphPoolBin;

/* The head of a pool: bins of narrow types by size class (class 0 never serves). Do not write. */
typedef struct MorphPool {
    MorphPoolBin bins[MORPH_SIZE_CLASSES];
} MorphPool;

/* Zero-initialise, then set what you need. */
typedef struct MorphPoolConfig {
    bool enable_debug;        /* guards, fill patterns, checks of each free */
    MorphMemoryLimits memory; /* bytes_max: at least chunk size and 64 KiB together */
    MorphReportHandler report;
    void* report_user;
} MorphPoolConfig;

typedef enum MorphRoom {
    MORPH_ROOM_NONE = 0, /* not memory of the object asked */
    MORPH_ROOM_ARENA,    /* an arena's: no more is known of it */
    MORPH_ROOM_POOL,
    MORPH_ROOM_YOUNG, /* a heap's nursery and survivor spaces: the object may move */
    MORPH_ROOM_OLD,   /* a heap's blocks and page runs: it stays where it is */
    MORPH_ROOM_LARGE, /* an object with a mapping of its own: a heap's or a general allocator's */
    MORPH_ROOM_RUNS   /* a general allocator's runs: objects between a pool's and large ones */
} MorphRoom;

/* What is known of an address. */
typedef struct MorphAddressInfo {
    MorphRoom room;
    bool allocated;   /* a live object covers the address (its slack included); arena: may cover */
    void* object;     /* pool: where the slot begins; heap: the object; else NULL */
    size_t size;      /* pool, heap, allocated: as requested */
    size_t slot_size; /* pool: bytes of the slot; heap: those, header included */
    uint32_t type;    /* pool, heap, allocated: as given */
    uint32_t age;     /* young, allocated: minor collections survived */
} MorphAddressInfo;

typedef struct MorphPoolStats {
    uint64_t objects_live;
    uint64_t bytes_live;  /* as requested */
    uint64_t bytes_slots; /* slots of live objects */
    size_t bytes_mapped;  /* all memory held from the system, metadata included */
    size_t bytes_mapped_peak;
    size_t blocks;      /* in size classes, kept empty ones included */
    size_t blocks_free; /* in chunks, ready for any size class */
    size_t chunks;
} MorphPoolStats;

/* Size class of size: 1 .. 40 for sizes up to 1024, 0 for size 0. size <= 1152. O(1). */
static inline uint32_t morph_size_class(size_t size) {
    if (size <= 128) return (uint32_t)((size + 7) >> 3);
    uint32_t top = 63u - (uint32_t)__builtin_clzll((unsigned long long)(size - 1)); /* 7 .. 10 */
    return (top - 7) * 8 + (uint32_t)((size - 1) >> (top - 3)) + 9;
}

/* Slot size of a class, in bytes; 0 for class 0. O(1). */
static inline size_t morph_size_class_bytes(uint32_t size_class) {
    if (size_class <= 16) return (size_t)size_class * 8;
    return (size_t)(9 + (size_class - 17) % 8) << (4 + (size_class - 17) / 8);
}

/* A new, empty pool. config may be NULL. NULL on failure, with the reason in
 * morph_creation_error(). Maps its metadata only; the first chunk comes with the first object. */
MORPH_API MorphPool* morph_pool_create(const MorphPoolConfig* config);

/* Returns every byte to the system, live objects or not. NULL is fine. */
MORPH_API void morph_pool_destroy(MorphPool* pool);

/* size bytes of type: any size, any type. Contents undefined. Size 0 gives a unique address that
 * must not be read or written (it uses a slot of 8). MORPH_ERROR_TOO_LARGE above
 * MORPH_POOL_MAX_SIZE, MORPH_ERROR_UNKNOWN_TYPE from MORPH_MAX_TYPES on. NULL on failure. O(1). */
MORPH_API void* morph_pool_alloc_typed(MorphPool* pool, size_t size, uint32_t type);

/* As morph_pool_alloc_typed with type 0; the common case is inline. */
static inline void* morph_pool_alloc(MorphPool* pool, size_t size) {
    if (MORPH_LIKELY(size <= MORPH_POOL_MAX_SIZE)) {
        MorphPoolBin* bin = &pool->bins[morph_size_class(size)];
        uint64_t free_slots = bin->free_slots;
        if (MORPH_LIKELY(free_slots != 0)) {
            size_t index = (size_t)__builtin_ctzll(free_slots);
            size_t slot_size = bin->slot_size;
            unsigned char* slot = bin->group_slots + index * slot_size;
            bin->free_slots = free_slots & (free_slots - 1);
            /* Tag: type in the low 7 bits (here 0), bit 7 set when the slot has slack. */
            bin->group_tags[index] = size == slot_size ? 0 : 0x80;
            if (size != slot_size) slot[slot_size - 1] = (unsigned char)(slot_size - size);
            return slot;
        }
    }
    return morph_pool_alloc_typed(pool, size, 0);
}

/* Frees an object. size must be the one it was allocated (or last reallocated) with; it is
 * checked in debug mode. NULL is fine. Detected always, with MORPH_ERROR_NOT_AN_OBJECT: a slot
 * that is free, an address inside an object, a chunk of another pool, an address below or above all
 * the pool's chunks. Detected in debug mode, with a report: any other foreign address, a wrong size
 * (MORPH_ERROR_WRONG_SIZE), a guard that was overwritten. O(1). */
MORPH_API MorphCode morph_pool_free(MorphPool* pool, void* object, size_t size);

/* Changes the size of an object, 0 < new_size <= MORPH_POOL_MAX_SIZE. Stays in place when the
 * size class is the same; otherwise moves, keeping type and the first min(old, new) bytes. NULL on
 * failure: the object is as it was. object NULL allocates with type 0. O(new_size). */
MORPH_API void* morph_pool_realloc(MorphPool* pool, void* object, size_t new_size);

/* Frees every object; keeps all chunks. O(chunks); in debug mode O(objects). */
MORPH_API void morph_pool_reset(MorphPool* pool);

/* What the pool knows of an address: any address may be asked, mapped or not. O(1). */
MORPH_API MorphAddressInfo morph_pool_query(const MorphPool* pool, const void* address);

/* Calls visit for every live object, in address order within a chunk, until it returns false.
 * visit must not allocate from or free to the pool. O(slots). */
typedef bool (*MorphObjectVisitor)(void* user, void* object, size_t size, uint32_t type);
MORPH_API void morph_pool_walk(const MorphPool* pool, MorphObjectVisitor visit, void* user);

/* Exact figures, counted from the blocks. O(slots). */
MORPH_API MorphPoolStats morph_pool_stats(const MorphPool* pool);

/* Checks every invariant (ids in impl/pool/pool.cpp). MORPH_OK or MORPH_ERROR_CORRUPTION with the
 * id in the error's text. O(slots). */
MORPH_API MorphCode morph_pool_verify(MorphPool* pool);

MORPH_API MorphError morph_pool_last_error(const MorphPool* pool);

#ifdef __cplusplus
}
#endif

#endif
